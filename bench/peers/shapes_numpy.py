#!/usr/bin/env python3
"""NumPy on the cases of shapes_heddle.cpp, with the same inputs and the same output lines, one thread."""
import argparse
import json
import time

import numpy as np

whole = np.ascontiguousarray


def downsample(a, factor):
    shape = []
    for extent in a.shape:
        shape += [extent // factor, factor]
    blocks = a[tuple(slice(extent // factor * factor) for extent in a.shape)].reshape(shape)
    return blocks.mean(axis=tuple(range(1, blocks.ndim, 2)))


# Of a matrix, a line and a cube of the same values; views are copied, as results in memory.
CASES = {
    "gradient": lambda m, x, c: np.gradient(m, 0.5, axis=-1),
    "gradient_axis0": lambda m, x, c: np.gradient(m, 0.5, axis=0),
    "gradient_line": lambda m, x, c: np.gradient(x, 0.5),
    "diff": lambda m, x, c: np.diff(m),
    "diff_line": lambda m, x, c: np.diff(x),
    "ravel_transpose": lambda m, x, c: np.ravel(m.T),
    "transpose": lambda m, x, c: whole(m.T),
    "transpose_plus": lambda m, x, c: np.add(m.T, 1, order="C"),
    "moveaxis": lambda m, x, c: whole(np.moveaxis(c, 0, -1)),
    "swapaxes": lambda m, x, c: whole(np.swapaxes(c, 0, 1)),
    "roll": lambda m, x, c: np.roll(m, 12345),
    "roll_axis1": lambda m, x, c: np.roll(m, 123, 1),
    "pad": lambda m, x, c: np.pad(m, (3, 5), constant_values=7),
    "pad_edge": lambda m, x, c: np.pad(m, (3, 5), "edge"),
    "pad_reflect": lambda m, x, c: np.pad(m, (30, 50), "reflect"),
    "pad_wrap": lambda m, x, c: np.pad(m, (30, 50), "wrap"),
    "tile": lambda m, x, c: np.tile(m[:len(m) // 4], (2, 2)),
    "repeat": lambda m, x, c: np.repeat(m[:len(m) // 4], 4, 1),
    "repeat_axis0": lambda m, x, c: np.repeat(m[:len(m) // 4], 4, 0),
    "concatenate": lambda m, x, c: np.concatenate([x, x]),
    "concatenate_axis1": lambda m, x, c: np.concatenate([m, m], 1),
    "stack": lambda m, x, c: np.stack([x, x]),
    "stack_last": lambda m, x, c: np.stack([x, x, x], -1),
    "downsample_2": lambda m, x, c: downsample(m, 2),
    "downsample_4": lambda m, x, c: downsample(m, 4),
    "downsample_line": lambda m, x, c: downsample(x, 8),
    "flip": lambda m, x, c: whole(np.flip(m)),
    "flip_axis0": lambda m, x, c: whole(np.flip(m, 0)),
    "steps": lambda m, x, c: whole(m[..., ::2]),
    "ravel_steps": lambda m, x, c: m[..., ::2].ravel(),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--dump", default="")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    n = options.rows * 5000
    for name, make in CASES.items():
        if options.only not in name:
            continue
        for dtype, suffix in ((np.float32, "f32"), (np.float64, "f64")):
            x = (np.arange(n, dtype=np.uint32) * np.uint32(2654435761) >> np.uint32(16)).astype(dtype)
            matrix, cube = x.reshape(options.rows, 5000), x.reshape(options.rows, 100, 50)
            samples = []
            for _ in range(options.repeat + 1):
                made = None
                start = time.perf_counter()
                made = make(matrix, x, cube)
                samples.append((time.perf_counter() - start) * 1e3)
            print(json.dumps({"topic": "shapes", "system": "numpy", "case": f"{name}_{suffix}", "n": n,
                              "ms": samples[1:]}), flush=True)
            if options.dump:
                made.tofile(f"{options.dump}/{name}_{suffix}.bin")


if __name__ == "__main__":
    main()
