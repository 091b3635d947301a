#!/usr/bin/env bash
# The scripts parse, refuse what they do not know, and scripts/setup says what it would do where it may not.
set -euo pipefail
cd "$HEDDLE_SOURCE"
wrong=0
expect() {
    local status=$1 got=0
    shift
    "$@" >/dev/null 2>&1 || got=$?
    [ "$got" = "$status" ] || { echo "$*: exit status $got, expected $status"; wrong=1; }
}

for script in scripts/* .ci/run; do
    [ -f "$script" ] || continue
    case "$(head -1 "$script")" in
        *bash) bash -n "$script" || wrong=1 ;;
        *python3) ;;
        *) echo "$script: neither bash nor python3"; wrong=1 ;;
    esac
    [ -x "$script" ] || { echo "$script is not executable"; wrong=1; }
done

expect 2 scripts/setup nonsense
expect 2 scripts/setup-cuda nonsense
expect 2 scripts/test --nonsense
expect 2 scripts/lint nonsense
expect 2 scripts/compare nonsense

# A machine without packages, root or sudo, played by commands that come first in the path.
fake=$(mktemp -d)
trap 'rm -rf "$fake"' EXIT
printf '#!/bin/sh\nexit 1\n' >"$fake/dpkg-query"
printf '#!/bin/sh\necho 1000\n' >"$fake/id"
printf '#!/bin/sh\nexit 1\n' >"$fake/sudo"
printf '#!/bin/sh\necho "must not run" >&2; exit 99\n' >"$fake/apt-get"
chmod +x "$fake"/*
expect 3 env PATH="$fake:$PATH" scripts/setup
said=$(PATH="$fake:$PATH" scripts/setup build 2>&1 || true)
grep -q 'sudo apt-get update && sudo apt-get install -y --no-install-recommends g++ .*libhdf5-dev' <<<"$said" ||
    { echo "scripts/setup does not say what it would run: $said"; wrong=1; }

# Everything installed: nothing is run.
printf '#!/bin/sh\nprintf installed\n' >"$fake/dpkg-query"
expect 0 env PATH="$fake:$PATH" HEDDLE_CUDA=OFF scripts/setup

# Without PyPI there is no CUDA toolkit, which is said and is no error.
mkdir "$fake/tree"
cp -r scripts cmake "$fake/tree"
printf '#!/bin/sh\n[ "$3" = --version ] || { echo "ERROR: no index"; exit 1; }\n' >"$fake/python3"
chmod +x "$fake/python3"
said=$(PATH="$fake:$PATH" HEDDLE_CUDA=WHEELS "$fake/tree/scripts/setup") ||
    { echo "scripts/setup fails without PyPI"; wrong=1; }
grep -q '^No CUDA toolkit 12.8 or newer, and none from PyPI (ERROR: no index): this builds without CUDA$' <<<"$said" ||
    { echo "scripts/setup does not say that there is no CUDA: $said"; wrong=1; }
[ -z "$(ls -A "$fake/tree/build")" ] || { echo "scripts/setup leaves something behind"; wrong=1; }
exit "$wrong"
