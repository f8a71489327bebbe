//===- UnigramModel.cpp - SentencePiece's unigram model -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/UnigramModel.h"

#include "weft/tokenizer.pb.h"

#include "runtime/base/Text.h"
#include "runtime/generate/tokenizer/Utf8.h"

#include <algorithm>
#include <cmath>

namespace weft {

StatusOr<std::unique_ptr<Model>>
UnigramModel::create(const artifact::TokenModel &description) {
  auto model = std::make_unique<UnigramModel>();
  if (description.scores_size() != description.pieces_size())
    return Status::error("the unigram tokenizer has " +
                         std::to_string(description.pieces_size()) +
                         " tokens but " +
                         std::to_string(description.scores_size()) + " scores");
  double least = 0;
  std::vector<std::pair<std::string_view, uint32_t>> keys;
  for (int i = 0; i != description.pieces_size(); ++i) {
    double score = description.scores(i);
    if (!std::isfinite(score))
      return Status::error("the score of token " + std::to_string(i) +
                           " is not a finite number");
    least = i == 0 ? score : std::min(least, score);
    keys.emplace_back(description.pieces(i), i);
  }
  model->pieces = Trie(std::move(keys));
  model->scores.assign(description.scores().begin(),
                       description.scores().end());
  // SentencePiece's kUnkPenalty.
  model->unknownScore = least - 10;
  if (description.has_unknown())
    model->unknown = description.unknown();
  if (description.byte_fallback())
    for (int i = 0; i != description.pieces_size(); ++i) {
      unsigned byte;
      const std::string &piece = description.pieces(i);
      if (piece.size() == 6 &&
          std::sscanf(piece.c_str(), "<0x%2X>", &byte) == 1)
        model->bytePieces[byte] = static_cast<uint32_t>(i);
    }
  return std::unique_ptr<Model>(std::move(model));
}

/// A row of characters that have no piece.
Status UnigramModel::appendUnknown(std::string_view text,
                                   std::vector<int32_t> &ids) const {
  // The text of unknown characters together may be a piece after all.
  std::optional<Trie::Prefix> whole = pieces.longestPrefix(text);
  if (whole && whole->length == text.size()) {
    ids.push_back(static_cast<int32_t>(whole->value));
    return Status::ok();
  }
  auto piece = [&](char byte) {
    return bytePieces[static_cast<uint8_t>(byte)];
  };
  if (std::all_of(text.begin(), text.end(), piece)) {
    for (char byte : text)
      ids.push_back(static_cast<int32_t>(*piece(byte)));
    return Status::ok();
  }
  if (!unknown)
    return Status::error("'" + printable(text) +
                         "' has no token, and the tokenizer has none for what "
                         "is unknown");
  ids.push_back(static_cast<int32_t>(*unknown));
  return Status::ok();
}

Status UnigramModel::tokenize(std::string_view word,
                              std::vector<int32_t> &ids) const {
  constexpr uint32_t isUnknown = UINT32_MAX;
  constexpr size_t nowhere = SIZE_MAX;
  /// The best way to reach the end of a part of the word.
  struct Node {
    double score = 0;
    size_t begin = nowhere; // of its last piece
    uint32_t id = 0;
  };
  std::vector<Node> nodes(word.size() + 1);
  for (size_t begin = 0; begin < word.size();
       begin += utf8Length(word[begin])) {
    size_t length = utf8Length(word[begin]);
    auto reach = [&](size_t end, double score, uint32_t id) {
      score += nodes[begin].score;
      if (nodes[end].begin == nowhere || score > nodes[end].score)
        nodes[end] = {score, begin, id};
    };
    bool hasCharacter = false;
    pieces.prefixes(word.substr(begin), [&](size_t size, uint32_t id) {
      reach(begin + size, scores[id], id);
      hasCharacter |= size == length;
    });
    if (!hasCharacter)
      reach(begin + length, unknownScore, unknown.value_or(isUnknown));
  }

  // Backwards; unknown characters in a row are one.
  std::vector<std::pair<size_t, size_t>> parts;
  bool wasUnknown = false;
  for (size_t end = word.size(); end != 0; end = nodes[end].begin) {
    bool nowUnknown =
        nodes[end].id == isUnknown || (unknown && nodes[end].id == *unknown);
    if (wasUnknown && nowUnknown)
      parts.back().first = nodes[end].begin;
    else
      parts.emplace_back(nodes[end].begin, end);
    wasUnknown = nowUnknown;
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    auto [begin, end] = *part;
    const Node &node = nodes[end];
    bool known = node.begin == begin && node.id != isUnknown &&
                 (!unknown || node.id != *unknown);
    if (known)
      ids.push_back(static_cast<int32_t>(node.id));
    else
      WEFT_RETURN_IF_ERROR(appendUnknown(word.substr(begin, end - begin), ids));
  }
  return Status::ok();
}

} // namespace weft
