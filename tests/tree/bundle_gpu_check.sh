#!/usr/bin/env bash
# bundle_gpu_check.sh BUNDLE: gpu-check in the portable folder, in little time, writes its files whatever it finds.
set -euo pipefail
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
status=0
HEDDLE_GPU_CHECK_SECONDS=30 "$1/gpu-check" "$out" >"$out/said" 2>&1 || status=$?
cat "$out/said"
wrong=0
[ -s "$out/gpu-check.json" ] && grep -q '^# GPU check' "$out/gpu-check.md" || { echo "files are missing"; wrong=1; }
grep -q "\"commit\": \"$(cat "$1/commit")\"" "$out/gpu-check.json" || { echo "the commit is missing"; wrong=1; }
grep -q '"name": "test_device' "$out/gpu-check.json" || { echo "the suites are missing"; wrong=1; }
if grep -q '^Missing: a GPU' "$out/said" && [ "$status" != 1 ]; then echo "exit status $status without a GPU"; wrong=1; fi
exit "$wrong"
