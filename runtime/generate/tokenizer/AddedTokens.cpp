//===- AddedTokens.cpp - Text that is one token ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/AddedTokens.h"

#include "runtime/generate/tokenizer/Unicode.h"
#include "runtime/generate/tokenizer/Utf8.h"

#include <algorithm>

namespace weft {

AddedTokens::AddedTokens(std::vector<AddedToken> added)
    : tokens(std::move(added)) {
  std::vector<std::pair<std::string_view, uint32_t>> keys;
  for (uint32_t i = 0; i != tokens.size(); ++i)
    keys.emplace_back(tokens[i].content, i);
  trie = Trie(std::move(keys));
}

static char32_t lastCharacter(std::string_view text) {
  return firstCharacter(text.substr(text.size() - lastUtf8Length(text)));
}

void AddedTokens::find(std::string_view text, bool matchSpecial,
                       std::vector<Section> &sections) const {
  size_t done = 0;
  size_t at = 0;
  while (at < text.size()) {
    std::optional<Trie::Prefix> match = trie.longestPrefix(text.substr(at));
    if (!match) {
      ++at;
      continue;
    }
    size_t begin = at, end = at + match->length;
    at = end;
    const AddedToken &token = tokens[match->value];
    if (token.special && !matchSpecial)
      continue;
    if (token.singleWord &&
        ((begin != 0 && isWord(lastCharacter(text.substr(0, begin)))) ||
         (end != text.size() && isWord(firstCharacter(text.substr(end))))))
      continue;
    // White space before it that is not of another token already.
    while (token.leftStrip && begin > done &&
           isWhiteSpace(lastCharacter(text.substr(0, begin))))
      begin -= lastUtf8Length(text.substr(0, begin));
    begin = std::max(begin, done);
    while (token.rightStrip && end != text.size() &&
           isWhiteSpace(firstCharacter(text.substr(end))))
      end += utf8Length(text[end]);
    if (done < begin)
      sections.push_back({text.substr(done, begin - done), std::nullopt});
    // White space that a token took may hold the next one: it is one all the
    // same.
    sections.push_back(
        {text.substr(begin, std::max(begin, end) - begin), token.id});
    done = end;
  }
  if (done < text.size())
    sections.push_back({text.substr(done), std::nullopt});
}

} // namespace weft
