//===- AddedTokens.h - Text that is one token ----------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_ADDEDTOKENS_H
#define RUNTIME_GENERATE_TOKENIZER_ADDEDTOKENS_H

#include "weft/Status.h"

#include "runtime/generate/tokenizer/Trie.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Text that is one token wherever it stands.
struct AddedToken {
  std::string content;
  uint32_t id;
  bool special, singleWord, leftStrip, rightStrip, normalized;
};

/// A part of a text: an added token, or what lies between two.
struct Section {
  std::string_view text;
  std::optional<uint32_t> id;
};

/// Finds added tokens: the leftmost, of those at one place the longest.
class AddedTokens {
public:
  AddedTokens() = default;
  explicit AddedTokens(std::vector<AddedToken> tokens);

  /// Appends the sections of `text`, which is valid UTF-8; none is empty.
  /// Special tokens are passed over unless `matchSpecial`.
  void find(std::string_view text, bool matchSpecial,
            std::vector<Section> &sections) const;
  bool empty() const { return tokens.empty(); }

private:
  std::vector<AddedToken> tokens;
  Trie trie; // of the tokens, by their index
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_ADDEDTOKENS_H
