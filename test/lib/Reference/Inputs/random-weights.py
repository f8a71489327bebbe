#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Write a file of random small floats in place of all-MiniLM-L6-v2's weights.

The graphs of test/models/minilm refer to it by offsets. At one of them lie the
positions 0 to 511, which are indices and must stay.
"""

import array
import random
import sys

SIZE, POSITIONS = 90_870_424, 11416

random.seed(0)
block = array.array("f", (random.gauss(0, 0.05) for _ in range(99_991))).tobytes()
with open(sys.argv[1], "wb") as file:
    while file.tell() < SIZE:
        file.write(block)
    file.seek(POSITIONS)
    file.write(array.array("q", range(512)).tobytes())
