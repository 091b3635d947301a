#!/usr/bin/python3
"""Writes promotion.txt: the result type of every operation for every pair of types, as NumPy itself gives it.

A Python number is written int, float or complex. NumPy 1.24 … 1.26 with NEP 50's promotion switched on, or NumPy 2.
Left out is what NumPy 2.1 changed: floor, ceil and trunc of integers, and round of bool (rint of it is float16).
"""
import os
import warnings

import numpy as np

warnings.simplefilter("ignore")
if np.lib.NumpyVersion(np.__version__) < "2.0.0":
    np._set_promotion_state("weak")

TYPES = ("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128").split()
WEAK = {"int": 1, "float": 1.0, "complex": 1j}
UNARY = ("negative positive logical_not invert sqrt cbrt square reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan "
         "arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh floor ceil round trunc sign abs isnan isfinite isinf "
         "real imag conj angle deg2rad rad2deg").split()
BINARY = ("add subtract multiply divide floor_divide remainder fmod power equal not_equal less less_equal greater "
          "greater_equal logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor left_shift right_shift minimum "
          "maximum fmin fmax arctan2 hypot copysign").split()


def operand(name):
    return WEAK[name] if name in WEAK else np.ones(2, name)


def result(function, *names):
    try:
        return str(function(*map(operand, names)).dtype)
    except TypeError:
        return "error"


def rows():
    for op in UNARY:
        for t in TYPES:
            whole = t[0] in "biu"
            if op in ("floor", "ceil", "trunc") and whole or op == "round" and t == "bool":
                continue
            yield op, (t,), result(getattr(np, op), t)
    for a in TYPES + list(WEAK):
        for b in TYPES + list(WEAK):
            if a in WEAK and b in WEAK:
                continue
            for op in BINARY:
                yield op, (a, b), result(getattr(np, op), a, b)
            # numpy.where itself learnt NEP 50 in NumPy 2 only.
            yield "where", ("bool", a, b), str(np.result_type(operand(a), operand(b)))
            clip = getattr(np, "_core", None) or np.core
            yield "clip", (a, b, b), result(clip.umath.clip, a, b, b)


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "promotion.txt"), "w") as out:
    for op, operands, dtype in rows():
        print(op, *operands, dtype, file=out)
