"""Topic `ops`: one operation at a time, one thread, 10^6 elements."""
import array
import subprocess
import tempfile
from pathlib import Path

from comparison import System, program

DESCRIPTION = "ns per element of each function, one thread, 10^6 elements (--quick: 10^5)"
PYTHON = "/usr/bin/python3"
# Relative: 4 units in the last place, and where a function goes through zero the same of one unit.
TOLERANCE = {"f32": 2.4e-7 * 2, "f64": 4.5e-16 * 2}


def systems(build):
    script = Path(__file__).with_name("ops_numpy.py")
    present = subprocess.run([PYTHON, "-c", "import numpy"], capture_output=True).returncode == 0
    return [
        program(build, "heddle", "ops_heddle", "-"),
        program(build, "sleef", "ops_sleef", "libsleef-dev"),
        System("numpy", [PYTHON, str(script)], "python3-numpy python3-scipy", present),
    ]


def check(session):
    """Every value of every case against Heddle's, whose judge is MPFR (tests/kernels/math_test.cpp)."""
    with tempfile.TemporaryDirectory(prefix="compare-ops-") as folder:
        judge = Path(folder) / session.systems[0].name
        for system in session.systems:
            place = Path(folder) / system.name
            place.mkdir()
            session.run(system, "--n", 40_000, "--repeat", 1, "--dump", place)
            for file in sorted(place.glob("*.bin")):
                code = "f" if file.stem.endswith("f32") else "d"
                values, judged = array.array(code), array.array(code)
                values.frombytes(file.read_bytes())
                judged.frombytes((judge / file.name).read_bytes())
                worst = max((abs(x - y) / max(abs(y), 1e-30) for x, y in zip(values, judged) if x != y and abs(y) > 1e-3),
                            default=0.0)
                if worst > TOLERANCE[file.stem[-3:]]:
                    session.failures.append({"system": system.name, "command": f"check {file.stem}",
                                             "error": f"differs by {worst:.3g}"})
                    session.say(f"{system.name}, {file.stem}: differs from Heddle by {worst:.3g}")


def run(session):
    check(session)
    n = 100_000 if session.options.quick else 1_000_000
    for round_number, order in session.rounds():
        session.say(f"round {round_number + 1} of {session.options.rounds}, {n} elements")
        for system in order:
            for line in session.run(system, "--n", n, "--repeat", 3):
                session.record(line["case"], system.name, line["ns"], "ns")
