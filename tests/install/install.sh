#!/usr/bin/env bash
# install.sh BUILD CMAKE CXX LIBDIR
set -euo pipefail
build=$1 cmake=$2 cxx=$3 libdir=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/heddle install.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$cmake" --install "$build" --prefix "$work/first" >"$work/install.log" || { cat "$work/install.log"; exit 1; }
mv "$work/first" "$work/usr"

echo "== what is installed"
(cd "$work/usr" && find . -not -type d | sort)
for file in "$libdir/libheddle.so" "$libdir/cmake/heddle/heddleConfig.cmake" \
    "$libdir/cmake/heddle/heddleConfigVersion.cmake" "$libdir/pkgconfig/heddle.pc" bin/heddle \
    include/heddle/heddle.hpp share/doc/heddle/LICENSE; do
    [ -e "$work/usr/$file" ] || { echo "not installed: $file"; exit 1; }
done
for header in "$here"/../../include/heddle/*.hpp; do
    [ -e "$work/usr/include/heddle/$(basename "$header")" ] || { echo "not installed: $header"; exit 1; }
done

echo "== the command"
"$work/usr/bin/heddle" --version

echo "== find_package(heddle)"
"$cmake" -S "$here/project" -B "$work/project" -DCMAKE_PREFIX_PATH="$work/usr" -DCMAKE_CXX_COMPILER="$cxx" >"$work/log" ||
    { cat "$work/log"; exit 1; }
"$cmake" --build "$work/project"
diff <("$work/project/consumer") "$here/project/expected.txt"

echo "== pkg-config"
PKG_CONFIG_PATH="$work/usr/$libdir/pkgconfig" pkg-config --exists --print-errors 'heddle >= 0.1'
# Splits like a shell would: pkg-config escapes the space in the path.
eval "flags=($(PKG_CONFIG_PATH="$work/usr/$libdir/pkgconfig" pkg-config --cflags --libs heddle))"
"$cxx" "$here/project/consumer.cpp" "${flags[@]}" -o "$work/consumer"
diff <(LD_LIBRARY_PATH="$work/usr/$libdir" "$work/consumer") "$here/project/expected.txt"

echo "== only heddle's own names are exported"
foreign=$(nm -DC --defined-only "$work/usr/$libdir/libheddle.so" | awk '{$1=$2=""; print substr($0, 3)}' |
    grep -vE '(^|[ *&])(heddle::|std::|__gnu|operator |guard variable|(typeinfo|vtable|VTT|typeinfo name|non-virtual thunk|virtual thunk)( for| to) (heddle|std)|_init|_fini)' || true)
[ -z "$foreign" ] || { echo "$foreign" | head -20; exit 1; }
echo "ok"
