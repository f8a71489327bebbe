# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops on each element, with NumPy's answers."""

import math

import numpy as np
from cases import (
    NUMBERS, Case, broadcast_pair, case, elements, floats, integers, pick, shape, types,
)  # fmt: skip
from mlir_constants import FLOATS, INTEGERS, round_to, type_of

SIGNED = [name for name in NUMBERS if name.startswith("i")]


def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x)


def gelu_tanh(x):
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def minimum(x, y):
    """IEEE 754-2019: -0 is below 0, of which np.minimum takes either."""
    equal = np.where(np.signbit(x), x, y)
    return np.where((x == 0) & (y == 0), equal, np.minimum(x, y))


def power(x, y):
    """IEEE 754; np.power takes square roots for 0.5, and so gives -0 and NaN."""
    result = np.power(x, y)
    return np.where((y == 0.5) & ((x == 0) | (x == -np.inf)), np.abs(x), result)


UNARY_FLOAT = {
    "abs": np.abs, "neg": np.negative, "sign": np.sign, "exp": np.exp, "log": np.log,
    "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x), "reciprocal": lambda x: 1 / x,
    "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "erf": erf,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0.0),
    "floor": np.floor, "ceil": np.ceil, "round": np.rint,
}  # fmt: skip
UNARY_INTEGER = {
    "abs": np.abs, "neg": np.negative, "sign": np.sign,
    "relu": lambda x: np.maximum(x, x.dtype.type(0)), "not": np.invert,
}  # fmt: skip
BINARY_FLOAT = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": power,
    "min": minimum, "max": lambda x, y: -minimum(-x, -y), "mod": np.mod,
}  # fmt: skip


def truncating_divide(x, y):
    if x.dtype.kind == "u":
        return x // y
    quotient = x // y
    return quotient + ((quotient * y != x) & ((x < 0) != (y < 0)))


BINARY_INTEGER = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": truncating_divide,
    "min": np.minimum, "max": np.maximum, "mod": np.mod,
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
}  # fmt: skip
COMPARISONS = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
    "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip


def unary(random, name, function, element):
    x = elements(random, shape(random), element)
    with np.errstate(all="ignore"):
        return Case(f"llm.{name} %0 : {types((x, element))}", [(x, element)], function(x), element)


def binary(random, name, function, element):
    x, y = (elements(random, dims, element) for dims in broadcast_pair(random))
    if name in ("div", "mod") and element in INTEGERS:
        y = np.where(y == 0, np.asarray(3, y.dtype), y)
    with np.errstate(all="ignore"):
        expected = function(x, y)
    operands = [(x, element), (y, element)]
    text = f"llm.{name} %0, %1 : {types(*operands)} -> {type_of(expected.shape, element)}"
    return Case(text, operands, expected, element)


for name, function in UNARY_FLOAT.items():
    case(name)(lambda random, n=name, f=function: unary(random, n, f, pick(random, FLOATS)))
for name, function in UNARY_INTEGER.items():
    kinds = list(INTEGERS) if name == "not" else SIGNED if name in ("neg", "abs") else NUMBERS
    case(name + "-integer")(
        lambda random, n=name, f=function, k=kinds: unary(random, n, f, pick(random, k))
    )
for name, function in BINARY_FLOAT.items():
    case(name)(lambda random, n=name, f=function: binary(random, n, f, pick(random, FLOATS)))
for name, function in BINARY_INTEGER.items():
    kinds = list(INTEGERS) if name in ("and", "or", "xor") else NUMBERS
    case(name + "-integer")(
        lambda random, n=name, f=function, k=kinds: binary(random, n, f, pick(random, k))
    )


@case("gelu")
def gelu(random):
    element = pick(random, FLOATS)
    x = floats(random, shape(random), element, special=False)
    kind = pick(random, ["none", "tanh"])
    expected = gelu_tanh(x) if kind == "tanh" else x / 2 * (1 + erf(x / math.sqrt(2)))
    text = f"llm.gelu %0 approximate {kind} : {types((x, element))}"
    return Case(text, [(x, element)], expected, element, cancels=True)


@case("compare")
def compare(random):
    element, predicate = pick(random, [*FLOATS, *INTEGERS]), pick(random, COMPARISONS)
    x, y = (elements(random, dims, element) for dims in broadcast_pair(random))
    expected = COMPARISONS[predicate](x, y)
    operands = [(x, element), (y, element)]
    text = f"llm.compare {predicate} %0, %1 : {types(*operands)} -> {type_of(expected.shape, 'i1')}"
    return Case(text, operands, expected, "i1")


@case("select")
def select(random):
    element = pick(random, [*FLOATS, *INTEGERS])
    first, second = broadcast_pair(random)
    x, y = elements(random, first, element), elements(random, second, element)
    whole = np.broadcast_shapes(first, second)
    condition = integers(random, tuple(size if random.random() < 0.7 else 1 for size in whole), "i1")
    expected = np.where(condition, x, y)
    operands = [(condition, "i1"), (x, element), (y, element)]
    text = f"llm.select %0, %1, %2 : {types(*operands)} -> {type_of(expected.shape, element)}"
    return Case(text, operands, expected, element)


def convert(x, source, target):
    if target == "i1":
        return x != 0
    if target in FLOATS:
        return round_to(x.astype(np.float64), target)
    if source in INTEGERS:
        return x.astype(INTEGERS[target])
    info = np.iinfo(INTEGERS[target])
    result = np.zeros(x.shape, INTEGERS[target])
    for index, value in np.ndenumerate(x):
        if not math.isnan(value):
            result[index] = min(max(math.trunc(value), info.min), info.max) if math.isfinite(value) else (
                info.max if value > 0 else info.min
            )
    return result


@case("cast")
def cast(random):
    source, target = (pick(random, [*FLOATS, *INTEGERS]) for _ in range(2))
    x = elements(random, shape(random), source)
    if source in FLOATS and random.random() < 0.3:
        x = round_to(x * 1e4, source)
    expected = convert(x, source, target)
    text = f"llm.cast %0 : {types((x, source))} -> {type_of(x.shape, target)}"
    return Case(text, [(x, source)], expected, target)
