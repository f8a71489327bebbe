//===- Generation.h - Tokens a second of a language model -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_LLM_BENCH_GENERATION_H
#define TOOLS_LLM_BENCH_GENERATION_H

#include "tools/llm-bench/ReadPeak.h"
#include "weft/Runtime.h"

namespace weft::tool {

struct GenerationOptions {
  int64_t prompt = 512;    // tokens of each sequence that are processed at once
  int64_t generated = 128; // tokens of each sequence, one a step
  int64_t depth = 0;       // tokens of each sequence that were there before
  int64_t sequences = 1;
  int repeats = 5;
  uint64_t seed = 1; // of the tokens
};

struct GenerationResult {
  // Tokens a second of all sequences, one value for each repetition.
  std::vector<double> prompt, generation;
  std::vector<double> readRates;  // GB/s, read between repetitions
  uint64_t peakResidentBytes = 0; // before the first of those reads
};

/// Measures a prompt, then generation, `repeats` times, all with random tokens;
/// logits are computed for the last token of each sequence. Fails when the
/// artifact's capacity does not suffice. Without `readPeak`, `readRates` stays
/// empty.
StatusOr<GenerationResult>
measureGeneration(Model &model, const GenerationOptions &options,
                  const std::optional<ReadPeak> &readPeak);

void printTable(const GenerationOptions &options,
                const GenerationResult &result);
void printJson(const GenerationOptions &options,
               const GenerationResult &result);

uint64_t peakResidentBytes();

} // namespace weft::tool

#endif // TOOLS_LLM_BENCH_GENERATION_H
