"""Topic `ops`: one operation at a time: functions over 10^6 elements, and the texts of ops_texts.txt."""
import array
import subprocess
import tempfile
from pathlib import Path

from comparison import System, program

DESCRIPTION = "ns per element of each function, and ms of each line of ops_texts.txt (--quick: at most 10^5 elements)"
PYTHON = "/usr/bin/python3"
TEXTS = Path(__file__).with_name("ops_texts.txt")
# Relative to the largest value: others add float32 in float32.
TEXT_TOLERANCE = 2e-5
# Relative: 4 units in the last place, and 8 of SciPy's erfc in float64.
TOLERANCE = {"f32": 2.4e-7 * 2, "f64": 4.5e-16 * 4}


def systems(build):
    script = Path(__file__).with_name("ops_numpy.py")
    present = subprocess.run([PYTHON, "-c", "import numpy"], capture_output=True).returncode == 0
    return [
        program(build, "heddle", "ops_heddle", "-"),
        program(build, "sleef", "ops_sleef", "libsleef-dev"),
        System("numpy", [PYTHON, str(script)], "python3-numpy python3-scipy", present),
    ]


def text_systems(build):
    script = Path(__file__).with_name("ops_numpy.py")
    present = subprocess.run([PYTHON, "-c", "import numpy, scipy"], capture_output=True).returncode == 0
    return [
        program(build, "heddle", "ops_texts_heddle", "-"),
        program(build, "std-par", "ops_texts_std", "libtbb-dev"),
        System("numpy", [PYTHON, str(script)], "python3-numpy python3-scipy", present),
    ]


def numbers(place):
    values = array.array("d")
    values.frombytes(place.read_bytes())
    return values


def differs(values, judged):
    if len(values) != len(judged):
        return f"has {len(values)} values, not {len(judged)}"
    most = max((abs(v) for v in judged), default=0)
    worst = max((abs(v - j) for v, j in zip(values, judged)), default=0)
    return f"differs by {worst:.3g} of {most:.3g}" if worst > TEXT_TOLERANCE * most else None


def check_texts(session, systems):
    with tempfile.TemporaryDirectory(prefix="compare-ops-") as folder:
        for system in systems:
            place = Path(folder) / system.name
            place.mkdir()
            session.run(system, "--texts", TEXTS, "--n", 40_960, "--repeat", 1, "--dump", place)
            for file in sorted(place.glob("*.bin")):
                why = differs(numbers(file), numbers(Path(folder) / systems[0].name / file.name))
                if why is not None:
                    session.failures.append({"system": system.name, "command": f"check {file.stem}", "error": why})
                    session.say(f"{system.name}, {file.stem}: {why}")


def run_texts(session):
    chosen = {s.name for s in session.systems}
    systems = [s for s in text_systems(session.build) if s.present and s.name in chosen | {"std-par"}]
    check_texts(session, systems)
    n = 100_000 if session.options.quick else 1 << 40
    for round_number in range(session.options.rounds):
        turn = round_number % len(systems)
        session.say(f"round {round_number + 1} of {session.options.rounds}, texts")
        for system in systems[turn:] + systems[:turn]:
            for line in session.run(system, "--texts", TEXTS, "--n", n, "--repeat", 2):
                session.record(line["case"], line["system"], line["ms"], "ms")


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
    run_texts(session)
