//===- StepFunction.h - One step of a language model ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_STEPFUNCTION_H
#define RUNTIME_GENERATE_STEPFUNCTION_H

#include "weft/Status.h"

#include <cstdint>
#include <span>

namespace weft {

/// What the model was compiled for.
struct StepCapacity {
  uint32_t blockSize = 64;   // positions in a block of the cache
  uint32_t blocks = 0;       // of the cache
  uint32_t context = 0;      // positions of a sequence at most
  uint32_t maxSequences = 0; // in one step
  uint32_t maxTokens = 0;    // in one step
  uint32_t vocabulary = 0;   // logits of a row
  /// Blocks of the longest sequence.
  uint32_t tableWidth() const { return (context + blockSize - 1) / blockSize; }
};

/// The arguments of the entry point `step`: tokens of several sequences one
/// after the other, without padding. Token t belongs to the sequence s with
/// sequenceStart[s] <= t < sequenceStart[s + 1]; its keys and values go to
/// block blockTable[s * tableWidth + positions[t] / blockSize].
struct StepArguments {
  std::span<const int32_t> tokens;        // [tokens]
  std::span<const int32_t> positions;     // [tokens]
  std::span<const int32_t> sequenceStart; // [sequences + 1]
  std::span<const int32_t> kvLength;      // [sequences], these tokens included
  std::span<const int32_t> blockTable;    // [sequences, tableWidth]
  std::span<const int32_t> logitsRows;    // [rows], indices of tokens
  uint32_t tableWidth = 0;
};

/// A model's step, or a test's.
class StepFunction {
public:
  virtual ~StepFunction() = default;
  virtual const StepCapacity &capacity() const = 0;
  /// The logits [rows, vocabulary] of the tokens that were asked for; they stay
  /// until the next call.
  virtual StatusOr<std::span<const float>> run(const StepArguments &step) = 0;
};

} // namespace weft

#endif // RUNTIME_GENERATE_STEPFUNCTION_H
