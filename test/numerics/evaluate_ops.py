#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compare llm-opt --llm-evaluate with NumPy on random ops, shapes and types.

One file with a function for each case, one run of llm-opt. Shapes have rank 0 to
4 with sizes 0, 1 and primes; elements include NaN, infinities and -0.
"""

import argparse
import os
import re
import subprocess
import sys

import numpy as np
from cases import CASES
from mlir_constants import constant, parse, round_to

# Each registers its cases.
import decoder_cases, elementwise_cases, layout_cases, reduction_cases  # noqa: E401, F401

try:
    import block_cases  # noqa: F401
except ImportError:
    print("no package gguf: blocks are not compared")


def build(case, number):
    """The function of a case as text."""
    lines = [f"func.func @case{number}() -> {case.result_type()} {{"]
    for i, (array, element) in enumerate(case.operands):
        lines.append(f"  %{i} = llm.constant {constant(array, element)}")
    if case.before:
        lines.append(f"  {case.before}")
    lines.append(f"  %r = {case.text}")
    lines.append(f"  return %r : {case.result_type()}")
    return "\n".join(lines + ["}"])


def agrees(found, case):
    expected = np.asarray(case.expected)
    if found.shape != expected.shape:
        return False
    if not case.is_float():
        return np.array_equal(found, round_to(expected, case.element))
    # Two units in the last place of the type, as sums may take another order.
    tolerance = {"f64": 1e-12, "f32": 3e-7, "f16": 2e-3, "bf16": 1.6e-2}[case.element]
    expected = round_to(expected, case.element)
    scale = max(1.0, float(np.max(np.abs(expected[np.isfinite(expected)]), initial=0)))
    with np.errstate(invalid="ignore"):
        close = np.abs(found - expected) <= tolerance * np.maximum(np.abs(expected), case.cancels * scale)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    if not np.all(close | same):
        return False
    # -0 and 0 are told apart where no sum is involved.
    zeros = (found == 0) & (expected == 0)
    return case.cancels or np.array_equal(np.signbit(found[zeros]), np.signbit(expected[zeros]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llm-opt", default="llm-opt", help="the tool to test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=20, help="cases of each kind")
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    options = parser.parse_args()

    cases = []
    for kind, make in CASES.items():
        if options.only not in kind:
            continue
        random = np.random.default_rng([options.seed, *kind.encode()])
        cases += [make(random) for _ in range(options.count)]
    text = "\n".join(build(case, i) for i, case in enumerate(cases))
    result = subprocess.run(
        [options.llm_opt, "-", "--llm-evaluate", "--mlir-print-elementsattrs-with-hex-if-larger=0"],
        input=text, capture_output=True, text=True,
    )  # fmt: skip
    if result.returncode:
        sys.exit(f"llm-opt failed:\n{result.stderr}")

    found = {}
    for line in result.stdout.splitlines():
        if match := re.search(r"func.func @case(\d+)\(", line):
            number = int(match.group(1))
        elif value := parse(line):
            found[number] = value[1]
    wrong = 0
    for i, case in enumerate(cases):
        if i in found and agrees(found[i], case):
            continue
        wrong += 1
        if wrong <= 5:
            print(f"wrong: {build(case, i)}\nfound {found.get(i)}\nexpected {case.expected}")
    print(f"{len(cases)} cases, {wrong} wrong")
    # Python's clean-up takes longer than the comparison.
    sys.stdout.flush()
    os._exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
