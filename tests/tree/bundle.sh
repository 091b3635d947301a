#!/usr/bin/env bash
# bundle.sh BUNDLE: the portable folder, moved elsewhere, runs without anything of this machine but its C library.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/heddle bundle.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -r "$1" "$work/moved"
cd "$work/moved"
wrong=0
# glibc's own parts must be the machine's: they belong to its loader.
system='(linux-vdso|ld-linux-x86-64|libc|libm|libmvec|libpthread|libdl|librt|libresolv)\.so'
files=0
for file in *; do
    [ -f "$file" ] && head -c 4 "$file" | grep -q ELF || continue
    files=$((files + 1))
    while read -r name path; do
        if [ "$path" = not ]; then echo "$file: $name is not found"; wrong=1; continue; fi
        [[ "$name" =~ $system || "$path" == "$PWD"/* ]] || { echo "$file: $name comes from $path"; wrong=1; }
    done < <(LD_LIBRARY_PATH= ldd "$file" 2>/dev/null | sed -nE 's/^\s*(\S+) => (not|\S.*) ?(\(0x|found).*/\1 \2/p')
done
env -i LD_LIBRARY_PATH= ./heddle --version
env -i LD_LIBRARY_PATH= ./heddle info
# What is opened by name comes from the folder too.
if compgen -G 'libnvrtc.so.*' >/dev/null; then
    opened=$(env -i LD_DEBUG=libs ./heddle info 2>&1 | sed -n 's/.*calling init: \(.*libnvrtc.*\)/\1/p')
    [[ "$opened" == "$PWD"/libnvrtc.so.* ]] || { echo "NVRTC comes from '$opened'"; wrong=1; }
    env -i ./test_device --gtest_filter='Nvrtc.Makes*' >test.log || { cat test.log; wrong=1; }
fi
env -i LD_LIBRARY_PATH= ./heddle_make_scan scan.h5 --frames 3 --rows 4 --columns 5
env -i LD_LIBRARY_PATH= ./heddle eval 'total = sum(raw)' raw=scan.h5:/exchange/data
echo "$files binaries and libraries"
exit "$wrong"
