#!/usr/bin/env python3
"""NumPy and numexpr on the cases of expr_main.hpp, with the same inputs and the same output lines.

numexpr     numexpr.evaluate into a preallocated result; mean and std from its sums
numpy       the expression as it is written, with NumPy's temporaries and a new result
numpy-out   one ufunc after the other into preallocated memory
numba       a parallel loop over the elements into preallocated memory, its compilation not counted; no reductions
"""
import argparse
import json
import math
import os
import sys
import time

ROW = 1000


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--system", choices=["numexpr", "numpy", "numpy-out", "numba"], default="numpy")
    parser.add_argument("--case", default="all")
    parser.add_argument("--n", type=float, default=1e8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--dump", default="")
    options = parser.parse_args()
    options.n = int(options.n)
    if min(options.n, options.threads, options.repeat) < 1:
        parser.error("--n, --threads and --repeat must be at least 1")
    if options.case != "all" and options.case not in CASES:
        parser.error(f"no case '{options.case}'")
    return options


def column(n, salt, dtype):
    mixed = np.arange(n, dtype=np.uint32)
    mixed *= np.uint32(2654435761)
    mixed += np.uint32(salt)
    mixed >>= np.uint32(8)
    mixed += np.uint32(1)
    return mixed.astype(dtype) * dtype(1 / 16777216)


def polynomial_out(v, out, s):
    np.multiply(v["a"], v["b"], out=out)
    np.multiply(v["b"], v["c"], out=s)
    np.add(out, s, out=out)
    np.multiply(v["a"], v["c"], out=s)
    np.add(out, s, out=out)
    return np.add(out, v["a"], out=out)


def sine_out(v, out, s):
    np.multiply(2, v["a"], out=out)
    np.multiply(out, v["a"], out=out)
    np.sin(v["c"], out=s)
    np.multiply(s, v["b"], out=s)
    np.multiply(s, 3, out=s)
    return np.add(out, s, out=out)


def ratio_out(v, out, s):
    np.subtract(v["a"], v["b"], out=out)
    np.add(v["a"], v["b"], out=s)
    return np.divide(out, s, out=out)


def select_out(v, out, s):
    mask = s.view(np.bool_)[:out.size]
    np.greater(v["a"], v["b"], out=mask)
    np.copyto(out, v["b"])
    np.copyto(out, v["a"], where=mask)
    return np.add(out, v["c"], out=out)


def norm_out(v, out, s):
    np.multiply(v["a"], v["a"], out=out)
    np.multiply(v["b"], v["b"], out=s)
    np.add(out, s, out=out)
    return np.sqrt(out, out=out)


def mask_out(v, out, s):
    other = s.view(np.bool_)[:out.size]
    np.greater(v["a"], 0.5, out=out)
    np.less(v["b"], 0.5, out=other)
    return np.logical_and(out, other, out=out)


def numexpr_mean(v):
    return ne.evaluate("sum(a)", v) / v["a"].size


def numexpr_std(v):
    return (ne.evaluate("sum((a - m) ** 2)", {"a": v["a"], "m": np.float32(numexpr_mean(v))}) / v["a"].size) ** 0.5


# case: (numexpr's text, plain NumPy, NumPy into memory of its own, element type of the result)
CASES = {
    "polynomial": ("a*b + b*c + a*c + a", lambda a, b, c: a * b + b * c + a * c + a, polynomial_out, "f4"),
    "sine": ("2*a*a + 3*b*sin(c)", lambda a, b, c: 2 * a * a + 3 * b * np.sin(c), sine_out, "f4"),
    "ratio": ("(a - b) / (a + b)", lambda a, b, c: (a - b) / (a + b), ratio_out, "f4"),
    "select": ("where(a > b, a, b) + c", lambda a, b, c: np.where(a > b, a, b) + c, select_out, "f4"),
    "norm": ("sqrt(a*a + b*b)", lambda a, b, c: np.sqrt(a * a + b * b), norm_out, "f4"),
    "increment": ("a + 1", lambda a, b, c: a + 1, lambda v, out, s: np.add(v["a"], 1, out=out), "f4"),
    "mask": ("(a > half) & (b < half)", lambda a, b, c: (a > 0.5) & (b < 0.5), mask_out, "?"),
    "broadcast": ("a - b", lambda a, b, c: a - b, lambda v, out, s: np.subtract(v["a"], v["b"], out=out), "f4"),
    "sum_product": ("sum(a*b)", lambda a, b, c: np.sum(a * b),
                    lambda v, out, s: np.sum(np.multiply(v["a"], v["b"], out=s)), None),
    "mean": (numexpr_mean, lambda a, b, c: np.mean(a), lambda v, out, s: np.mean(v["a"]), None),
    "std": (numexpr_std, lambda a, b, c: np.std(a), lambda v, out, s: np.std(v["a"]), None),
    "polynomial_f64": ("a*b + b*c + a*c + a", lambda a, b, c: a * b + b * c + a * c + a, polynomial_out, "f8"),
}


# One element for numba, with numbers of the arrays' type.
NUMBA = {
    "polynomial": "a[i]*b[i] + b[i]*c[i] + a[i]*c[i] + a[i]",
    "sine": "f(2)*a[i]*a[i] + f(3)*b[i]*math.sin(c[i])",
    "ratio": "(a[i] - b[i]) / (a[i] + b[i])",
    "select": "(a[i] if a[i] > b[i] else b[i]) + c[i]",
    "norm": "math.sqrt(a[i]*a[i] + b[i]*b[i])",
    "increment": "a[i] + f(1)",
    "mask": "(a[i] > f(0.5)) & (b[i] < f(0.5))",
    "polynomial_f64": "a[i]*b[i] + b[i]*c[i] + a[i]*c[i] + a[i]",
}


def numba_evaluator(case, values, out):
    numba.set_num_threads(min(arguments.threads, numba.config.NUMBA_NUM_THREADS))
    scope = {"math": math, "f": np.float32, "prange": numba.prange}
    exec(f"def loop(a, b, c, out):\n    for i in prange(out.size):\n        out[i] = {NUMBA[case]}\n", scope)
    loop = numba.njit(parallel=True, error_model="numpy")(scope["loop"])

    def run():
        loop(values["a"], values["b"], values["c"], out)
        return out
    return run


def evaluator(system, case, values):
    """A function that computes the case once and returns its values."""
    text, plain, into, result = CASES[case]
    out = None if result is None else np.zeros(values["a"].shape, result)
    if system == "numba":
        return numba_evaluator(case, values, out)
    if system == "numexpr":
        if callable(text):
            return lambda: text(values)
        if result is None:
            return lambda: ne.evaluate(text, values)
        return lambda: ne.evaluate(text, values, out=out)
    if system == "numpy-out":
        scratch = np.zeros_like(values["a"])
        return lambda: into(values, out, scratch)
    return lambda: plain(values["a"], values["b"], values["c"])


def inputs(n, dtype):
    salts = {"a": 1, "b": 0x9E3779B9, "c": 0x7F4A7C15}
    return {name: column(n, salt, dtype) for name, salt in salts.items()} | {"half": np.float32(0.5)}


def version(system):
    text = f"NumPy {np.__version__}"
    if system == "numba":
        return f"numba {numba.__version__}, {text}"
    return f"numexpr {ne.__version__}, {text}" if system == "numexpr" else text


def main(options):
    if options.system == "numexpr":
        ne.set_num_threads(options.threads)
    names = list(CASES) if options.case == "all" else [options.case]
    values = None
    for case in names:
        if options.system == "numba" and case not in NUMBA:
            continue
        if case == "polynomial_f64":
            values = None
            values = inputs(options.n, np.float64)
        elif values is None:
            values = inputs(options.n, np.float32)
        here = values
        if case == "broadcast":
            rows = options.n // ROW
            here = values | {"a": values["a"][: rows * ROW].reshape(rows, ROW), "b": values["b"][:ROW]}
        run = evaluator(options.system, case, here)
        seconds = []
        result = None
        for k in range(options.repeat + 1):
            result = None
            start = time.perf_counter()
            result = run()
            if k > 0:  # the first run touches memory
                seconds.append(round(time.perf_counter() - start, 6))
        result = np.asarray(result)
        print(json.dumps({"topic": "expr", "system": options.system, "version": version(options.system), "case": case,
                          "n": int(result.size), "threads": options.threads if options.system in ("numexpr", "numba") else 1,
                          "seconds": seconds, "checksum": float(np.sum(result, dtype=np.float64))}), flush=True)
        if options.dump:
            if CASES[case][3] is None:
                result = result.astype(np.float64)
            result.tofile(os.path.join(options.dump, case + ".bin"))


if __name__ == "__main__":
    arguments = parse_arguments()
    os.environ.setdefault("NUMEXPR_MAX_THREADS", str(max(arguments.threads, 1)))
    try:
        import numpy as np

        if arguments.system == "numexpr":
            import numexpr as ne
        if arguments.system == "numba":
            import numba
    except ImportError as error:
        sys.exit(f"{sys.argv[0]}: {error} (Debian: python3-numpy, python3-numexpr, python3-numba)")
    main(arguments)
