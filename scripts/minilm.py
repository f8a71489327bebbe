# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the scripts and tests around all-MiniLM-L6-v2 share."""

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("WEFT_CACHE") or Path.home() / ".cache/weft")
FOLDER = CACHE / "minilm"  # filled by scripts/fetch-models
WEIGHTS = "model.safetensors"
GRAPHS = REPOSITORY / "test/models/minilm"

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
OUTPUT = "last_hidden_state"
VOCABULARY = 30522
MAX_LENGTH = 512  # position embeddings


def fail(message):
    raise SystemExit(f"error: {message}")


def enter_venv(name=".venv"):
    """Start the script again in .venv, unless it runs there or there is none."""
    venv = REPOSITORY / name
    python = venv / "bin/python"
    if python.exists() and Path(sys.prefix) != venv:
        os.execv(python, [str(python), *sys.argv])


def random_inputs(
    batch, length, seed=0, padded_rows=(), segments=False, vocabulary=VOCABULARY
):
    """Random token ids, by input name; int64 [batch, length] each.

    A padded row keeps between 1 and `length` of its tokens. `segments` makes
    token_type_ids random too; otherwise they are 0.
    """
    import numpy as np

    rng = np.random.default_rng([seed, batch, length])
    shape = batch, length
    mask = np.ones(shape, np.int64)
    for row in padded_rows:
        mask[row, rng.integers(1, length + 1) :] = 0
    ids = rng.integers(0, vocabulary, shape, np.int64)
    kinds = rng.integers(0, 2, shape, np.int64) if segments else np.zeros(shape, np.int64)
    return dict(zip(INPUTS, (ids, mask, kinds)))


def onnxruntime_session(graph, threads, spinning=True):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    if not spinning:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(str(graph), options, providers=providers)


def largest_difference(actual, expected):
    """max |actual - expected|; infinite where either holds a NaN or shapes differ."""
    import numpy as np

    if actual.shape != expected.shape:
        return float("inf")
    difference = np.abs(actual.astype(np.float64) - expected).max(initial=0.0)
    return float("inf") if np.isnan(difference) else float(difference)
