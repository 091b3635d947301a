"""Topic `expr`: array expressions in memory."""
import array
import subprocess
import tempfile
from pathlib import Path

from comparison import System, program

DESCRIPTION = "seconds for expressions over 10^8 elements in memory (--quick: 10^7)"
PYTHON = "/usr/bin/python3"
# Element types of the values that --dump writes; reductions and the rest: float64.
DUMPED = {"mask": "B", "sum_product": "d", "mean": "d", "std": "d", "polynomial_f64": "d"}
REDUCTIONS = ("sum_product", "mean", "std")
# Relative to max(1, |value|). float32: a few rounding errors and libmvec's 4 ulp.
TOLERANCE = {"f": 2e-6, "B": 0, "d": 1e-12}
REDUCTION_TOLERANCE = 2e-6
# numexpr adds float32 in float32, one element after the other.
NUMEXPR_REDUCTION_TOLERANCE = 1e-3


def python_system(name, packages, modules):
    script = Path(__file__).with_name("expr_numpy.py")
    try:
        present = subprocess.run([PYTHON, "-c", f"import {modules}"], capture_output=True).returncode == 0
    except OSError:
        present = False
    return System(name, [PYTHON, str(script), "--system", name], packages, present)


def systems(build):
    return [
        program(build, "heddle", "expr_heddle", "-"),
        program(build, "omp-loop", "expr_omp", "g++", "--system", "omp-loop"),
        program(build, "omp-stream", "expr_omp", "g++", "--system", "omp-stream"),
        python_system("numexpr", "python3-numexpr", "numexpr, numpy"),
        python_system("numba", "python3-numba", "numba, numpy"),
        python_system("numpy", "python3-numpy", "numpy"),
        python_system("numpy-out", "python3-numpy", "numpy"),
    ]


def load(path, code):
    values = array.array(code)
    with open(path, "rb") as file:
        values.frombytes(file.read())
    return values


def largest_difference(values, judge):
    if len(values) != len(judge):
        return float("inf")
    worst = 0.0
    for x, y in zip(values, judge):
        if x != y:
            difference = abs(x - y) / max(1.0, abs(y))
            worst = max(worst, difference if difference == difference else float("inf"))
    return worst


def check(session):
    """Every value of every case against the hand-written loop, on an odd size."""
    with tempfile.TemporaryDirectory(prefix="compare-expr-") as folder:
        judge = None
        for system in sorted(session.systems, key=lambda s: s.name != "omp-loop"):
            place = Path(folder) / system.name
            place.mkdir()
            session.run(system, "--n", 1_000_003, "--repeat", 1, "--threads", session.options.threads, "--dump", place)
            if judge is None:
                judge = place
                continue
            for file in sorted(judge.glob("*.bin")):
                if system.name == "numba" and not (place / file.name).exists():
                    continue
                compare(session, system.name, file.stem, place / file.name, file)
            session.say(f"check {system.name}: done")


def compare(session, system, case, path, judge):
    code = DUMPED.get(case, "f")
    tolerance = TOLERANCE[code]
    if case in REDUCTIONS:
        tolerance = NUMEXPR_REDUCTION_TOLERANCE if system == "numexpr" else REDUCTION_TOLERANCE
    worst = largest_difference(load(path, code), load(judge, code)) if path.exists() else float("inf")
    if worst > tolerance:
        session.failures.append({"system": system, "command": f"check {case}", "error": f"differs by {worst:.3g}"})
        session.say(f"{system}, {case}: differs from the hand-written loop by {worst:.3g}, more than {tolerance:.3g}")


def run(session):
    check(session)
    n = 10_000_000 if session.options.quick else 100_000_000
    checksums = {}
    for round_number, order in session.rounds():
        session.say(f"round {round_number + 1} of {session.options.rounds}, {n} elements")
        for system in order:
            for line in session.run(system, "--n", n, "--repeat", 2, "--threads", session.options.threads):
                session.record(line["case"], system.name, line["seconds"], "s")
                checksums.setdefault(line["case"], {})[system.name] = line["checksum"]
    for case, sums in checksums.items():
        judge = sums.get("omp-loop")
        for system, value in sums.items():
            if judge is not None and abs(value - judge) > 1e-5 * max(1.0, abs(judge)):
                off = abs(value - judge) / max(1.0, abs(judge))
                session.note(f"{system}, {case}: the sum of the results is off by {off:.2g}")
