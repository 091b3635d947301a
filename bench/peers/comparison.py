"""What every topic of scripts/compare shares: systems, alternating runs, results, the machine's description.

A topic is a file compare_<topic>.py beside this one with
    DESCRIPTION      one line
    systems(build)   the list of System, Heddle first
    run(session)     runs them through `session` and records values
"""
import json
import os
import platform
import shutil
import statistics
import subprocess
import time
from collections import namedtuple
from pathlib import Path

# `command`: the words that start it. `apt`: the Debian packages that bring it. `present`: whether it can run here.
System = namedtuple("System", "name command apt present")


def program(build, system, executable, apt, *arguments):
    path = build / "bench" / "peers" / executable
    return System(system, [str(path), *arguments], apt, path.exists())


class Session:
    """One comparison: runs the systems, keeps every sample, and counts what went wrong."""

    def __init__(self, topic, systems, options, build):
        self.topic = topic
        self.systems = [s for s in systems if s.present]
        self.options = options
        self.build = build
        self.samples = {}  # (case, system) -> (unit, [values])
        self.notes = []
        self.failures = []
        self.failed_commands = set()
        self.environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads), STARPU_SILENT="1",
                                STARPU_CALIBRATE="0", STARPU_HOME=str(build / "bench"))
        for name in ("HEDDLE_DEVICE", "HEDDLE_CHECKS"):
            self.environment.pop(name, None)

    def say(self, text):
        if not self.options.quiet:
            print(text, flush=True)

    def note(self, text):
        self.notes.append(text)
        self.say(f"note: {text}")

    def run(self, system, *arguments, timeout=900):
        """The JSON lines that the system prints; an empty list when it fails, which is noted once."""
        command = [*system.command, *(str(a) for a in arguments)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=self.environment)
            if done.returncode == 0:
                return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            why = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        except subprocess.TimeoutExpired:
            why = f"no end after {timeout} s"
        key = (system.name, why)
        if key not in self.failed_commands:
            self.failed_commands.add(key)
            self.failures.append({"system": system.name, "command": " ".join(command), "error": why})
            self.say(f"{system.name} failed: {why}")
        return []

    def rounds(self, count=None):
        """For each round the systems in another order, so that a drift of the machine meets all alike."""
        for number in range(count or self.options.rounds):
            turn = number % len(self.systems)
            yield number, self.systems[turn:] + self.systems[:turn]

    def record(self, case, system, values, unit):
        kept = self.samples.setdefault((case, system), (unit, []))[1]
        kept.extend(values)

    def results(self):
        """One dictionary for each case and system: median, spread and every sample."""
        out = []
        for (case, system), (unit, values) in self.samples.items():
            out.append({"topic": self.topic, "case": case, "system": system, "unit": unit,
                        "median": statistics.median(values), "min": min(values), "max": max(values),
                        "samples": values})
        return out


def number(value):
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"


def table(results):
    """Cases down, systems across: median and (min-max)."""
    systems = list(dict.fromkeys(r["system"] for r in results))
    cases = list(dict.fromkeys((r["case"], r["unit"]) for r in results))
    cells = {(r["case"], r["system"]): f"{number(r['median'])} ({number(r['min'])}-{number(r['max'])})"
             for r in results}
    rows = [["case", "unit", *systems]]
    rows += [[case, unit, *(cells.get((case, s), "-") for s in systems)] for case, unit in cases]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join("  ".join(word.ljust(width) for word, width in zip(row, widths)).rstrip() for row in rows)


def first_line(*command):
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except subprocess.TimeoutExpired:
        return None
    return (done.stdout.splitlines() or [None])[0] if done.returncode == 0 else None


def field_of(path, name, separator=":"):
    try:
        for line in Path(path).read_text().splitlines():
            key, _, value = line.partition(separator)
            if key.strip() == name:
                return value.strip().strip('"')
    except OSError:
        pass
    return None


def busy_share(seconds=1.0):
    """How much of the cores' time others use, now (the load average would still hold our own build)."""
    def times():
        fields = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(fields), fields[3] + fields[4]
    try:
        total, idle = times()
        time.sleep(seconds)
        total_after, idle_after = times()
    except OSError:
        return 0.0
    return 1 - (idle_after - idle) / max(1, total_after - total)


def machine(source):
    status = subprocess.run(["git", "-C", str(source), "status", "--porcelain", "--untracked-files=no"],
                            capture_output=True, text=True)
    return {
        "cpu": field_of("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": int((field_of("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) // 1024,
        "system": field_of("/etc/os-release", "PRETTY_NAME", "="),
        "kernel": platform.release(),
        "busy": round(busy_share(), 3),
        "compilers": [line for line in (first_line("g++", "--version"), first_line("clang++", "--version")) if line],
        "cmake": first_line("cmake", "--version"),
        "python": platform.python_version(),
        "omp_environment": {k: v for k, v in os.environ.items() if k.startswith(("OMP_", "GOMP_", "KMP_"))},
        "commit": first_line("git", "-C", str(source), "rev-parse", "HEAD"),
        "commit_is_dirty": bool(status.stdout.strip()),
        "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }
