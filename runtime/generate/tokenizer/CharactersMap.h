//===- CharactersMap.h - SentencePiece's map of characters ---- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_CHARACTERSMAP_H
#define RUNTIME_GENERATE_TOKENIZER_CHARACTERSMAP_H

#include "weft/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// SentencePiece's precompiled map of characters: a little-endian length, a
/// double array trie of that many bytes, then the replacements, each ended by a
/// zero byte.
/// https://github.com/google/sentencepiece/blob/master/src/normalizer.cc
class CharactersMap {
public:
  static StatusOr<CharactersMap> create(std::string_view bytes);

  void apply(std::string &text) const;

private:
  /// The replacement of the shortest key that `text` starts with.
  std::optional<std::string_view> replacement(std::string_view text) const;

  std::vector<uint32_t> units;
  std::string replacements;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_CHARACTERSMAP_H
