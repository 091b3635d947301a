#!/usr/bin/env bash
# The map of the folders (docs, "Folders") holds: nothing includes upwards, and no file includes itself round a circle.
set -euo pipefail
cd "$HEDDLE_SOURCE"

# What each folder may include, besides itself. Keep in step with CONTRIBUTING.md.
declare -A below=(
    [include]=""
    [kernels]="include"
    [base]="include"
    [trace]="base include"
    [device]="kernels trace base include"
    [expr]="kernels trace base include"
    [graph]="kernels trace base include"
    [io]="kernels trace base include"
    [memory]="device expr graph io kernels trace base include"
    [schedule]="memory device expr graph io kernels trace base include"
    [array]="schedule memory device expr graph io kernels trace base include"
    [pipeline]="array schedule memory device expr graph io kernels trace base include"
    [cli]="pipeline array schedule memory device expr graph io kernels trace base include"
)

folder_of() {
    case "$1" in
        include/*) echo include ;;
        kernels/*) echo kernels ;;
        host/*/*) local rest=${1#host/}; echo "${rest%%/*}" ;;
    esac
}

edges=$(grep -rnE '^\s*#\s*include\s+"' include host kernels --include='*.[ch]pp' --include='*.cu' --include='*.cuh' |
    sed -E 's/^([^:]+):([0-9]+):\s*#\s*include\s+"([^"]+)".*/\1 \2 \3/')
wrong=0
while read -r file line target; do
    case "$target" in
        heddle/*) target=include/$target ;;
        host/* | kernels/*) ;;
        *) echo "$file:$line: \"$target\": include by the path from the root of the repository"; wrong=1; continue ;;
    esac
    [ -e "$target" ] || { echo "$file:$line: $target does not exist"; wrong=1; continue; }
    from=$(folder_of "$file") to=$(folder_of "$target")
    if [ -z "${below[$from]+known}" ]; then
        echo "$file: the folder host/$from has no place in the layering"; wrong=1
    elif [ "$from" != "$to" ] && [[ " ${below[$from]} " != *" $to "* ]]; then
        echo "$file:$line: $from must not include $to ($target)"; wrong=1
    fi
done <<<"$edges"

# Public headers are included as the user does.
if grep -rnE '^\s*#\s*include\s+"include/' host kernels include tests bench; then
    echo 'public headers are included as "heddle/…"'; wrong=1
fi

# CUDA's own headers stay behind the boundary.
if grep -rnE '^\s*#\s*include\s+<(cuda|nvrtc|cublas|cufft)' include host kernels |
    grep -vE '^(include/heddle/cuda\.cuh:|host/device/cuda/|kernels/(.*_cuda\.cuh?|launch/cuda\.cuh):)'; then
    echo "CUDA's headers are included by heddle/cuda.cuh, host/device/cuda and kernels/*_cuda.cu alone"; wrong=1
fi

if ! sed -E 's/^(\S+) \S+ heddle\//\1 x include\/heddle\//' <<<"$edges" | awk '{print $1, $3}' | tsort >/dev/null; then
    echo "includes go round in a circle"; wrong=1
fi
[ "$wrong" = 0 ] && echo "$(wc -l <<<"$edges") includes keep to the layering"
exit "$wrong"
