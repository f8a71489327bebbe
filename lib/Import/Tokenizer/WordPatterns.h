//===- WordPatterns.h - What words are, by model -------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_TOKENIZER_WORDPATTERNS_H
#define LIB_IMPORT_TOKENIZER_WORDPATTERNS_H

#include "weft/Status.h"
#include "weft/tokenizer.pb.h"

#include <string_view>

namespace weft {

/// The words of GPT-2 (https://github.com/openai/gpt-2, src/encoder.py).
constexpr std::string_view gpt2Words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// Isolates what `expression` matches.
inline void addSplit(std::string_view expression,
                     artifact::Tokenizer &tokenizer) {
  artifact::PreTokenizerStep::Split *split =
      tokenizer.add_pre_tokenizers()->mutable_split();
  split->mutable_pattern()->set_expression(std::string(expression));
  split->set_behavior(artifact::ISOLATED);
}

/// Adds what `name`, a GGUF file's tokenizer.ggml.pre, stands for: how a
/// byte-level tokenizer finds words, and whether words that are tokens are not
/// taken apart.
Status addWordPatterns(std::string_view name, artifact::Tokenizer &tokenizer);

/// Whether tokenizers of that name put <s> in front unless the file says
/// otherwise.
bool startsWithBos(std::string_view name);

} // namespace weft

#endif // LIB_IMPORT_TOKENIZER_WORDPATTERNS_H
