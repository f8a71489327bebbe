# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What bench-onnx measured: as a markdown table and as JSON."""

import statistics
from typing import NamedTuple

from bench_common import print_cells


class Turn(NamedTuple):
    """What one process measured."""

    latencies_us: list
    peak_rss_bytes: int
    load_s: float = None  # of a peer: making the session, its optimizations included
    launches: float = None  # of Weft, as all that follow
    gemm_flops: float = None
    gemm_us: float = None
    fma_peak_gflops: float = None


class Row(NamedTuple):
    """One size: the turns of each engine, by name, and their largest errors."""

    size: str
    turns: dict
    errors: dict

    def median_ms(self, engine):
        runs = [latency for turn in self.turns[engine] for latency in turn.latencies_us]
        return statistics.median(runs) / 1e3

    def peak_megabytes(self, engine):
        return max(turn.peak_rss_bytes for turn in self.turns[engine]) / 1e6

    def median_of(self, engine, value):
        """The median over turns of value(turn), or None where no turn has it."""
        values = [x for turn in self.turns[engine] if (x := value(turn)) is not None]
        return statistics.median(values) if values else None


def gemm_share(turn):
    """What share of the measured FMA peak the GEMM launches reach."""
    if not (turn.gemm_flops and turn.gemm_us and turn.fma_peak_gflops):
        return None
    return turn.gemm_flops / (turn.gemm_us * 1e3) / turn.fma_peak_gflops


class Report:
    def __init__(self, heading, subject, peers, compile_s):
        self.heading = heading  # what was measured, by name
        self.subject = subject
        self.peers = peers
        self.compile_s = compile_s
        self.rows = []

    # A ratio above 1 means that the subject is faster.

    def best_peer(self, row):
        return min(self.peers, key=row.median_ms)

    def ratio(self, row):
        return row.median_ms(self.best_peer(row)) / row.median_ms(self.subject)

    def worst_error(self):
        return max(row.errors[self.subject] for row in self.rows)

    def print_head(self):
        print(", ".join(f"{value}" for value in self.heading.values()) + "\n")
        cells = [self.subject, *self.peers, "best / " + self.subject, "GEMM, of FMA peak"]
        print_cells(["batch x length, ms", *cells, "MB", "best's MB", "error"])
        print_cells(["---:"] * (len(cells) + 4))

    def add(self, row):
        self.rows.append(row)
        best = self.best_peer(row)
        share = row.median_of(self.subject, gemm_share)
        times = {name: f"{row.median_ms(name):.2f}" for name in (self.subject, *self.peers)}
        times[best] = f"**{times[best]}**"
        print_cells(
            [row.size.replace("x", " x "), *times.values(), f"{self.ratio(row):.2f}"]
            + [f"{share:.0%}" if share else "?", f"{row.peak_megabytes(self.subject):.0f}"]
            + [f"{row.peak_megabytes(best):.0f}", f"{row.errors[self.subject]:.0e}"]
        )

    def print_foot(self):
        ratios = [self.ratio(row) for row in self.rows]
        print(f"\nGeometric mean of the ratios: {statistics.geometric_mean(ratios):.2f}, "
              f"least {min(ratios):.2f}.")
        print(f"llm-compile: {self.compile_s:.2f} s, once.")
        for peer in self.peers:
            loads = [row.median_of(peer, lambda turn: turn.load_s) for row in self.rows]
            if None not in loads:
                print(f"{peer}: {statistics.median(loads):.2f} s to load and optimize at each "
                      f"start, error {max(row.errors[peer] for row in self.rows):.0e}.")

    def as_json(self):
        return {
            **self.heading,
            "compile_s": self.compile_s,
            "subject": self.subject,
            "geometric_mean": statistics.geometric_mean([self.ratio(row) for row in self.rows]),
            "rows": [self.row_as_json(row) for row in self.rows],
        }

    def row_as_json(self, row):
        engines = {}
        for name, turns in row.turns.items():
            engines[name] = {
                "median_ms": row.median_ms(name),
                "peak_megabytes": row.peak_megabytes(name),
                "error": row.errors[name],
                "latencies_us": [turn.latencies_us for turn in turns],
            }
        return {
            "size": row.size,
            "best_peer": self.best_peer(row),
            "ratio": self.ratio(row),
            "gemm_share": row.median_of(self.subject, gemm_share),
            "launches": row.median_of(self.subject, lambda turn: turn.launches),
            "engines": engines,
        }
