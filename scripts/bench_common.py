# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What bench-onnx and bench-llm share."""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

import minilm
from minilm import REPOSITORY, fail


def run(command, prefix=()):
    command = [*prefix, *map(str, command)]
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        fail(f"{command[0]}: {error.strerror}: build first (scripts/build)")
    if result.returncode:
        lines = (result.stderr or result.stdout).strip().split("\n")
        fail(f"'{shlex.join(command[:4])} ...' gave status {result.returncode}: {lines[-1]}")
    return result.stdout


def cpuinfo(key):
    """What Linux says of the first processor; nothing where it does not say it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(key):
            return line.split(":", 1)[1].strip()
    return ""


def processor():
    return cpuinfo("model name") or "unknown processor"


def features():
    """The instruction sets that decide which kernels serve, of Weft and of its peers."""
    known = ["avx2", "fma", "f16c", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8", "amx_bf16"]
    return " ".join(name for name in known if name in cpuinfo("flags").split()) or "no AVX2"


def show_place(text):
    """What is being measured, on a terminal; nothing clears it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end=" " if text else "", file=sys.stderr)


def print_cells(cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def parse_mesh(text):
    axes = dict(axis.split("=", 1) for axis in text.split(",") if "=" in axis)
    if len(axes) != text.count(",") + 1 or not all(n.isdecimal() and int(n) for n in axes.values()):
        raise argparse.ArgumentTypeError(f"'{text}' is not AXIS=N,..., such as dp=2,tp=2")
    return text


def positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a positive number")
    return int(text)


def enter_venv(name=".venv-bench", requirements="requirements-bench.txt"):
    """Start the script again where the peers are installed; install them first."""
    venv = REPOSITORY / name
    files = [REPOSITORY / "scripts" / file for file in ("requirements.txt", requirements)]
    wanted = "".join(path.read_text() for path in files)
    stamp = venv / "installed.txt"
    if not stamp.is_file() or stamp.read_text() != wanted:
        print(f"Making the Python environment {name}", file=sys.stderr)
        run([sys.executable, "-m", "venv", "--clear", venv])
        run([venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", files[1]])
        stamp.write_text(wanted)
    minilm.enter_venv(name)
