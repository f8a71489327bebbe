//===- Sampling.h - How the next token is chosen ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef WEFT_SAMPLING_H
#define WEFT_SAMPLING_H

#include <cstdint>

namespace weft {

/// How the next token is chosen from logits. Steps in this order, as the
/// `transformers` library has them (llama.cpp divides by the temperature last):
///
/// 1. repetition penalty: of each token that the text already has, a logit
/// above
///    0 is divided by it, one below 0 multiplied (Keskar et al., CTRL, 2019);
/// 2. temperature: logits are divided by it; 0 takes the greatest logit, the
///    lowest token of several, and ends here;
/// 3. top-k: the k greatest stay, lower tokens first among equals;
/// 4. top-p: the fewest of the most probable tokens that together have
///    probability p stay (Holtzman et al., 2020);
/// 5. min-p: tokens at least as probable as p times the most probable one stay
///    (Nguyen et al., 2024);
/// 6. one of what stayed is drawn by its probability.
struct SamplingOptions {
  float temperature = 0;
  uint32_t topK = 0; // 0: all
  float topP = 1;    // 1: all
  float minP = 0;    // 0: all
  float repetitionPenalty = 1;
  /// The same seed, options and logits give the same tokens, on any machine.
  uint64_t seed = 0;
};

} // namespace weft

#endif // WEFT_SAMPLING_H
