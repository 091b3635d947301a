"""Topic `tasks`: the overhead of a task and METG(50%) on Task Bench's patterns."""
from comparison import program

DESCRIPTION = "ns per task with empty bodies, METG(50%), and Heddle's backlog, on Task Bench's patterns"
WIDTH = 64
PATTERNS = ["trivial", "chain", "stencil_1d_periodic", "tree", "fft", "nearest", "spread", "random"]


def systems(build):
    return [
        program(build, "heddle", "tasks_heddle", "-"),
        program(build, "openmp-libgomp", "tasks_openmp_gcc", "g++"),
        program(build, "openmp-libomp", "tasks_openmp_clang", "clang libomp-dev"),
        program(build, "onetbb-flow", "tasks_tbb", "libtbb-dev"),
        program(build, "starpu", "tasks_starpu", "libstarpu-dev"),
        program(build, "serial", "tasks_serial", "-"),
    ]


def grid(pattern, tasks):
    """A chain is one column; the others are WIDTH wide."""
    width = 1 if pattern == "chain" else WIDTH
    return ["--pattern", pattern, "--width", width, "--steps", -(-tasks // width)]


def verify(session):
    for system in session.systems:
        arguments = ["--threads", session.options.threads, "--steps", 60, "--width", WIDTH, "--repeat", 3]
        lines = session.run(system, "--verify", "--pattern", "all", *arguments)
        good = len(lines) == len(PATTERNS) and all(line["verified"] for line in lines)
        session.say(f"verify {system.name}: {'every task saw the values of the serial order' if good else 'FAILED'}")


def overhead(session, tasks):
    for number, order in session.rounds():
        session.say(f"overhead, round {number + 1} of {session.options.rounds}")
        for pattern in PATTERNS:
            for system in order:
                arguments = ["--threads", session.options.threads, "--repeat", 3, *grid(pattern, tasks)]
                for line in session.run(system, *arguments):
                    session.record(pattern, system.name, line["ns_per_task"], "ns")


def metg(session, patterns, peak):
    unreached = set()
    for number, order in session.rounds():
        session.say(f"METG(50%), round {number + 1} of {session.options.rounds}")
        for pattern in patterns:
            for system in order:
                if system.name == "serial":
                    continue
                for line in session.run(system, "--threads", session.options.threads, "--metg", "--peak", peak,
                                        "--pattern", pattern, "--width", WIDTH, "--steps", 32):
                    if line["metg_ns"] > 0:
                        session.record(f"{pattern}:metg50", system.name, [line["metg_ns"]], "ns")
                    else:
                        unreached.add((system.name, pattern))
    for system, pattern in sorted(unreached):
        session.note(f"{system}, {pattern}: at least once no grain up to 0.5 ms reached half of the peak")


def backlog(session, sizes):
    heddle = [s for s in session.systems if s.name == "heddle"]
    for _ in range(session.options.rounds if heddle else 0):
        for tasks in sizes:
            for line in session.run(heddle[0], "--threads", session.options.threads, "--backlog", "--repeat", 1,
                                    *grid("stencil_1d_periodic", tasks)):
                case = f"stencil_1d_periodic:backlog_{tasks:.0e}".replace("e+0", "e")
                session.record(case, "heddle", line["ns_per_task"], "ns")
                session.record(case + ":submit", "heddle", line["submit_ns_per_task"], "ns")


def run(session):
    quick = session.options.quick
    verify(session)
    peak = 0  # each system measures it
    for serial in (s for s in session.systems if s.name == "serial"):
        arguments = ["--threads", session.options.threads, "--grain", 1, "--steps", 1, "--repeat", 1]
        for line in session.run(serial, *arguments):
            peak = line["peak_ns"]
    overhead(session, 10_000 if quick else 100_000)
    metg(session, ["stencil_1d_periodic"] if quick else PATTERNS, peak)
    backlog(session, [100_000] if quick else [100_000, 1_000_000])
