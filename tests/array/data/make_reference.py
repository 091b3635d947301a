#!/usr/bin/python3
"""Writes reference.json: expressions, and what NumPy and SciPy themselves make of them.

An expression is Heddle's text and is evaluated here as Python. Needs python3-numpy and python3-scipy, NumPy 1.24 … 1.26
(with NEP 50's promotion switched on) or NumPy 2. `within` is the allowed relative error: NumPy's own functions are a few
units in the last place off, and its sums are those of another order. What NumPy has under no name is written out here.
"""
import json
import os
import warnings

import numpy as np
from scipy import ndimage, special

warnings.simplefilter("ignore")
OLD = np.lib.NumpyVersion(np.__version__) < "2.0.0"
if OLD:
    np._set_promotion_state("weak")

nan, inf = np.nan, np.inf
INPUTS = {
    "b": np.array([[True, False, True, True], [False, False, True, False], [True, True, True, True]]),
    "i8": np.array([-128, -3, -1, 0, 1, 2, 7, 127], np.int8),
    "u8": np.array([0, 1, 2, 3, 100, 254, 255, 3], np.uint8),
    "i32": np.array([[[3, -1, 4, 1], [5, -9, 2, 6], [-5, 3, 5, 8]], [[9, 7, -9, 3], [2, 3, 8, 4], [6, 2, 6, 4]]],
    np.int32),
    "i64": np.array([[2, -7, 1, 8, 2], [8, 1, -8, 2, 8], [4, 5, 9, 0, 4]], np.int64),
    "big": np.array([2**53 + 1, -2**60, 2**53, 2**53 + 1, 5, 2**62, -1], np.int64),
    "f16": np.array([0.5, -2.25, 1.75, 0, 3.5, -0.125, 2, 8], np.float16),
    "f32": np.array([[0.1, 2.5, -1.25, 7], [-3.5, 0.75, 1e-3, 4], [5.5, -0.5, 2, 1]], np.float32),
    "f64": np.array([[0.1, 2.5, -1.25, 7, 0.3], [-3.5, 0.75, 1e-3, 4, -0.2], [5.5, -0.5, 2, 1, 9], [3, 3, -2, 0.5, 6]]),
    "odd": np.array([1.5, nan, -0.0, inf, 0.0, -2.0, -inf, 3.0, nan, 0.5]),
    "unit": np.array([-1, -0.75, -0.5, -1e-9, 0, 0.25, 0.5, 0.875, 1]),
    "above": np.array([1, 1.5, 2, 10, 1e10, 1.0000001]),
    "more": np.array([1e-10, 0.1, 0.5, 1, 1.5, 2, 10, 1e5], np.float64),
    "more32": np.array([1e-10, 0.1, 0.5, 1, 1.5, 2, 10, 1e5], np.float32),
    "c": np.array([1 + 2j, -0.5 + 0.25j, 3 - 1j, -2 - 2j, 0.1 + 0j, 2j]),
    "c64": np.array([1 + 2j, -0.5 + 0.25j, 3 - 1j], np.complex64),
    "none": np.array([], np.float64),
    "flat": np.array([[]], np.float32).reshape(0, 3),
    "rising": np.array([-2, -1, 0, 0, 1, 1, 3, 8], np.float64),
    "places": np.array([2, 0, -1, 4, 2], np.int64),
    "labels": np.array([1, 0, 1, 3, 0, 1, 3, 3, 0, 1], np.int32),
    "row": np.array([0.5, 1, 2.25, -1, 4, 8, 0.125, -3, 2, 6]),
    "offsets": np.array([0, 3, 3, 7, 10], np.int64),
    "weights": np.array([0.5, 1, 2, 0.25, 1, 1, 3, 0.5, 1, 2]),
}


def grouped(function, empty):
    def call(values, labels, groups, axis=None):
        values, labels = np.asarray(values), np.asarray(labels)
        if axis is None:
            kept = [values[np.broadcast_to(labels, values.shape) == g] for g in range(groups)]
            return np.stack([function(k) if k.size else empty(k) for k in kept])
        moved = np.moveaxis(values, axis, 0)
        kept = [moved[labels == g] for g in range(groups)]
        return np.moveaxis(np.stack([function(k, axis=0) if len(k) else np.full(moved.shape[1:], empty(k))
            for k in kept]), 0, axis)
    return call


def segmented(function, empty):
    def call(values, offsets, axis=0):
        moved = np.moveaxis(np.asarray(values), axis, 0)
        parts = [moved[a:z] for a, z in zip(offsets, offsets[1:])]
        return np.moveaxis(np.stack([function(p, axis=0) if len(p) else np.full(moved.shape[1:], empty(p))
            for p in parts]), 0, axis)
    return call


def topk(a, k, axis=-1):
    return np.flip(np.sort(a, axis), axis).take(range(k), axis)


def argtopk(a, k, axis=-1):
    order = np.argsort(np.flip(a, axis), axis, kind="stable")
    return (a.shape[axis] - 1 - np.flip(order, axis)).take(range(k), axis)


def put(a, ind, v, mode="raise"):
    copy = np.array(a)
    np.put(copy, ind, v, mode)
    return copy


def put_along_axis(arr, indices, values, axis):
    copy = np.array(arr)
    np.put_along_axis(copy, indices, values, axis)
    return copy


def downsample(x, factors):
    factors = [factors] * x.ndim if np.isscalar(factors) else factors
    x = x[tuple(slice(0, n // f * f) for n, f in zip(x.shape, factors))]
    split = [m for n, f in zip(x.shape, factors) for m in (n // f, f)]
    return x.reshape(split).mean(tuple(range(1, 2 * x.ndim, 2)))


def histogram2d(*arguments, weights=None, **named):
    counts, *edges = np.histogram2d(*arguments, weights=weights, **named)
    return counts.astype(np.int64) if weights is None else counts, *edges


def by_old_rules(function):
    """NumPy 1's own histograms do not bear the new promotion."""
    def call(*arguments, **named):
        np._set_promotion_state("legacy")
        try:
            return function(*arguments, **named)
        finally:
            np._set_promotion_state("weak")
    return call if OLD else function


NAMES = {name: getattr(np, name) for name in (
    "add subtract multiply divide floor_divide remainder fmod power negative positive abs fabs sign copysign square sqrt cbrt "
    "reciprocal hypot exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh "
    "arccosh arctanh deg2rad rad2deg floor ceil trunc rint round clip minimum maximum fmin fmax nan_to_num where equal "
    "not_equal less less_equal greater greater_equal logical_and logical_or logical_xor logical_not isnan isinf isfinite "
    "bitwise_and bitwise_or bitwise_xor invert left_shift right_shift real imag conj angle sum prod mean var std min max ptp "
    "argmin argmax any all count_nonzero nansum nanprod nanmean nanvar nanstd nanmin nanmax nanargmin nanargmax histogram "
    "histogram2d bincount sort argsort cumsum cumprod quantile percentile median searchsorted digitize take take_along_axis "
    "compress extract nonzero flatnonzero argwhere unique transpose expand_dims squeeze broadcast_to concatenate stack hstack "
    "vstack reshape ravel swapaxes moveaxis flip roll pad tile repeat diff gradient array zeros ones full zeros_like ones_like "
    "full_like arange linspace float32 float64 int64 uint8 int32").split()}
NAMES |= {
    "nan": nan, "inf": inf, "pi": np.pi,
    "erf": special.erf, "erfc": special.erfc, "sigmoid": special.expit,
    "astype": lambda x, dtype: x.astype(dtype),
    "nanany": lambda a, axis=None: np.any(np.where(np.isnan(a), False, a), axis),
    "nanall": lambda a, axis=None: np.all(np.where(np.isnan(a), True, a), axis),
    "nancount": lambda a, axis=None: np.sum(~np.isnan(a) & (a != 0), axis),
    "cummax": lambda a, axis=None: np.maximum.accumulate(a.ravel() if axis is None else a, axis or 0),
    "cummin": lambda a, axis=None: np.minimum.accumulate(a.ravel() if axis is None else a, axis or 0),
    "group_sum": grouped(np.sum, lambda k: np.sum(k[:0].ravel())),
    "group_mean": grouped(np.mean, lambda k: nan),
    "group_min": grouped(np.min, lambda k: nan),
    "group_max": grouped(np.max, lambda k: nan),
    "group_count": lambda labels, groups: np.bincount(labels.ravel(), minlength=groups),
    "segment_sum": segmented(np.sum, lambda p: np.sum(p[:0].ravel())),
    "segment_mean": segmented(np.mean, lambda p: nan),
    "segment_min": segmented(np.min, lambda p: nan),
    "segment_max": segmented(np.max, lambda p: nan),
    "unique_counts": lambda x: np.unique(x, return_counts=True),
    "histogram": by_old_rules(np.histogram), "histogram2d": by_old_rules(histogram2d),
    "topk": topk, "argtopk": argtopk, "put": put, "put_along_axis": put_along_axis, "downsample": downsample,
}
EXACT, MATHS, SUMS = 0, {"float16": 2e-3, "float32": 5e-7, "complex64": 1e-6}, {"float16": 2e-3, "float32": 4e-7,
    "complex64": 1e-6}


def cases():
    """(text, allowed error: a number, or by type with 2e-15 for others)"""
    for name in "negative positive abs sign square floor ceil trunc rint isnan isinf isfinite reciprocal sqrt".split():
        for x in ("f16", "f32", "f64", "odd"):
            yield f"{name}({x})", EXACT
    for name in "abs sign square isnan isinf isfinite positive invert logical_not".split():
        for x in ("i8", "u8", "i32", "big"):
            yield f"{name}({x})", EXACT
    for name in "exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh cbrt erf erfc sigmoid".split():
        for x in ("f32", "f64", "odd", "i32", "unit"):
            yield f"{name}({x})", MATHS
    for name in "log log2 log10 log1p".split():
        for x in ("more", "more32", "odd", "u8"):
            yield f"{name}({x})", MATHS
    for name in "arcsin arccos arctanh".split():
        yield from ((f"{name}({x})", MATHS) for x in ("unit", "odd", "astype(unit, float32)"))
    for name in "deg2rad rad2deg fabs".split():
        yield from ((f"{name}({x})", MATHS) for x in ("unit", "odd", "f32", "i32"))
    yield from ((f"arccosh({x})", MATHS) for x in ("above", "odd", "astype(above, float32)"))
    for name in "sqrt exp log sin cos tanh arcsin square reciprocal".split():
        yield from ((f"{name}({x})", {"complex64": 2e-6, "complex128": 1e-14}) for x in ("c", "c64"))
    for name in "real imag conj angle abs negative".split():
        yield from ((f"{name}({x})", MATHS) for x in ("c", "c64"))
    for name in "add subtract multiply divide floor_divide remainder fmod minimum maximum fmin fmax copysign".split():
        for pair in ("f64, 0.75", "odd, odd[::-1]", "f32, f64[:3, :4]", "i64, 3", "u8, i8", "f64[:, None], f64[0]",
            "odd, 2"):
            yield f"{name}({pair})", EXACT
    for name in "equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor".split():
        for pair in ("odd, odd[::-1]", "i64, 2", "u8, i8", "b, ~b", "f32, 0.5", "f64[:, :1], f64[:1]"):
            yield f"{name}({pair})", EXACT
    for name in "bitwise_and bitwise_or bitwise_xor".split():
        yield from ((f"{name}({pair})", EXACT) for pair in ("i64, 6", "u8, i8", "b, ~b", "big, big[::-1]"))
    for name in "left_shift right_shift".split():
        yield from ((f"{name}({pair})", EXACT) for pair in ("i64, 2", "u8, u8 % 8", "big, 1"))
    for name in "power hypot arctan2".split():
        yield from ((f"{name}({pair})", MATHS) for pair in ("abs(f64), 1.5", "f32, f32[:1]", "odd, odd[::-1]",
            "more, 0.5"))
    yield from ((text, EXACT) for text in (
        "power(i64, 3)", "i64 ** 2", "u8 ** u8", "round(f64, 1)", "round(i64, -1)", "round(f32)", "clip(f64, -1, 3)",
        "clip(i64, 0, 5)",
        "clip(odd, -1, 1)", "nan_to_num(odd)", "nan_to_num(odd, nan=7, posinf=1, neginf=-1)", "where(f64 > 1, f64, -1)",
        "where(b, i32[0], f32)"))
    for name in "sum prod mean var std".split():
        for x in ("f32", "f64", "i64", "i32", "b", "odd", "none", "flat", "f16"):
            yield f"{name}({x})", {**SUMS, "float64": 1e-14}
        for rest in ("f64, axis=0", "f64, axis=1", "i32, axis=(0, 2)", "f32, axis=-1", "flat, axis=0",
            "i64, axis=0, keepdims=True"):
            yield f"{name}({rest})", {**SUMS, "float64": 1e-14}
        for rest in ("odd", "where(f64 > 2, nan, f64), axis=0", "where(f64 > -9, nan, f64), axis=1", "i64, axis=0"):
            yield f"nan{name}({rest})", {**SUMS, "float64": 1e-14}
    yield from ((text, {"float64": 1e-14, "complex128": 1e-14}) for text in (
        "var(f64, axis=0, ddof=1)", "std(f64, ddof=2)", "sum(c)", "mean(c)", "prod(c)", "sum(f32, dtype=float64)",
        "sum(u8, dtype=uint8)"))
    for name in "min max argmin argmax ptp".split():
        yield from ((f"{name}({rest})", EXACT) for rest in (
            "f32", "f64, axis=0", "i64, axis=1", "big", "i32, axis=2", "odd", "u8", "f64, axis=0, keepdims=True")
            if "ptp" not in name or "keep" not in rest)
    for name in "min max argmin argmax".split():
        yield from ((f"nan{name}({rest})", EXACT) for rest in ("odd", "where(f64 > 6, nan, f64), axis=0", "i64"))
    for name in "any all count_nonzero".split():
        yield from ((f"{name}({rest})", EXACT) for rest in ("b", "b, axis=0", "i64, axis=1", "odd", "none",
            "f64 > 1, axis=1"))
    for name in "nanany nanall nancount".split():
        yield from ((f"{name}({rest})", EXACT) for rest in ("odd", "where(f64 > 2, nan, f64), axis=0"))

    for x in ("f64", "i64", "u8", "big", "f32"):
        yield f"histogram({x})[0]", EXACT
        if x != "f32":  # edges are float64
            yield f"histogram({x}, 7)[1]", {"float64": 1e-15}
    yield from ((text, {"float64": 1e-14}) for text in (
        "histogram(f64, 5, (-2, 5))[0]", "histogram(i64, bins=[-8, 0, 2, 9])[0]",
        "histogram(row, 4, weights=weights)[0]",
        "histogram(row, 4, density=True)[0]", "histogram(row, bins=[-3, 0, 1, 8], density=True)[0]",
        "histogram2d(row, weights, bins=3)[0]", "histogram2d(row, weights, bins=(2, 4), range=((-1, 5), (0, 2)))[0]",
        "histogram2d(row, weights, 3, weights=row)[0]", "bincount(labels)", "bincount(labels, minlength=7)",
        "bincount(labels, weights=weights)", "bincount(u8[:4])"))
    for name in "group_sum group_mean group_min group_max".split():
        yield from ((f"{name}({rest})", {"float64": 1e-14}) for rest in (
            "row, labels, 4", "row, labels, 5", "astype(labels, float64), labels, 4", "i64[:, :3], i64[:, 2:] % 2, 2",
            "f64, labels[1:6], 4, axis=1", "f64, labels[:4], 4, axis=0")
            if not ("min" in name or "max" in name) or "i64" not in rest)
    yield "group_count(labels, 6)", EXACT
    for name in "segment_sum segment_mean segment_min segment_max".split():
        yield from ((f"{name}({rest})", {"float64": 1e-14}) for rest in (
            "row, offsets", "f64, array([0, 1, 4])", "f64, array([0, 2, 2, 5]), axis=1", "odd, offsets"))

    for x in ("f32", "f64", "i64", "u8", "odd", "big", "b", "i32, axis=1", "f64, axis=0", "f64, axis=None", "f16",
        "none", "i8"):
        yield f"sort({x})", EXACT
    # Python's argsort has other defaults: see NAMES.
    for x in ("f32", "f64", "i64", "u8", "odd", "big", "i32, axis=1", "f64, axis=0", "c"):
        yield f"argsort({x})", EXACT
    yield "sort(c)", EXACT
    for x in ("f64", "f32", "i64", "u8", "b", "f64, axis=0", "i32, axis=1", "odd", "none", "c", "f32, axis=1",
        "u8, dtype=float64"):
        yield f"cumsum({x})", {**SUMS, "float64": 1e-14, "complex128": 1e-14}
        yield f"cumprod({x})", {**SUMS, "float64": 1e-14, "complex128": 1e-14}
    for x in ("f64", "i64", "f64, axis=0", "i32, axis=1", "odd", "u8"):
        yield f"cummax({x})", EXACT
        yield f"cummin({x})", EXACT
    for q in ("0.25", "0.0", "1.0", "0.9"):
        yield from ((f"quantile({x}, {q}{rest})", 2e-15) for x, rest in (
            ("f64", ""), ("i64", ""), ("f64", ", axis=0"), ("row", ""), ("odd", ""), ("f64",
                ", axis=1, keepdims=True")))
    yield from ((text, 2e-15) for text in ("percentile(row, 30)", "percentile(i64, 99, axis=1)", "median(f64)",
        "median(f64, axis=0)",
                                           "median(i64, axis=1)", "median(odd)", "median(f32)"))

    for name in ("topk", "argtopk"):
        yield from ((f"{name}({rest})", EXACT) for rest in ("f64, 2", "i64, 3", "i32, 1, axis=1", "odd, 4", "f64, 0",
            "u8, 8", "f64, 4, axis=0"))
    for rest in ("rising, row", "rising, row, side='right'", "rising, f64", "rising, odd", "sort(i8), i32",
        "none, row"):
        yield f"searchsorted({rest})", EXACT
    for rest in ("row, rising", "row, rising, right=True", "row, rising[::-1]", "i64, array([0, 2, 8])", "odd, rising"):
        yield f"digitize({rest})", EXACT
    for rest in ("row, places", "f64, places", "f64, array([1, -1]), axis=0", "f64, array([[0, 4], [2, 2]]), axis=1",
        "row, array([40, -30]), mode='wrap'",
                 "row, array([40, -30]), mode='clip'", "i32, 1, axis=2"):
        yield f"take({rest})", EXACT
    yield from ((text, EXACT) for text in (
        "take_along_axis(f64, argsort(f64, axis=0), axis=0)",
        "take_along_axis(f64, array([[0], [1], [2], [-1]]), axis=1)",
        "put(row, places, 7)", "put(row, places, array([1, 2]))", "put(i64, array([20, -20]), 3, mode='wrap')",
        "put(f64, array([99]), 1, mode='clip')",
        "put_along_axis(f64, array([[0], [1], [2], [-1]]), 9, axis=1)",
        "put_along_axis(i64, array([[1, 2, 0, 1, 2]]), i64[:1], axis=0)",
        "compress(labels == 1, row)", "compress(array([True, False, True]), f64, axis=0)",
        "compress(array([False, True]), f64, axis=1)",
        "extract(f64 > 1, f64)", "extract(b, f32)", "row[labels == 3]", "f64[places[:2]]", "f64[:, places]",
        "nonzero(f64 > 1)[0]", "nonzero(f64 > 1)[1]",
        "nonzero(odd)[0]", "flatnonzero(i64)", "flatnonzero(none)", "argwhere(i32 > 4)", "argwhere(b)", "unique(i32)",
        "unique(row)", "unique(u8)", "unique(none)",
        "unique_counts(i32)[0]", "unique_counts(i32)[1]", "unique_counts(labels)[1]", "unique(b)"))

    yield from ((text, EXACT) for text in (
        "astype(f64, int32)", "astype(i64, float32)", "astype(u8, int64)", "transpose(i32)",
        "transpose(i32, (1, 0, 2))", "expand_dims(row, 0)", "expand_dims(f64, 1)",
        "squeeze(f64[:1])", "squeeze(f64[:, :1], axis=1)", "broadcast_to(row, (2, 10))",
        "broadcast_to(f64[:, :1], (4, 3))",
        "concatenate((f64, f64[::-1]))", "concatenate((f64, i64[:, :2].T[:, :0].T[:0, :0].reshape(0, 5)))",
        "concatenate((f64[:3], i64), axis=1)",
        "concatenate((row, none, labels))", "concatenate((f64, i64), axis=None)", "stack((row, weights))",
        "stack((row, labels), axis=1)", "stack((f64, f64), axis=-1)",
        "hstack((row, none))", "hstack((f64[:3], i64))", "vstack((row, weights))", "vstack((f64, i64))",
        "reshape(i32, (4, -1))", "reshape(f64, (2, 10))", "reshape(i32, 24)",
        "ravel(i32)", "ravel(transpose(f64))", "i32.reshape(3, 8)", "swapaxes(i32, 0, 2)", "moveaxis(i32, 0, -1)",
        "moveaxis(i32, (0, 1), (2, 0))", "flip(f64)", "flip(f64, 1)",
        "flip(i32, (0, 2))", "roll(row, 3)", "roll(row, -13)", "roll(f64, 2)", "roll(f64, 1, axis=0)",
        "roll(i32, (1, -2), axis=(0, 2))",
        "pad(row, 2)", "pad(f64, ((1, 2), (0, 3)))", "pad(row, 3, mode='edge')", "pad(row, (2, 14), mode='reflect')",
        "pad(row, 23, mode='symmetric')", "pad(row, (9, 1), mode='wrap')",
        "pad(f64, 2, mode='reflect')", "pad(i64, (1, 2), constant_values=7)", "pad(f64, 3, mode='wrap')",
        "tile(row, 3)", "tile(f64, (2, 1))", "tile(i64, (2, 1, 2))",
        "repeat(row, 2)", "repeat(f64, 3, axis=0)", "repeat(f64, 2, axis=1)", "repeat(i64, 2)", "diff(row)",
        "diff(f64, n=2)", "diff(f64, axis=0)", "diff(u8)", "diff(row, n=3)", "diff(b)"))
    yield from ((text, {"float64": 2e-15, "float32": 4e-7}) for text in (
        "downsample(f64, (2, 2))", "downsample(row, 3)", "downsample(i32, (1, 2, 2))", "gradient(row)",
        "gradient(row, 0.5)", "gradient(f64, axis=0)", "gradient(f64, 2, axis=1)",
        "gradient(f32, axis=0)"))
    yield from ((text, EXACT) for text in (
        "array([1, 2.5, -3])", "array([[1, 2], [3, 4]])", "array([1, 2], dtype=uint8)", "zeros((2, 3))",
        "ones(4, dtype=int32)", "full((2, 2), 7)", "full(3, 0.5, dtype=float32)",
        "zeros_like(i64)", "ones_like(f32)", "full_like(row, 3)", "arange(5)", "arange(2, 11, 3)",
        "arange(3, dtype=float32)", "arange(5, 0, -2)"))
    yield from ((text, 2e-15) for text in ("linspace(0, 1, 7)", "linspace(-2, 5, num=4)", "linspace(1, 2)",
        "arange(0, 1, 0.125)"))


def number(x):
    if isinstance(x, (complex, np.complexfloating)):
        return [number(x.real), number(x.imag)]
    if isinstance(x, (bool, np.bool_)):
        return int(x)
    if isinstance(x, (int, np.integer)):
        return int(x)
    return float(x) if np.isfinite(x) else repr(float(x))


def written(array):
    array = np.asarray(array)
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": [number(x) for x in array.ravel()]}


def main():
    NAMES["argsort"] = lambda a, axis=-1: np.argsort(a, axis, kind="stable")
    rows, texts = [], set()
    for text, within in cases():
        if text in texts:
            continue
        texts.add(text)
        try:
            result = np.asarray(eval(text, dict(NAMES), dict(INPUTS)))
        except TypeError as error:  # an operation that NumPy does not have for the type
            if "not supported for the input types" not in str(error) and "boolean" not in str(error):
                raise SystemExit(f"{text}: {error}")
            continue
        except Exception as error:
            raise SystemExit(f"{text}: {type(error).__name__}: {error}")
        error = within
        if isinstance(within, dict):
            error = within.get(str(result.dtype), 2e-15 if result.dtype.kind in "fc" else 0)
        rows.append({"text": text, **written(result), **({"within": error} if error else {})})
    place = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.json")
    with open(place, "w") as out:
        out.write('{"inputs": {\n')
        out.write(",\n".join(f"{json.dumps(name)}: {json.dumps(written(x))}" for name, x in INPUTS.items()))
        out.write('\n}, "cases": [\n')
        out.write(",\n".join(json.dumps(row) for row in rows))
        out.write("\n]}\n")
    print(len(rows), "cases")


if __name__ == "__main__":
    main()
