"""Topic `shapes`: arrays moved, joined and reshaped in memory, one thread."""
import subprocess
import tempfile
from pathlib import Path

from comparison import System, program

DESCRIPTION = "ms for each operation on 2*10^7 elements, one thread (--quick: 10^6)"
PYTHON = "/usr/bin/python3"


def systems(build):
    script = Path(__file__).with_name("shapes_numpy.py")
    present = subprocess.run([PYTHON, "-c", "import numpy"], capture_output=True).returncode == 0
    return [
        program(build, "heddle", "shapes_heddle", "-"),
        System("numpy", [PYTHON, str(script)], "python3-numpy", present),
    ]


def check(session):
    """Every byte of every case: the inputs are small integers, of which all results are exact."""
    with tempfile.TemporaryDirectory(prefix="compare-shapes-") as folder:
        judge = Path(folder) / session.systems[0].name
        for system in session.systems:
            place = Path(folder) / system.name
            place.mkdir()
            session.run(system, "--rows", 60, "--repeat", 1, "--dump", place)
            for file in sorted(place.glob("*.bin")):
                if file.read_bytes() != (judge / file.name).read_bytes():
                    session.failures.append({"system": system.name, "command": f"check {file.stem}",
                                             "error": "differs from Heddle"})
                    session.say(f"{system.name}, {file.stem}: differs from Heddle")


def run(session):
    check(session)
    rows = 200 if session.options.quick else 4000
    for round_number, order in session.rounds():
        session.say(f"round {round_number + 1} of {session.options.rounds}, {rows * 5000} elements")
        for system in order:
            for line in session.run(system, "--rows", rows, "--repeat", 1):
                session.record(line["case"], system.name, line["ms"], "ms")
