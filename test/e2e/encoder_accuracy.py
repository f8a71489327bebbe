#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compare a compiled encoder with onnxruntime over many sizes.

Every size runs twice: with all token types 0 and the even rows padded, and with
random token types and the odd rows padded. All positions are compared, padded
ones too.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import minilm
from gpus import gpus
from minilm import OUTPUT, REPOSITORY, fail

# (batch, length): single tokens, powers of two and their neighbours, primes,
# the longest, and few long rows beside many short ones.
SIZES = [
    (1, 1), (1, 2), (1, 7), (1, 16), (1, 31), (1, 64), (1, 128), (1, 129), (1, 512), (2, 5),
    (2, 512), (3, 97), (4, 33), (5, 1), (7, 13), (8, 128), (16, 8), (17, 3), (32, 17), (64, 1),
]  # fmt: skip


def run_artifact(options, inputs, folder):
    import numpy as np

    command = [str(options.llm_run), str(options.artifact), "--output-dir", str(folder)]
    if options.gpus:
        command.append(f"--devices={gpus(options.gpus)}")
    for name, value in inputs.items():
        path = folder / f"in-{name}.npy"
        np.save(path, value)
        command += ["--input", f"{name}={path}"]
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        fail(f"{options.llm_run}: {error.strerror}: build first, or give --llm-run")
    if result.returncode:
        lines = result.stderr.strip().split("\n")
        fail(f"llm-run gave status {result.returncode}: {lines[-1]}")
    output = folder / f"{OUTPUT}.npy"
    if not output.is_file():
        fail(f"llm-run wrote no {output.name}")
    return np.load(output)


def worst_error(options, session, batch, length):
    worst = 0.0
    for segments in (False, True):
        padded = range(int(segments), batch, 2)
        inputs = minilm.random_inputs(
            batch, length, options.seed, padded, segments, options.vocabulary
        )
        inputs = {value.name: inputs[value.name] for value in session.get_inputs()}
        (expected,) = session.run([OUTPUT], inputs)
        with tempfile.TemporaryDirectory() as folder:
            actual = run_artifact(options, inputs, Path(folder))
        worst = max(worst, minilm.largest_difference(actual, expected))
    return worst


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Compare a compiled encoder with onnxruntime; status 1 when a size differs."
    )
    add = parser.add_argument
    add("artifact", type=Path, metavar="DIR.weft", help="what llm-compile wrote")
    add("graph", type=Path, metavar="FILE.onnx", help="the graph that it was compiled from")
    add("--llm-run", type=Path, default=REPOSITORY / "build/release/bin/llm-run", metavar="FILE",
        help="default: build/release/bin/llm-run")
    add("--tolerance", type=float, default=1e-4, metavar="T",
        help="largest absolute difference allowed (default: %(default)s)")
    add("--vocabulary", type=int, default=minilm.VOCABULARY, metavar="N",
        help="ids are drawn below it (default: %(default)s)")
    add("--max-length", type=int, default=minilm.MAX_LENGTH, metavar="N",
        help="longer sizes are cut to it (default: %(default)s)")
    add("--max-batch", type=int, default=64, metavar="N",
        help="larger sizes are left out (default: %(default)s)")
    add("--gpus", type=int, metavar="N", help="run on so many, simulated unless WEFT_TEST_GPU is set")
    add("--seed", type=int, default=0, metavar="N", help="of the inputs (default: %(default)s)")
    return parser.parse_args()


def main():
    options = parse_arguments()
    for path in (options.artifact, options.graph):
        if not path.exists():
            fail(f"{path} is missing")
    session = minilm.onnxruntime_session(options.graph, threads=2)
    failures = 0
    sizes = [
        (batch, min(length, options.max_length))
        for batch, length in SIZES
        if batch <= options.max_batch
    ]
    for batch, length in dict.fromkeys(sizes):
        error = worst_error(options, session, batch, length)
        passed = error <= options.tolerance
        failures += not passed
        print(f"{batch:3} x {length:3}: {error:.2e}{'' if passed else '  FAILED'}", flush=True)
    if failures:
        fail(f"{failures} of {len(set(sizes))} sizes differ by more than {options.tolerance:g}")


if __name__ == "__main__":
    minilm.enter_venv()
    try:
        main()
    except ImportError as error:
        fail(f"{error.name} is not installed: run scripts/setup, which makes .venv")
