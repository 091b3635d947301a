#!/usr/bin/env bash
# README.md's program compiles as it stands and prints what the page says; the pages link to files that exist.
set -euo pipefail
readme=$HEDDLE_SOURCE/README.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The first block of a language.
block() { awk -v open="\`\`\`$1" '$0 == open && !done { inside = 1; next } $0 == "```" { if (inside) done = 1; inside = 0 } inside' "$readme"; }
block cpp >"$work/program.cpp"
block text >"$work/expected.txt"
[ -s "$work/program.cpp" ] && [ -s "$work/expected.txt" ] || { echo "README.md has lost its program or its output"; exit 1; }

"$CXX" -std=c++20 -Wall -Wextra -I"$HEDDLE_SOURCE/include" "$work/program.cpp" -o "$work/program" \
    -L"$HEDDLE_BUILD" -lheddle -Wl,-rpath,"$HEDDLE_BUILD"
(cd "$work" && ./program) >"$work/printed.txt"
diff "$work/expected.txt" "$work/printed.txt"

wrong=0
cd "$HEDDLE_SOURCE"
for page in *.md docs/*.md docs/*/*.md data/*.md; do
    [ -e "$page" ] || continue
    for link in $(grep -oE '\]\([^)#: ]+\)' "$page" | sed -E 's/.*\]\((.*)\)/\1/'); do
        [ -e "$(dirname "$page")/$link" ] || { echo "$page links to $link, which does not exist"; wrong=1; }
    done
done
exit "$wrong"
