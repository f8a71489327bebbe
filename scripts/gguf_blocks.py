# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random weights in the block formats of GGUF files."""

from minilm import fail

# Where a block holds its scale, and what its minimum is in scales if values are
# to be zero in the mean. (offset of d, offset of the minimum, its factor.)
SCALES = {
    "Q4_0": (0,),
    "Q4_1": (0, 2, -7.5),
    "Q5_0": (0,),
    "Q5_1": (0, 2, -15.5),
    "Q8_0": (0,),
    "Q2_K": (80, 82, 1.5),
    "Q3_K": (108,),
    "Q4_K": (0, 2, 7.5),
    "Q5_K": (0, 2, 15.5),
    "Q6_K": (208,),
    "IQ4_NL": (0,),
    "MXFP4": (0,),  # one byte, an exponent
}
FLOATS = {"F32", "F16", "BF16"}


class RandomBlocks:
    """Matrices of one type; deterministic in what the generator gives."""

    def __init__(self, kind):
        import gguf

        if kind.name not in SCALES and kind.name not in FLOATS:
            fail(f"no scales known for {kind.name}")
        self.kind = kind
        self.elements, self.bytes = gguf.GGML_QUANT_SIZES[kind]

    def bytes_of(self, columns):
        return columns // self.elements * self.bytes

    def fill(self, rng, rows, columns, deviation):
        """uint8 [rows, bytes_of(columns)]: the quants are random bytes, and scales
        vary around what the wanted standard deviation asks for."""
        import gguf
        import numpy as np

        if self.kind.name in FLOATS:
            values = rng.standard_normal((rows, columns), np.float32) * np.float32(deviation)
            return gguf.quants.quantize(values, self.kind).view(np.uint8)
        count = rows * columns // self.elements
        blocks = rng.integers(0, 256, (count, self.bytes), np.uint8)
        factors = rng.uniform(0.5, 1.5, count)
        self.set_scales(blocks, factors)
        sample = gguf.quants.dequantize(blocks[:4096].reshape(1, -1), self.kind)
        self.set_scales(blocks, factors * (deviation / sample.std()))
        return blocks.reshape(rows, -1)

    def set_scales(self, blocks, scales):
        import numpy as np

        offset, *minimum = SCALES[self.kind.name]
        if self.kind.name == "MXFP4":
            blocks[:, 0] = np.clip(np.round(np.log2(scales)) + 128, 1, 254)
            return
        blocks[:, offset : offset + 2] = scales.astype(np.float16)[:, None].view(np.uint8)
        if minimum:
            offset, factor = minimum
            values = (scales * factor).astype(np.float16)
            blocks[:, offset : offset + 2] = values[:, None].view(np.uint8)
