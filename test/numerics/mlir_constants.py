# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""NumPy arrays as MLIR constants and back, bit by bit."""

import re

import numpy as np

# Element types, with NumPy's of the same bits where there is one.
FLOATS = {"f64": np.float64, "f32": np.float32, "f16": np.float16, "bf16": None}
INTEGERS = {
    "i1": np.bool_, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
    "ui8": np.uint8, "ui16": np.uint16, "ui32": np.uint32, "ui64": np.uint64,
}  # fmt: skip


def round_to(values, element):
    """The nearest values of the element type, in float64 or its NumPy type."""
    if element == "bf16":
        with np.errstate(over="ignore"):
            single = np.asarray(values, np.float64).astype(np.float32)
        bits = single.view(np.uint32).astype(np.uint64)
        rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
        result = rounded.astype(np.uint32).view(np.float32).astype(np.float64)
        return np.where(np.isnan(single), np.nan, result).reshape(np.shape(values))
    if element in FLOATS:
        with np.errstate(over="ignore"):
            return np.asarray(values, FLOATS[element]).astype(np.float64)
    return np.asarray(values).astype(INTEGERS[element])


def type_of(shape, element):
    return "tensor<" + "".join(f"{size}x" for size in shape) + element + ">"


def to_bytes(array, element):
    if element == "bf16":
        single = np.asarray(array, np.float32)
        return (single.view(np.uint32) >> 16).astype("<u2").tobytes()
    kind = FLOATS.get(element) or INTEGERS[element]
    return np.asarray(array, kind).tobytes()


def constant(array, element):
    """The text of an attribute: dense<"0x..."> : tensor<2x3xf32>."""
    array = np.asarray(array)
    kind = type_of(array.shape, element)
    if array.size == 0:
        return f"dense<> : {kind}"
    if element == "i1":
        text = str(array.astype(bool).tolist()).replace("T", "t").replace("F", "f")
        return f"dense<{text}> : {kind}"
    return f'dense<"0x{to_bytes(array, element).hex().upper()}"> : {kind}'


def parse_number(text, element):
    if text in ("true", "false"):
        return text == "true"
    if element in FLOATS:
        if not text.startswith("0x"):
            return float(text)
        size = {"f64": 8, "f32": 4}.get(element, 2)
        return from_bytes(int(text, 16).to_bytes(size, "little"), element)[0]
    return int(text)


def from_bytes(data, element):
    if element == "bf16":
        bits = np.frombuffer(data, "<u2").astype(np.uint32) << 16
        return bits.view(np.float32).astype(np.float64)
    kind = FLOATS.get(element) or INTEGERS[element]
    values = np.frombuffer(data, kind)
    return values.astype(np.float64) if element in FLOATS else values


CONSTANT = re.compile(r"llm\.constant dense<(.*)> : tensor<((?:\d+x)*)(\w+)>")


def parse(line):
    """Element type and array of a line with an llm.constant, or None."""
    match = CONSTANT.search(line)
    if not match:
        return None
    text, sizes, element = match.groups()
    shape = tuple(int(size) for size in sizes.split("x")[:-1])
    if not text:
        values = np.zeros(shape)
    elif text.startswith('"0x'):
        data = bytes.fromhex(text[3:-1])
        if element == "i1":
            bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
            values = bits[: int(np.prod(shape, dtype=int))]
        else:
            values = from_bytes(data, element)
        # MLIR writes one element where all are equal.
        values = np.resize(values, shape)
    else:
        numbers = [parse_number(number.strip(" []"), element) for number in text.split(",")]
        values = np.resize(np.array(numbers), shape)
    return element, values.astype(INTEGERS[element]) if element in INTEGERS else values
