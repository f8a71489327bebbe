//===- LanguageModelOptions.h - Capacity of a language model ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_LANGUAGEMODELOPTIONS_H
#define LIB_IMPORT_DECODER_LANGUAGEMODELOPTIONS_H

#include <cstdint>
#include <optional>
#include <string>

namespace weft {

/// What a compiled language model has room for, and how it keeps its cache.
struct LanguageModelOptions {
  /// The greatest number of tokens of a sequence; not more than the model was
  /// made for, which is what it is without a number.
  std::optional<int64_t> context = {};
  /// Sequences in one step; the cache has room for so many of full length.
  int64_t maxSequences = 8;
  /// Tokens in one step, of all sequences.
  int64_t maxTokens = 512;
  /// The cache's element type: "f32", "f16" or "q8_0".
  std::string kvType = "f16";
};

} // namespace weft

#endif // LIB_IMPORT_DECODER_LANGUAGEMODELOPTIONS_H
