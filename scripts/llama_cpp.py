# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""llama.cpp, built into the cache on first use: what bench-llm compares with.

Its sources come with the source archive of llama-cpp-python on PyPI. They are
compiled for this very processor (GGML_NATIVE), with the system's compiler.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pypi
from bench_common import run
from minilm import CACHE, fail

PACKAGE = "llama-cpp-python==0.3.36"
SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"
COMMIT = "0c1e57098"  # of ggml-org/llama.cpp, as the package's change log says
FOLDER = CACHE / f"llama.cpp-{COMMIT}"
PROGRAMS = ["llama-bench", "llama-batched-bench", "llama-quantize"]
OTHER_PROGRAMS = ["llama-perplexity", "llama-completion", "llama-tokenize"]  # of check-fidelity
FLAGS = [
    "-DCMAKE_BUILD_TYPE=Release",
    "-DGGML_NATIVE=ON",
    "-DGGML_CCACHE=OFF",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_SERVER=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_OPENSSL=OFF",
]


def program(name):
    """Its path; builds it first where it is missing."""
    path = FOLDER / "build/bin" / name
    if not path.is_file():
        build(OTHER_PROGRAMS if name in OTHER_PROGRAMS else PROGRAMS)
    return path


def build(names):
    print(f"Building llama.cpp {COMMIT} into {FOLDER}, which takes minutes", flush=True)
    source = FOLDER / "source"
    if not source.is_dir():
        fetch_source(source)
    run(["cmake", "-G", "Ninja", "-S", source, "-B", FOLDER / "build", *FLAGS])
    jobs = os.environ.get("WEFT_JOBS", str(os.cpu_count()))
    run(["ninja", "-C", FOLDER / "build", "-j", jobs, *names])


def fetch_source(folder):
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        archive = pypi.download(PACKAGE, SHA256, Path(scratch), source=True)
        with tarfile.open(archive) as file:
            file.extractall(scratch, filter="data")
        (vendored,) = Path(scratch).glob("*/vendor/llama.cpp")
        keep_tile_configuration(vendored / "ggml/src/ggml-cpu/amx/mmq.cpp")
        os.replace(vendored, folder)


def keep_tile_configuration(path):
    """gcc 12 takes _tile_loadconfig to read 8 bytes, drops the stores of the others,
    and every product with AMX ends in a segmentation fault."""
    call = "    _tile_loadconfig(&tc);"
    text = path.read_text()
    if call not in text:
        fail(f"{path.name} of llama.cpp {COMMIT} is not as expected: no '{call.strip()}'")
    barrier = '    __asm__ volatile("" : : "r"(&tc) : "memory");\n'
    path.write_text(text.replace(call, barrier + call))


def bench(model, test, threads, flash, repack, repeats, prefix=()):
    """Tokens a second of each repetition, and peak resident bytes."""
    if test.sequences > 1:
        return batched_bench(model, test, threads, flash, repack, repeats, prefix)
    command = [*prefix, program("llama-bench"), "-m", model, "-t", threads, "-d", test.depth]
    command += ["-p", test.prompt, "-n", test.generated, "-fa", int(flash)]
    command += ["--repack", int(repack), "-r", repeats, "-o", "json"]
    output, peak = run_measured(command)
    return json.loads(output)[0]["samples_ts"], peak


def batched_bench(model, test, threads, flash, repack, repeats, prefix):
    """Sequences that generate at the same time, behind a prompt each."""
    command = [*prefix, program("llama-batched-bench"), "-m", model, "-t", threads]
    command += ["-npp", max(test.depth, 1), "-ntg", test.generated, "-npl", test.sequences]
    command += ["-c", (test.depth + 1 + test.generated) * test.sequences + 64]
    command += ["-fa", "on" if flash else "off", "--output-format", "jsonl"]
    command += [] if repack else ["--no-repack"]
    rates, peak = [], 0
    for _ in range(repeats):
        output, bytes_ = run_measured(command)
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        rates.append(lines[0]["speed_tg"])
        peak = max(peak, bytes_)
    return rates, peak


# Runs its arguments and writes the most memory that they had as the last line of its errors. In a
# small process of its own, since a child's peak begins with what its parent has.
MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(1 if status else 0)
"""


def run_measured(command):
    """What a program prints, and the most memory it had."""
    command = [str(part) for part in command]
    result = subprocess.run(
        [sys.executable, "-S", "-c", MEASURE, *command], capture_output=True, text=True
    )
    *errors, peak = result.stderr.strip().split("\n")
    if result.returncode:
        fail(f"{command[0]} failed: {errors[-1] if errors else 'it says nothing'}")
    return result.stdout, int(peak) * 1024
