# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops that move elements, with NumPy's answers."""

import numpy as np
from cases import NUMBERS, SIZES, Case, case, elements, integers, pick, shape, sizes, types
from mlir_constants import FLOATS, INTEGERS, type_of


@case("reshape")
def reshape(random):
    element, dims = pick(random, [*FLOATS, *INTEGERS]), list(shape(random))
    x = elements(random, tuple(dims), element)
    if len(dims) > 1:
        at = random.integers(0, len(dims) - 1)
        dims[at : at + 2] = [dims[at] * dims[at + 1]]
    dims.insert(random.integers(0, len(dims) + 1), 1)
    text = f"llm.reshape %0 to {sizes(dims)} : {types((x, element))} -> {type_of(dims, element)}"
    return Case(text, [(x, element)], x.reshape(dims), element)


@case("transpose")
def transpose(random):
    element = pick(random, [*FLOATS, *INTEGERS])
    x = elements(random, shape(random), element)
    order = [int(i) for i in random.permutation(x.ndim)]
    expected = x.transpose(order)
    text = f"llm.transpose %0 perm {sizes(order)} : {types((x, element))} -> {type_of(expected.shape, element)}"
    return Case(text, [(x, element)], expected, element)


@case("slice")
def slice_of(random):
    element = pick(random, [*FLOATS, *INTEGERS])
    x = elements(random, shape(random, sizes=[1, 2, 5, 7]), element)
    offsets, counts, strides, index = [], [], [], []
    for size in x.shape:
        offset, stride = int(random.integers(0, size)), int(random.choice([1, 2, 3, -1, -2]))
        most = (size - 1 - offset) // stride + 1 if stride > 0 else offset // -stride + 1
        count = int(random.integers(0, most + 1))
        index.append([offset + i * stride for i in range(count)])
        offsets, counts, strides = offsets + [offset], counts + [count], strides + [stride]
    expected = x[np.ix_(*[np.array(i, int) for i in index])] if x.ndim else x
    text = (
        f"llm.slice %0 offsets {sizes(offsets)} sizes {sizes(counts)} strides {sizes(strides)} : "
        f"{types((x, element))} -> {type_of(expected.shape, element)}"
    )
    return Case(text, [(x, element)], expected, element)


@case("concat")
def concat(random):
    element, dims = pick(random, [*FLOATS, *INTEGERS]), shape(random, random.integers(1, 5))
    axis = int(random.integers(0, len(dims)))
    parts = []
    for _ in range(random.integers(1, 4)):
        part = (*dims[:axis], int(random.choice(SIZES)), *dims[axis + 1 :])
        parts.append((elements(random, part, element), element))
    expected = np.concatenate([x for x, _ in parts], axis)
    names = ", ".join(f"%{i}" for i in range(len(parts)))
    text = f"llm.concat {names} axis {axis} : {types(*parts)} -> {type_of(expected.shape, element)}"
    return Case(text, parts, expected, element)


@case("expand")
def expand(random):
    element, dims = pick(random, [*FLOATS, *INTEGERS]), shape(random)
    narrow = tuple(1 if random.random() < 0.5 else size for size in dims)
    x = elements(random, narrow[random.integers(0, len(dims) + 1) :], element)
    text = f"llm.expand %0 to {sizes(dims)} : {types((x, element))} -> {type_of(dims, element)}"
    return Case(text, [(x, element)], np.broadcast_to(x, dims), element)


@case("pad")
def pad(random):
    element = pick(random, [*FLOATS, *INTEGERS])
    x = elements(random, shape(random), element)
    low, high = (random.integers(0, 4, x.ndim) for _ in range(2))
    expected = np.pad(x, list(zip(low, high))) if x.ndim else x
    text = (
        f"llm.pad %0 low {sizes(low)} high {sizes(high)} : "
        f"{types((x, element))} -> {type_of(expected.shape, element)}"
    )
    return Case(text, [(x, element)], expected, element)


@case("gather")
def gather(random):
    element, index = pick(random, [*FLOATS, *INTEGERS]), pick(random, ["i64", "i32"])
    x = elements(random, shape(random, random.integers(1, 4), [1, 2, 5, 7]), element)
    axis = int(random.integers(0, x.ndim))
    dims = shape(random, random.integers(0, 3))
    indices = integers(random, dims, index, -x.shape[axis], x.shape[axis] - 1)
    expected = np.take(x, indices, axis)
    operands = [(x, element), (indices, index)]
    text = f"llm.gather %0, %1 axis {axis} : {types(*operands)} -> {type_of(expected.shape, element)}"
    return Case(text, operands, expected, element)


@case("embedding")
def embedding(random):
    element, index = pick(random, FLOATS), pick(random, ["i64", "i32", "ui8"])
    table = elements(random, shape(random, 2, [1, 2, 5, 7]), element)
    ids = integers(random, shape(random, random.integers(0, 4)), index, 0, table.shape[0] - 1)
    expected = table[ids]
    operands = [(ids, index), (table, element)]
    text = f"llm.embedding %0, %1 : {types(*operands)} -> {type_of(expected.shape, element)}"
    return Case(text, operands, expected, element)


@case("iota")
def iota(random):
    element, dims = pick(random, [*FLOATS, *NUMBERS]), shape(random, random.integers(1, 5))
    axis = int(random.integers(0, len(dims)))
    line = np.arange(dims[axis]).reshape([-1 if i == axis else 1 for i in range(len(dims))])
    text = f"llm.iota axis {axis} to {sizes(dims)} : {type_of(dims, element)}"
    return Case(text, [], np.broadcast_to(line, dims), element)


@case("sizes_to_tensor")
def sizes_to_tensor(random):
    values = np.array(random.integers(0, 100, random.integers(0, 4)))
    text = f"llm.sizes_to_tensor {sizes(values)} : {type_of(values.shape, 'i64')}"
    return Case(text, [], values, "i64")
