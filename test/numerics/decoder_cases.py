# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops of decoders: norms, rotations, paged caches and experts, with NumPy's answers."""

import numpy as np
from cases import Case, case, floats, pick, shape, types
from mlir_constants import round_to, type_of


def softmax(x):
    weights = np.exp(x - x.max())
    return weights / weights.sum()


@case("rms_norm")
def rms_norm(random):
    n = int(random.choice([1, 2, 7, 64]))
    x = floats(random, (*shape(random, random.integers(0, 3)), n), "f32", special=False)
    scale = floats(random, (n,), "f32", special=False)
    expected = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + np.float32(1e-5)) * scale
    operands = [(x, "f32"), (scale, "f32")]
    return Case(f"llm.rms_norm %0, %1 epsilon 1.0e-5 : {types(*operands)}", operands, expected, "f32", cancels=True)


@case("swiglu")
def swiglu(random):
    dims = shape(random)
    gate, up = (floats(random, dims, "f32", special=False) for _ in range(2))
    operands = [(gate, "f32"), (up, "f32")]
    text = f"llm.swiglu %0, %1 : {types(*operands)} -> {type_of(dims, 'f32')}"
    return Case(text, operands, gate / (1 + np.exp(-gate)) * up, "f32", cancels=True)


@case("rope")
def rope(random):
    tokens, heads = shape(random, 2)
    pairs = int(random.integers(0, 5))
    size = 2 * pairs + int(random.choice([0, 0, 1, 4]))
    x = floats(random, (tokens, heads, size), "f32", special=False)
    angle = random.normal(size=(tokens, pairs))
    cos, sin = (np.asarray(round_to(f(angle), "f32")) for f in (np.cos, np.sin))
    expected = x.copy()
    style = pick(random, ["half", "interleaved"])
    first = np.arange(pairs) if style == "half" else 2 * np.arange(pairs)
    second = first + (pairs if style == "half" else 1)
    a, b = x[..., first], x[..., second]
    expected[..., first] = a * cos[:, None] - b * sin[:, None]
    expected[..., second] = b * cos[:, None] + a * sin[:, None]
    operands = [(x, "f32"), (cos, "f32"), (sin, "f32")]
    return Case(f"llm.rope %0, %1, %2 style {style} : {types(*operands)}", operands, expected, "f32", cancels=True)


def sequences(random, slots):
    """Start, length and blocks of some sequences, and the position of each token."""
    count = int(random.integers(1, 4))
    tokens = random.integers(0, 5, count)
    lengths = tokens + random.integers(0, 6, count)
    columns = int(-(-max(1, lengths.max()) // slots))
    pool = count * columns + 2
    table = random.permutation(pool)[: count * columns].reshape(count, columns)
    start = np.concatenate([[0], np.cumsum(tokens)])
    positions = np.concatenate([np.arange(length - new, length) for length, new in zip(lengths, tokens)])
    whole = [(array.astype(np.int32), "i32") for array in (positions, start, lengths, table)]
    return whole, pool, [(s, position) for s, new in enumerate(tokens) for position in range(lengths[s] - new, lengths[s])]


@case("write_cache")
def write_cache(random):
    slots, groups, size = 4, int(random.integers(1, 3)), int(random.integers(1, 5))
    (positions, start, _, table), blocks, places = sequences(random, slots)
    element = pick(random, ["f32", "f16"])
    rows = floats(random, (len(places), groups, size), "f32", special=False)
    expected = floats(random, (blocks, groups, slots, size), element, special=False)
    pool = expected.copy()
    for row, (sequence, position) in zip(rows, places):
        expected[table[0][sequence, position // slots], :, position % slots] = round_to(row, element)
    word = ""
    if random.random() < 0.5:
        pool, expected, word = pool.swapaxes(2, 3), expected.swapaxes(2, 3), " transposed"
    operands = [(rows, "f32"), (pool, element), positions, start, table]
    text = f"llm.write_cache %0, %1 positions %2 sequences %3 blocks %4{word} : {types(*operands)}"
    return Case(text, operands, expected, element)


@case("paged_attention")
def paged_attention(random):
    slots, groups, size, value_size = 4, *(int(random.integers(1, 4)) for _ in range(3))
    heads = groups * int(random.integers(1, 4))
    (positions, start, lengths, table), blocks, places = sequences(random, slots)
    query = floats(random, (len(places), heads, size), "f32", special=False)
    keys = floats(random, (blocks, groups, size, slots), "f16", special=False)
    values = floats(random, (blocks, groups, slots, value_size), "f16", special=False)
    window = int(random.integers(1, 5)) if random.random() < 0.5 else None
    cap = 2.0 if random.random() < 0.5 else None
    expected = np.zeros((len(places), heads, value_size))
    for token, (sequence, position) in enumerate(places):
        first = 0 if window is None else max(0, position + 1 - window)
        seen = [(table[0][sequence, j // slots], j % slots) for j in range(first, position + 1)]
        for head in range(heads):
            group = head // (heads // groups)
            k = np.stack([keys[block, group, :, slot] for block, slot in seen])
            v = np.stack([values[block, group, slot] for block, slot in seen])
            scores = k @ query[token, head] * 0.5
            if cap is not None:
                scores = cap * np.tanh(scores / cap)
            expected[token, head] = softmax(scores) @ v
    operands = [(query, "f32"), (keys, "f16"), (values, "f16"), positions, start, lengths, table]
    words = ("" if window is None else f" window {window}") + ("" if cap is None else f" soft_cap {cap}")
    text = (
        f"llm.paged_attention %0, %1, %2 positions %3 sequences %4 lengths %5 blocks %6 scale 0.5{words}"
        f" : {types(*operands)} -> {type_of(expected.shape, 'f32')}"
    )
    return Case(text, operands, expected, "f32", cancels=True)


@case("top_k")
def top_k(random):
    n = int(random.integers(1, 9))
    k = int(random.integers(1, n + 1))
    # Few values, so that some are equal.
    x = random.integers(-2, 3, (*shape(random, random.integers(0, 3)), n)).astype(np.float64)
    expected = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    text = f"llm.top_k %0 k {k} : {types((x, 'f32'))} -> {type_of(expected.shape, 'i32')}"
    return Case(text, [(x, "f32")], expected, "i32")


@case("take_along")
def take_along(random):
    rows, n = shape(random, 1), int(random.integers(1, 9))
    x = floats(random, (*rows, n), "f32")
    indices = random.integers(0, n, (*rows, int(random.integers(0, 5)))).astype(np.int32)
    operands = [(x, "f32"), (indices, "i32")]
    text = f"llm.take_along %0, %1 : {types(*operands)} -> {type_of(indices.shape, 'f32')}"
    return Case(text, operands, np.take_along_axis(x, indices, -1), "f32")


def rounded(x):
    """Blocks of 32 with 255 steps each, as `activations q8` says."""
    result = x.astype(np.float32)
    for first in range(0, x.shape[-1], 32):
        block = result[..., first : first + 32]
        scale = np.abs(block).max(axis=-1, keepdims=True) / np.float32(127)
        with np.errstate(invalid="ignore", divide="ignore"):
            block[...] = np.where(scale == 0, 0, np.round(block / scale)) * scale
    return result.astype(np.float64)


@case("expert_linear")
def expert_linear(random):
    tokens, choices, n, experts = (int(random.integers(1, 5)) for _ in range(4))
    k = int(random.choice([1, 5, 32, 40]))
    x = floats(random, pick_rows(random, tokens, choices, k), "f32", special=False)
    weight = floats(random, (experts, n, k), "f16", special=False)
    chosen = random.integers(0, experts, (tokens, choices)).astype(np.int32)
    word = " activations q8" if random.random() < 0.5 else ""
    seen = rounded(x) if word else x
    rows = seen if x.ndim == 3 else np.repeat(seen[:, None], choices, 1)
    expected = np.einsum("tjk,tjnk->tjn", rows, weight[chosen])
    operands = [(x, "f32"), (weight, "f16"), (chosen, "i32")]
    text = f"llm.expert_linear %0, %1, %2{word} : {types(*operands)} -> {type_of(expected.shape, 'f32')}"
    return Case(text, operands, expected, "f32", cancels=True)


def pick_rows(random, tokens, choices, k):
    return (tokens, k) if random.random() < 0.5 else (tokens, choices, k)
