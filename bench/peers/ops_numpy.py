#!/usr/bin/env python3
"""NumPy and SciPy on the cases of ops_main.hpp, with the same inputs and the same output lines, one thread."""
import argparse
import json
import re
import time
from pathlib import Path

import numpy as np

try:
    from scipy import ndimage, special
except ImportError:
    ndimage = special = None


def operations():
    """From the table of ops_main.hpp."""
    text = Path(__file__).with_name("ops_main.hpp").read_text()
    table = text[text.index("kOperations[]"):text.index("}};")]
    return [(name, float(low), float(high))
            for name, low, high in re.findall(r'\{"(\w+)", ([-\d.]+), ([-\d.]+)\}?', table + "}")]


def function(name):
    if name in ("erf", "erfc", "sigmoid"):
        return special and getattr(special, {"sigmoid": "expit"}.get(name, name))
    return getattr(np, name)


def arguments(low, high, n, dtype):
    mixed = np.arange(n, dtype=np.uint32) * np.uint32(2654435761)
    return (low + (high - low) * ((mixed >> np.uint32(8)).astype(np.float64) / 16777216)).astype(dtype)


def put_(a, indices, values):
    copy = a.copy()
    np.put(copy, indices, values)
    return copy


class Inputs(dict):
    """What a text may name: see ops_texts.txt."""

    def __init__(self, n):
        mixed = np.arange(n, dtype=np.uint32) * np.uint32(2654435761)
        share = (mixed >> np.uint32(8)).astype(np.float64) / 16777216
        later = np.arange(12345, n + 12345, dtype=np.uint32) * np.uint32(2654435761)
        rows = n // 2048 * 2048
        super().__init__(
            x=share, y=(later >> np.uint32(8)).astype(np.float64) / 16777216, z=share.astype(np.float32),
            i=(mixed % np.uint32(1000003)).astype(np.int64) - 500000, p=(mixed % np.uint32(n)).astype(np.int64),
            k=((mixed >> np.uint32(16)) % np.uint32(64)).astype(np.int32), m=(mixed >> np.uint32(20)) % np.uint32(2) == 1,
            rising=np.arange(n) / n, cuts=np.append(np.arange(0, n, 100), n), few=np.array([n * p // 16 for p in range(17)]),
            x2=share[:rows].reshape(-1, 2048), z2=share[:rows].astype(np.float32).reshape(-1, 2048))


def run_texts(options):
    names = {**vars(np), "ndimage": ndimage, "put_": put_, "astype": lambda x, dtype: x.astype(dtype)}
    inputs = None
    for line in Path(options.texts).read_text().splitlines():
        if not line or line[0] == "#":
            continue
        case, n, _, text, other = (word.strip() for word in line.split("|"))
        text = other or text
        if text == "-" or ("ndimage" in text and ndimage is None):
            continue
        n = min(int(n), options.n)
        if inputs is None or len(inputs["x"]) != n:
            inputs = Inputs(n)
        compiled, samples = compile(text, case, "eval"), []
        for _ in range(options.repeat + 1):
            start = time.perf_counter()
            result = eval(compiled, names, inputs)
            samples.append((time.perf_counter() - start) * 1e3)
        print(json.dumps({"topic": "ops", "system": "numpy", "case": case, "n": n, "threads": 1, "ms": samples[1:]}),
              flush=True)
        if options.dump:
            np.real(np.asarray(result)).astype(np.float64).tofile(f"{options.dump}/{case}.text.bin")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--dump", default="")
    parser.add_argument("--texts", default="")
    options = parser.parse_args()
    if options.texts:
        run_texts(options)
        return
    for name, low, high in operations():
        f = function(name)
        if f is None:
            continue
        for dtype, suffix in ((np.float32, "f32"), (np.float64, "f64")):
            x = arguments(low, high, options.n, dtype)
            out = np.empty_like(x)
            samples = []
            for _ in range(options.repeat + 1):
                start = time.perf_counter()
                f(x, out=out)
                samples.append((time.perf_counter() - start) / options.n * 1e9)
            print(json.dumps({"topic": "ops", "system": "numpy", "case": f"{name}_{suffix}", "n": options.n,
                              "threads": 1, "ns": samples[1:]}), flush=True)
            if options.dump:
                out.tofile(f"{options.dump}/{name}_{suffix}.bin")


if __name__ == "__main__":
    main()
