//===- Sampler.h - Draws tokens from logits ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_SAMPLER_H
#define RUNTIME_GENERATE_SAMPLER_H

#include "weft/Sampling.h"
#include "weft/Status.h"

#include <random>
#include <span>
#include <vector>

namespace weft {

/// Draws tokens; see SamplingOptions. The time grows with the vocabulary only,
/// which is never sorted whole.
class Sampler {
public:
  /// Fails on options out of their range.
  static StatusOr<Sampler> create(const SamplingOptions &options);

  /// A token of the vocabulary that `logits` [vocabulary] is about, after the
  /// tokens `history`. Fails when no logit is a number above -infinity; NaN
  /// counts as -infinity.
  StatusOr<int32_t> sample(std::span<const float> logits,
                           std::span<const int32_t> history);

private:
  /// A token and its logit, later its probability without a common factor.
  struct Candidate {
    float weight;
    int32_t token;
  };

  explicit Sampler(const SamplingOptions &options)
      : options(options), random(options.seed) {}

  std::span<const float> penalize(std::span<const float> logits,
                                  std::span<const int32_t> history);
  void keepTopK(std::span<const float> logits);
  void keepLikely(std::span<const float> logits, float greatest);
  void keepTopP();
  int32_t draw();

  SamplingOptions options;
  std::mt19937_64 random;
  // Kept from one call to the next.
  std::vector<float> penalized;
  std::vector<bool> isSeen;
  std::vector<Candidate> candidates; // in the order of tokens
  std::vector<Candidate> ranked;
};

} // namespace weft

#endif // RUNTIME_GENERATE_SAMPLER_H
