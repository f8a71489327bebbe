//===- Rope.h - Frequencies of rotary position embeddings -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_ROPE_H
#define LIB_IMPORT_DECODER_ROPE_H

#include "weft/Status.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace weft {

/// How far a model's positions were stretched after its training. Defaults are
/// those of transformers' `modeling_rope_utils.py`.
struct RopeScaling {
  enum class Kind {
    None,
    Linear,   ///< All frequencies divided by `factor`.
    Llama3,   ///< Low frequencies divided, high ones kept, a ramp between.
    Yarn,     ///< The same by the number of turns (arXiv:2309.00071).
    Divisors, ///< Each frequency has a divisor of its own (arXiv:2402.13753).
  };
  Kind kind = Kind::None;
  double factor = 1;
  /// Of cosine and sine; otherwise what yarn derives from the factor.
  std::optional<double> attentionFactor;
  /// Positions that the model was trained with.
  double originalContext = 0;
  double lowFrequencyFactor = 1, highFrequencyFactor = 4; // llama3
  double betaFast = 32, betaSlow = 1;                     // yarn
  bool truncate = true;                                   // yarn
  std::vector<double> divisors;
};

/// What a rotation turns by: position * frequencies[i], and what cosine and
/// sine are multiplied by.
struct RopeTable {
  std::vector<double> frequencies;
  double attentionFactor = 1;
};

/// Of `dimensions` elements of a head, two for each frequency.
StatusOr<RopeTable> computeRope(double base, int64_t dimensions,
                                const RopeScaling &scaling);

} // namespace weft

#endif // LIB_IMPORT_DECODER_ROPE_H
