# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rows of tables in blocks, with the answers of the `gguf` package."""

import gguf
import numpy as np
from cases import Case, case, types
from mlir_constants import type_of

FORMATS = "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL MXFP4".split()


def register(name):
    @case(f"block {name.lower()}")
    def block(random):
        kind = gguf.GGMLQuantizationType[name]
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        rows, blocks = (int(random.integers(1, 4)) for _ in range(2))
        data = random.integers(0, 256, (rows, blocks, size), np.uint8)
        with np.errstate(all="ignore"):
            expected = gguf.quants.dequantize(data.reshape(rows, -1), kind)
        ids = random.integers(0, rows, 3).astype(np.int32)
        operands = [(data, "ui8"), (ids, "i32")]
        table = type_of((rows, blocks * elements), f"!llm.block<{name.lower()}>")
        result = type_of((3, blocks * elements), "f32")
        text = f"llm.embedding %1, %t : {types(operands[1])}, {table} -> {result}"
        # How zeros are signed is no part of a format.
        before = f"%t = llm.bitcast %0 : {types(operands[0])} -> {table}"
        return Case(text, operands, expected[ids].astype(np.float64), "f32", cancels=True, before=before)


for name in FORMATS:
    register(name)
