# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What bench-llm measured: as a markdown table and as JSON."""

import statistics
from typing import NamedTuple

from bench_common import print_cells

HALF = 2  # bytes of an f16 value of the cache


class Sizes(NamedTuple):
    """What generation has to read, from the model's file."""

    name: str
    file_bytes: int
    weight_bytes: int  # of all tensors that a step reads
    cache_bytes: int  # of one position, keys and values of all layers in f16


def sizes_of(name, path):
    import gguf

    reader = gguf.GGUFReader(path)
    values = {key.split(".", 1)[1]: field for key, field in reader.fields.items() if "." in key}
    number = lambda key: values[key].contents()
    heads = number("attention.head_count")
    head = number("embedding_length") // heads
    if "attention.key_length" in values:
        head = number("attention.key_length")
    cache = 2 * HALF * number("block_count") * number("attention.head_count_kv") * head
    names = {tensor.name for tensor in reader.tensors}
    # A table of its own is read one row a token; a tied one is the last matrix too.
    skipped = {"token_embd.weight"} if "output.weight" in names else set()
    weights = sum(int(t.n_bytes) for t in reader.tensors if t.name not in skipped)
    return Sizes(name, path.stat().st_size, weights, cache)


class Row(NamedTuple):
    """One model and one test; a turn has rates, peak and, of Weft, read."""

    sizes: Sizes
    test: tuple
    subject: list
    peer: list
    note: str

    def rate(self, turns):
        return statistics.median(rate for turn in turns for rate in turn["rates"])

    def ratio(self):
        return self.rate(self.subject) / self.rate(self.peer)

    def read_gb_per_s(self):
        return statistics.median(rate for turn in self.subject for rate in turn["read"])

    def bytes_of_step(self):
        """Weights once, and each sequence's cache at the middle of the generation."""
        length = self.test.depth + self.test.generated / 2
        return self.sizes.weight_bytes + self.test.sequences * length * self.sizes.cache_bytes

    def share_of_limit(self):
        """Of what reading alone allows; None for prompts, which compute."""
        if not self.test.generated:
            return None
        steps = self.rate(self.subject) / self.test.sequences
        return steps * self.bytes_of_step() / (self.read_gb_per_s() * 1e9)

    def cache_bytes(self):
        length = self.test.depth + self.test.prompt + self.test.generated
        return self.test.sequences * length * self.sizes.cache_bytes

    def memory(self):
        """Peak resident bytes, and their ratio to the file with its cache."""
        peak = max(turn["peak"] for turn in self.subject)
        return peak, peak / (self.sizes.file_bytes + self.cache_bytes())


class Report:
    def __init__(self, heading, subject, peer):
        self.heading, self.subject, self.peer = heading, subject, peer
        self.rows, self.models = [], {}

    def print_head(self):
        print(", ".join(self.heading.values()) + "\n")
        cells = ["model", "test, tokens/s", self.subject, self.peer, "its options", "ratio"]
        cells += ["of reading", "GB/s", "MB", "of file and cache", "its MB"]
        print_cells(cells)
        print_cells(["---", "---", *["---:"] * 2, "---", *["---:"] * 6])

    def add(self, row):
        self.rows.append(row)
        peak, share = row.memory()
        limit = row.share_of_limit()
        cells = [row.sizes.name, row.test.name, f"{row.rate(row.subject):.1f}"]
        cells += [f"{row.rate(row.peer):.1f}", row.note, f"{row.ratio():.2f}"]
        cells += [f"{limit:.0%}" if limit else "", f"{row.read_gb_per_s():.1f}"]
        cells += [f"{peak / 1e6:.0f}", f"{share:.2f}"]
        print_cells([*cells, f"{max(turn['peak'] for turn in row.peer) / 1e6:.0f}"])

    def add_model(self, name, compile_s, first_token_s):
        self.models[name] = {"compile_s": compile_s, "first_token_s": first_token_s}

    def print_foot(self):
        print()
        for title, rows in self.groups():
            ratios = [row.ratio() for row in rows]
            print(f"{title}: geometric mean of the ratios {statistics.geometric_mean(ratios):.2f}, "
                  f"least {min(ratios):.2f}.")
        for name, model in self.models.items():
            first = model["first_token_s"]
            print(f"{name}: llm-compile {model['compile_s']:.2f} s"
                  + (f", first token {first:.2f} s after the start." if first else "."))

    def groups(self):
        groups = {
            "All rows": self.rows,
            "Prompts": [row for row in self.rows if row.test.prompt],
            "Generation": [row for row in self.rows if row.test.generated],
        }
        return [(title, rows) for title, rows in groups.items() if rows]

    def as_json(self):
        means = {
            title: statistics.geometric_mean([row.ratio() for row in rows])
            for title, rows in self.groups()
        }
        rows = [
            {
                "model": row.sizes.name,
                "test": row.test._asdict(),
                "ratio": row.ratio(),
                "options": row.note,
                "share_of_limit": row.share_of_limit(),
                "memory_ratio": row.memory()[1],
                "turns": {self.subject: row.subject, self.peer: row.peer},
            }
            for row in self.rows
        ]
        return {**self.heading, "geometric_means": means, "models": self.models, "rows": rows}
