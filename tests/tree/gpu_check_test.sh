#!/usr/bin/env bash
# scripts/gpu-check over played test programs: what passes, fails, hangs or is missing comes out as such, in its time.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0
check() { "$@" || { echo "failed: $*"; wrong=1; }; }
program() { printf '#!/bin/bash\n%s\n' "$2" >"$1"; chmod +x "$1"; }

folder=$work/folder tools=$work/tools
mkdir -p "$folder" "$tools"
echo 0123abcd >"$folder/commit"
program "$folder/heddle" 'echo "CUDA: no driver"'
# A tool that runs what it is given, and a machine with a GPU.
program "$tools/compute-sanitizer" 'echo "========= ERROR SUMMARY: 0 errors"; while [ "$1" != "${1#--}" ]; do case "$1" in --report*) shift 2;; --tool) shift 2;; *) shift 2;; esac; done; exec "$@"'
program "$tools/nvidia-smi" 'echo "A \"GPU\", 580.1, 81559 MiB, 9.0"'
program "$folder/test_good" 'case "$*" in *list_tests*) printf "CudaContract.\n  Copies\n"; exit ;; esac
    [ "$HEDDLE_REQUIRE_GPU" = 1 ] || exit 5
    echo "[ RUN      ] CudaContract.Copies"; echo "[       OK ] CudaContract.Copies (12 ms)"; echo "[  SKIPPED ] A.B (0 ms)"'
program "$folder/bench_gpu" 'echo "{\"x\": 1}" >"$2"; printf "a GPU\n| kernel | ms |\n|---|---:|\n| sum | 1.0 |\n"'

run() { PATH="$tools:$PATH" bash "$HEDDLE_SOURCE/scripts/gpu-check" "$work/out" "$folder" >"$work/said" 2>&1; }
json() { ! command -v python3 >/dev/null || python3 -c "import json, sys; d = json.load(open('$work/out/gpu-check.json')); sys.exit(not ($1))"; }

check run
cat "$work/said"
check json 'd["verdict"] == "passed" and d["gpu"].startswith("A \"GPU\"") and d["commit"] == "0123abcd"'
check json 'sum(s["passed"] for s in d["suites"] if s["kind"] == "test") >= 1 and d["benchmarks"] == {"x": 1}'
check json '{"test_good.memcheck", "test_good.racecheck", "test_good.initcheck"} <= {s["name"] for s in d["suites"]}'
check grep -q '^| sum | 1.0 |$' "$work/out/gpu-check.md"

# A test that fails, one that hangs, a benchmark that finds other bits.
program "$folder/test_bad" 'case "$*" in *list_tests*) exit ;; esac
    echo "[ RUN      ] A.\"B\""; echo "[  FAILED  ] A.\"B\" (3 ms)"; exit 1'
program "$folder/test_hangs" 'case "$*" in *list_tests*) exit ;; esac
    echo "[ RUN      ] Slow.Thing"; exec sleep 60'
program "$folder/bench_gpu" 'echo "bits differ"; exit 1'
export HEDDLE_GPU_CHECK_SECONDS=8
if run; then echo "it passes though tests fail"; wrong=1; fi
check json 'd["verdict"] == "FAILED" and any(s["failures"] == "A.\"B\"" and s["failed"] == 1 for s in d["suites"])'
check json 'any("timed out" in s["state"] and "Slow.Thing (did not end)" in s["failures"] for s in d["suites"])'
check json '"bits differ" in d["benchmarks_state"] and d["seconds"] < 60'
unset HEDDLE_GPU_CHECK_SECONDS

# Without a GPU everything is written, and what is missing is said.
rm "$folder/test_hangs" "$folder/test_bad"
program "$tools/nvidia-smi" 'exit 9'
program "$folder/bench_gpu" 'echo "cannot run without a GPU"; exit 3'
if run; then echo "it passes without a GPU"; wrong=1; fi
check grep -q '^Missing: a GPU with its driver' "$work/said"
check json 'd["verdict"] == "FAILED" and "CUDA: no driver" in d["missing"] and "status 3" in d["benchmarks_state"]'
check grep -q '^Missing: a GPU' "$work/out/gpu-check.md"

# A driver without nvidia-smi.
program "$folder/heddle" 'printf "CUDA       built with CUDA 13.0\\n           cuda:0  A GPU, 80 GiB, compute capability 9.0\\n"'
if run; then echo "it passes though the benchmarks fail"; wrong=1; fi
check json 'd["gpu"].startswith("cuda:0  A GPU") and d["missing"] == ""'

# The archive holds what is needed, and no more.
touch "$folder/bench_tasks" "$folder/heddle_make_scan"
check bash "$HEDDLE_SOURCE/scripts/gpu-check" --pack "$work/gpu.tar.gz" "$folder"
held=$(tar -tzf "$work/gpu.tar.gz")
for name in heddle test_good bench_gpu commit; do check grep -qx "bundle/$name" <<<"$held"; done
if grep -qE 'bench_tasks|make_scan' <<<"$held"; then echo "the archive holds too much"; wrong=1; fi
check test "$(bash "$HEDDLE_SOURCE/scripts/gpu-check" >/dev/null 2>&1; echo $?)" = 2
exit "$wrong"
