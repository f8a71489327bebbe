#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares encode-texts with Hugging Face's tokenizers on mixed texts, ids and decoded
text. Exits with 77 (skipped) where `tokenizers` is not installed.

    check-tokenizers.py --encode-texts=PROGRAM [--count=10000] TOKENIZER.json...
"""

import argparse
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import tokenizers
except ImportError:
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from mixed_texts import mixed_texts  # noqa: E402


def pack(text):
    return struct.pack("<I", len(text)) + text


class Results:
    """What encode-texts writes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self):
        self.at += 4
        return struct.unpack_from("<I", self.data, self.at - 4)[0]

    def ids(self):
        count = self.number()
        self.at += 4 * count
        return list(struct.unpack_from(f"<{count}I", self.data, self.at - 4 * count))

    def text(self):
        length = self.number()
        self.at += length
        return self.data[self.at - length:self.at].decode()


def encode_here(program, path, texts, *options):
    with tempfile.TemporaryDirectory() as folder:
        inputs, outputs = os.path.join(folder, "texts"), os.path.join(folder, "results")
        with open(inputs, "wb") as file:
            file.writelines(pack(text) for text in texts)
        subprocess.run([program, path, inputs, outputs, *options], check=True)
        with open(outputs, "rb") as file:
            return Results(file.read())


def reference(path):
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def check(program, path, texts, show, tokenizer=None):
    """The number of texts that differ."""
    tokenizer = tokenizer or reference(path)
    results = encode_here(program, path, texts)
    differing = 0
    for text in texts:
        clean = text.decode(errors="replace")
        expected = tokenizer.encode(clean).ids
        decoded = tokenizer.decode(expected)
        ours, our_text, streamed = results.ids(), results.text(), results.text()
        if ours == expected and our_text == decoded and streamed == decoded:
            continue
        differing += 1
        if differing <= show:
            print(f"{path}: {clean!r}")
            if ours != expected:
                print(f"  expected {[tokenizer.id_to_token(i) for i in expected]}\n"
                      f"  but got  {[tokenizer.id_to_token(i) for i in ours]}")
            elif our_text != decoded:
                print(f"  decoded  {decoded!r}\n  but got  {our_text!r}")
            else:
                print(f"  decoded  {decoded!r}\n  streamed {streamed!r}")
    return differing


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--encode-texts", required=True)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    texts = mixed_texts(options.count)
    failed = False
    for path in options.paths:
        differing = check(options.encode_texts, path, texts, options.show)
        print(f"{path.name}: {len(texts) - differing} of {len(texts)} equal", flush=True)
        failed |= differing != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
