#!/usr/bin/env bash
# bundle.sh FOLDER PATCHELF FILE...: copies the binaries and, beside them, every library that is not the C library's; and
# gpu-check, with the files of the repository that tests read.
set -euo pipefail
folder=$1 patchelf=$2
shift 2
# glibc's parts stay the machine's own: they must match its loader.
system='^(linux-vdso|ld-linux-x86-64|libc|libm|libmvec|libpthread|libdl|librt|libresolv)\.so'

rm -rf "$folder"
mkdir -p "$folder"
for file in "$@"; do
    cp -L "$file" "$folder/"
    # ldd resolves the whole closure, as the loader will.
    LD_LIBRARY_PATH= ldd "$file" | sed -nE 's/^\s*(\S+) => (\/.*) \(0x.*/\1 \2/p; s/^\s*(\S+) => not found.*/\1 missing/p' |
        while read -r name path; do
            if [[ "$name" =~ $system ]]; then continue; fi
            [ "$path" != missing ] || { echo "$file needs $name, which is not found" >&2; exit 1; }
            [ -e "$folder/$name" ] || cp -L "$path" "$folder/$name"
        done
done
chmod u+w "$folder"/*
for file in "$folder"/*; do
    # RPATH, not RUNPATH: what lies beside the binary wins over the environment.
    "$patchelf" --force-rpath --set-rpath '$ORIGIN' "$file"
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cp "$root/scripts/gpu-check" "$folder/"
for path in docs examples data tests/cli/expected tests/expr/data tests/expr/cuda_emulation.hpp; do
    mkdir -p "$folder/source/$(dirname "$path")"
    cp -r "$root/$path" "$folder/source/$path"
done
commit=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)
[ -z "$(git -C "$root" status --porcelain 2>/dev/null)" ] || commit+=' and changes'
echo "$commit" >"$folder/commit"
