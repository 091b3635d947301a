#!/usr/bin/env python3
"""NumPy and SciPy on the cases of ops_main.hpp, with the same inputs and the same output lines, one thread."""
import argparse
import json
import re
import time
from pathlib import Path

import numpy as np

try:
    from scipy import special
except ImportError:
    special = None


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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--dump", default="")
    options = parser.parse_args()
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
