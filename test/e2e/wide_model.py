#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Plan an encoder as wide as Llama-70B: how long, and with how much memory.

Its 7 GB of weights are a hole in a sparse file; reading them would show in both
numbers.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import minilm
from minilm import REPOSITORY, fail

BINARIES = REPOSITORY / "build/release/bin"


def run_measured(command):
    """Seconds and peak resident bytes of a command that must succeed."""
    start = time.monotonic()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        fail(f"{command[0]}: {message.strip()}")
    return time.monotonic() - start, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llm-compile", type=Path, default=BINARIES / "llm-compile")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--mebibytes", type=float, default=300)
    options = parser.parse_args()
    try:
        import onnx  # noqa: F401
    except ImportError:
        print("skipped: onnx is not installed: run scripts/setup")
        return 77

    with tempfile.TemporaryDirectory() as folder:
        writer = REPOSITORY / "scripts/make-encoder"
        subprocess.run([sys.executable, str(writer), folder], check=True)
        model = str(Path(folder) / "model.onnx")
        command = [str(options.llm_compile), model, "--plan-only"]
        seconds, resident = run_measured(command)
    print(f"planned in {seconds:.2f} s with {resident / 2**20:.0f} MiB")
    if seconds > options.seconds or resident > options.mebibytes * 2**20:
        fail(f"the limits are {options.seconds:g} s and {options.mebibytes:g} MiB")
    return 0


if __name__ == "__main__":
    minilm.enter_venv()
    sys.exit(main())
