//===- WordPieceModel.cpp - BERT's WordPiece ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/WordPieceModel.h"

#include "weft/tokenizer.pb.h"

#include <algorithm>

namespace weft {

StatusOr<std::unique_ptr<Model>>
WordPieceModel::create(const artifact::TokenModel &description) {
  if (!description.has_unknown())
    return Status::error("a WordPiece tokenizer needs an unknown token");
  auto model = std::make_unique<WordPieceModel>();
  model->unknown = description.unknown();
  model->maxCharacters = description.max_word_characters();
  std::vector<std::pair<std::string_view, uint32_t>> first, continuing;
  std::string_view prefix = description.continuing_prefix();
  for (int i = 0; i != description.pieces_size(); ++i) {
    std::string_view piece = description.pieces(i);
    first.emplace_back(piece, i);
    if (piece.starts_with(prefix))
      continuing.emplace_back(piece.substr(prefix.size()), i);
  }
  model->first = Trie(std::move(first));
  model->continuing = Trie(std::move(continuing));
  return std::unique_ptr<Model>(std::move(model));
}

Status WordPieceModel::tokenize(std::string_view word,
                                std::vector<int32_t> &ids) const {
  size_t before = ids.size();
  auto characters = static_cast<size_t>(
      std::count_if(word.begin(), word.end(),
                    [](char byte) { return (byte & 0xc0) != 0x80; }));
  bool isFirst = true;
  while (!word.empty()) {
    std::optional<Trie::Prefix> piece;
    if (characters <= maxCharacters)
      piece = (isFirst ? first : continuing).longestPrefix(word);
    if (!piece) {
      ids.resize(before);
      ids.push_back(static_cast<int32_t>(unknown));
      return Status::ok();
    }
    ids.push_back(static_cast<int32_t>(piece->value));
    word.remove_prefix(piece->length);
    isFirst = false;
  }
  return Status::ok();
}

} // namespace weft
