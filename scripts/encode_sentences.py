"""Encodes sentences with a compiled encoder and prints their similarities.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

SENTENCES = [
    "A man is eating a piece of bread.",
    "Someone is having a sandwich for lunch.",
    "A woman is playing the violin.",
    "The orchestra rehearsed all afternoon.",
    "The stock market fell sharply today.",
]


def tokenize(tokenizer_file, sentences):
    """Inputs of a BERT encoder, padded to the longest sentence: int64 [B, S]."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.enable_padding()
    encodings = tokenizer.encode_batch(sentences)
    return {
        "input_ids": np.array([e.ids for e in encodings], np.int64),
        "attention_mask": np.array([e.attention_mask for e in encodings], np.int64),
        "token_type_ids": np.array([e.type_ids for e in encodings], np.int64),
    }


def run(llm_run, artifact, inputs, devices):
    """last_hidden_state [B, S, D] of the artifact for these inputs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [llm_run, artifact, "--output-dir", folder]
        command += ["--devices", *devices] if devices else []
        for name, value in inputs.items():
            np.save(Path(folder) / f"{name}.npy", value)
            command += ["--input", f"{name}={folder}/{name}.npy"]
        subprocess.run(command, check=True)
        return np.load(Path(folder) / "last_hidden_state.npy")


def similarities(hidden, mask):
    """Cosines [B, B] of the mean over each sentence's own tokens."""
    weights = mask[..., None].astype(hidden.dtype)
    mean = (hidden * weights).sum(1) / weights.sum(1)
    unit = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return unit @ unit.T


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("artifact", help="a folder that llm-compile wrote")
    parser.add_argument("--tokenizer", required=True, help="the model's tokenizer.json")
    parser.add_argument("--llm-run", default="build/release/bin/llm-run")
    parser.add_argument("--devices", nargs="*", help="llm-run's (default: its own choice)")
    arguments = parser.parse_args()

    inputs = tokenize(arguments.tokenizer, SENTENCES)
    hidden = run(arguments.llm_run, arguments.artifact, inputs, arguments.devices)
    cosines = similarities(hidden, inputs["attention_mask"])
    width = max(map(len, SENTENCES))
    print(f"{'':{width}}  " + "  ".join(f"   ({i + 1})" for i in range(len(SENTENCES))))
    for i, sentence in enumerate(SENTENCES):
        row = "  ".join(f"{value:6.3f}" for value in cosines[i])
        print(f"{sentence:{width}}  {row}  ({i + 1})")


if __name__ == "__main__":
    main()
