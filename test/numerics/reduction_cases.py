# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Products, attention, normalizations and reductions, with NumPy's answers."""

import math

import numpy as np
from cases import Case, broadcast_pair, case, elements, floats, pick, shape, sizes, types
from mlir_constants import FLOATS, type_of


@case("matmul")
def matmul(random):
    element = pick(random, ["f64", "f32", "bf16"])
    first, second = broadcast_pair(random, 3)
    m, k, n = shape(random, 3)
    x = floats(random, (*first, m, k), element, special=False)
    y = floats(random, (*second, k, n), element, special=False)
    expected = np.matmul(x, y)
    operands = [(x, element), (y, element)]
    text = f"llm.matmul %0, %1 : {types(*operands)} -> {type_of(expected.shape, element)}"
    return Case(text, operands, expected, element, cancels=True)


@case("linear")
def linear(random):
    element = pick(random, ["f64", "f32", "f16"])
    k, n = shape(random, 2)
    x = floats(random, (*shape(random, random.integers(0, 4)), k), element, special=False)
    weight = floats(random, (n, k), element, special=False)
    expected = x @ weight.T
    operands, words = [(x, element), (weight, element)], ""
    if random.random() < 0.5:
        bias = floats(random, (n,), element, special=False)
        operands.append((bias, element))
        expected, words = expected + bias, " bias %2"
    if n and random.random() < 0.5:
        panel = int(random.choice([1, 2, 3, 16]))
        panels = -(-n // panel)
        padded = np.zeros((panels * panel, k))
        padded[:n] = weight
        packed = padded.reshape(panels, panel, k).transpose(0, 2, 1)
        operands[1], words = (packed, element), words + f" panel {panel}"
    text = f"llm.linear %0, %1{words} : {types(*operands)} -> {type_of(expected.shape, element)}"
    return Case(text, operands, expected, element, cancels=True)


def softmax_of(scores, axis):
    with np.errstate(all="ignore"):
        greatest = np.max(scores, axis, keepdims=True, initial=-np.inf)
        powers = np.exp(scores - greatest)
        result = powers / np.sum(powers, axis, keepdims=True)
    return np.where(greatest == -np.inf, 0.0, result)


@case("attention")
def attention(random):
    element = pick(random, ["f64", "f32"])
    batch, rows, keys = shape(random, 3, [1, 2, 3, 5, 7])
    groups = int(random.choice([1, 2, 3]))
    heads, size, value_size = groups * int(random.choice([1, 2])), *shape(random, 2, [1, 4, 5])
    causal = random.random() < 0.5
    query = floats(random, (batch, rows, heads, size), element, special=False)
    key = floats(random, (batch, keys, groups, size), element, special=False)
    value = floats(random, (batch, keys, groups, value_size), element, special=False)
    operands = [(query, element), (key, element), (value, element)]
    scale = float(np.float32(random.choice([0.125, 1.0, 0.37])))
    wide = [np.repeat(x, heads // groups, 2).transpose(0, 2, 1, 3) for x in (key, value)]
    scores = scale * (query.transpose(0, 2, 1, 3) @ wide[0].swapaxes(2, 3))
    words = ""
    if random.random() < 0.6:
        dims = tuple(size if random.random() < 0.6 else 1 for size in (batch, heads, rows, keys))
        mask = np.where(random.random(dims) < 0.4, -np.inf, floats(random, dims, element, special=False))
        if random.random() < 0.3:
            mask[:, :, :1] = -np.inf
        operands.append((mask, element))
        scores, words = scores + mask, " mask %3"
    if causal:
        hidden = np.arange(keys)[None, :] > np.arange(rows)[:, None] + keys - rows
        scores, words = np.where(hidden, -np.inf, scores), words + " causal"
    expected = (softmax_of(scores, 3) @ wide[1]).transpose(0, 2, 1, 3)
    text = f"llm.attention %0, %1, %2{words} scale {scale!r} : {types(*operands)} -> {type_of(expected.shape, element)}"
    return Case(text, operands, expected, element, cancels=True)




@case("layer_norm")
def layer_norm(random):
    element = pick(random, ["f64", "f32", "bf16"])
    n = int(random.choice([1, 2, 7, 13]))
    x = floats(random, (*shape(random, random.integers(0, 3)), n), element, special=False)
    scale, bias = (floats(random, (n,), element, special=False) for _ in range(2))
    operands, epsilon = [(x, element), (scale, element)], float(random.choice([1e-5, 1e-12]))
    mean = x.mean(-1, keepdims=True)
    expected = (x - mean) / np.sqrt(x.var(-1, keepdims=True) + float(np.float32(epsilon))) * scale
    words = ""
    if random.random() < 0.5:
        operands.append((bias, element))
        expected, words = expected + bias, " bias %2"
    text = f"llm.layer_norm %0, %1{words} epsilon {epsilon:e} : {types(*operands)}"
    return Case(text, operands, expected, element, cancels=True)


@case("softmax")
def softmax(random):
    element = pick(random, FLOATS)
    x = floats(random, shape(random, random.integers(1, 5)), element, special=False)
    axis = int(random.integers(0, x.ndim))
    if random.random() < 0.5:
        x = np.where(random.random(x.shape) < 0.4, -np.inf, x)
    text = f"llm.softmax %0 axis {axis} : {types((x, element))}"
    return Case(text, [(x, element)], softmax_of(x, axis), element, cancels=True)


@case("reduce")
def reduce(random):
    kind = pick(random, ["sum", "mean", "max", "min", "prod"])
    element = pick(random, ["f64", "f32"] if kind == "mean" else ["f64", "f32", "i32", "i64"])
    x = elements(random, shape(random), element, special=kind in ("max", "min"))
    axes = tuple(i for i in range(x.ndim) if random.random() < 0.5)
    lowest, highest = (
        (-np.inf, np.inf) if element in FLOATS else (np.iinfo(x.dtype).min, np.iinfo(x.dtype).max)
    )
    with np.errstate(all="ignore"):
        if kind == "mean":
            count = math.prod(x.shape[i] for i in axes)
            expected = np.sum(x, axes, keepdims=True) / np.float64(count)
        elif kind in ("sum", "prod"):
            function = np.sum if kind == "sum" else np.prod
            expected = function(x, axes, keepdims=True, dtype=x.dtype)
        elif kind == "max":
            expected = np.max(x, axes, keepdims=True, initial=lowest)
        else:
            expected = np.min(x, axes, keepdims=True, initial=highest)
    text = f"llm.reduce {kind} %0 axes {sizes(axes)} : {types((x, element))} -> {type_of(expected.shape, element)}"
    return Case(text, [(x, element)], expected, element, cancels=True)
