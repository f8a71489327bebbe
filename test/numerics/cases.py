# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a case is, and random shapes and elements to make it of."""

from dataclasses import dataclass, field

import numpy as np
from mlir_constants import FLOATS, INTEGERS, round_to, type_of

SIZES = [0, 1, 1, 2, 3, 5, 7, 11]
CASES = {}
NUMBERS = [name for name in INTEGERS if name != "i1"]


@dataclass
class Case:
    text: str
    operands: list
    expected: np.ndarray
    element: str
    # True where sums may cancel, so that errors are relative to the largest.
    cancels: bool = field(default=False)
    # An op before the one of the case.
    before: str = field(default="")

    def is_float(self):
        return self.element in FLOATS

    def result_type(self):
        return type_of(np.shape(self.expected), self.element)


def case(name):
    def register(make):
        CASES[name] = make
        return make

    return register


def shape(random, rank=None, sizes=SIZES):
    rank = random.integers(0, 5) if rank is None else rank
    return tuple(int(size) for size in random.choice(sizes, rank))


def floats(random, dims, element, special=True):
    values = random.normal(size=dims) * random.choice([0.1, 1, 10])
    values = np.asarray(round_to(values, element))
    if special and values.size:
        places = random.random(dims) < 0.1
        extra = random.choice([np.nan, np.inf, -np.inf, -0.0, 0.0, 0.5, -1.5], dims)
        values = np.where(places, extra, values)
    return values


def integers(random, dims, element, low=None, high=None):
    if element == "i1":
        return random.random(dims) < 0.5
    info = np.iinfo(INTEGERS[element])
    if low is None and random.random() < 0.5:
        low, high = info.min, info.max
    low = max(info.min, -9) if low is None else low
    high = min(info.max, 9) if high is None else high
    return np.asarray(random.integers(low, high, dims, INTEGERS[element], endpoint=True))


def elements(random, dims, element, special=True):
    make = floats if element in FLOATS else integers
    return make(random, dims, element, special) if make is floats else make(random, dims, element)


def pick(random, names):
    return str(random.choice(list(names)))


def types(*operands):
    return ", ".join(type_of(np.shape(array), element) for array, element in operands)


def sizes(values):
    return "[" + ", ".join(str(int(value)) for value in values) + "]"


def broadcast_pair(random, end_rank=5):
    """Two shapes that broadcast, either side short or 1 anywhere."""
    whole = shape(random, random.integers(0, end_rank))
    sides = []
    for _ in range(2):
        side = [1 if random.random() < 0.3 else size for size in whole]
        sides.append(tuple(side[random.integers(0, len(side) + 1) if random.random() < 0.4 else 0 :]))
    return sides
