//===- BytePairModel.cpp - Byte-pair encoding -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/BytePairModel.h"

#include "weft/tokenizer.pb.h"

#include "runtime/base/Text.h"
#include "runtime/generate/tokenizer/ByteAlphabet.h"
#include "runtime/generate/tokenizer/Utf8.h"

namespace weft {

/// The character that stands for a space in SentencePiece's pieces.
static constexpr std::string_view space = "\xe2\x96\x81";

static Status readMerges(const artifact::TokenModel &description,
                         const Vocabulary &vocabulary, MergeTable &merges) {
  int numMerges = description.merges_size() / 2;
  if (description.merges_size() % 2 != 0)
    return Status::error("the tokenizer lists half a merge");
  if (description.merge_ranks_size() != 0 &&
      description.merge_ranks_size() != numMerges)
    return Status::error("the tokenizer has " + std::to_string(numMerges) +
                         " merges but ranks for " +
                         std::to_string(description.merge_ranks_size()));
  merges = MergeTable(numMerges);
  std::string both;
  for (int i = 0; i != numMerges; ++i) {
    uint32_t left = description.merges(2 * i);
    uint32_t right = description.merges(2 * i + 1);
    for (uint32_t id : {left, right})
      if (id >= vocabulary.size())
        return Status::error("merge " + std::to_string(i) + " joins token " +
                             std::to_string(id) + "; there are " +
                             std::to_string(vocabulary.size()));
    // A piece outside the alphabet of bytes never occurs.
    if (vocabulary.piece(left).empty() || vocabulary.piece(right).empty())
      continue;
    std::string_view tail = vocabulary.piece(right);
    // As the reference does, whether or not the piece starts with the prefix.
    tail.remove_prefix(
        std::min(tail.size(), description.continuing_prefix().size()));
    both.assign(vocabulary.piece(left)).append(tail);
    std::optional<uint32_t> id = vocabulary.find(both);
    if (!id)
      return Status::error("merge " + std::to_string(i) + " makes '" +
                           printable(both) + "', which is no token");
    uint32_t rank = description.merge_ranks_size() ? description.merge_ranks(i)
                                                   : static_cast<uint32_t>(i);
    if (rank == UINT32_MAX)
      return Status::error("merge " + std::to_string(i) + " has no valid rank");
    merges.insert(left, right, {rank, *id});
  }
  return Status::ok();
}

StatusOr<std::unique_ptr<Model>>
BytePairModel::create(const artifact::TokenModel &description) {
  auto model = std::make_unique<BytePairModel>();
  model->byteLevel = description.byte_level();
  model->byteFallback = description.byte_fallback();
  model->fuseUnknown = description.fuse_unknown();
  model->ignoreMerges = description.ignore_merges();
  model->continuingPrefix = description.continuing_prefix();
  model->wordSuffix = description.word_suffix();
  if (description.has_unknown())
    model->unknown = description.unknown();
  if (model->byteLevel &&
      (!model->continuingPrefix.empty() || !model->wordSuffix.empty()))
    return Status::error("a byte-level tokenizer with a prefix or suffix of "
                         "pieces is not supported");

  std::vector<std::string_view> pieces(description.pieces().begin(),
                                       description.pieces().end());
  std::vector<std::string> decoded;
  if (model->byteLevel) {
    ByteAlphabet alphabet;
    decoded.reserve(pieces.size());
    for (std::string_view &piece : pieces)
      piece = decoded.emplace_back(alphabet.decode(piece).value_or(""));
  }
  model->vocabulary = Vocabulary(pieces);
  WEFT_RETURN_IF_ERROR(
      readMerges(description, model->vocabulary, model->merges));

  for (unsigned byte = 0; byte != 256; ++byte) {
    char fallback[] = {'<',
                       '0',
                       'x',
                       "0123456789ABCDEF"[byte / 16],
                       "0123456789ABCDEF"[byte % 16],
                       '>'};
    char itself = static_cast<char>(byte);
    model->bytePieces[byte] = model->vocabulary.find(
        model->byteLevel ? std::string_view(&itself, 1)
                         : std::string_view(fallback, sizeof(fallback)));
  }

  model->cutsAtSpaces = !model->byteLevel && !model->ignoreMerges &&
                        model->continuingPrefix.empty() &&
                        model->wordSuffix.empty() &&
                        model->vocabulary.find(space);
  if (model->cutsAtSpaces)
    for (std::string_view piece : pieces)
      for (size_t at = piece.find(space, 1); at != std::string_view::npos;
           at = piece.find(space, at + 1)) {
        std::string_view before = piece.substr(0, at);
        model->beforeSpace.insert(firstCharacter(
            before.substr(before.size() - lastUtf8Length(before))));
      }
  return std::unique_ptr<Model>(std::move(model));
}

bool BytePairModel::isBoundary(std::string_view word, size_t position) const {
  std::string_view before = word.substr(0, position);
  return !beforeSpace.contains(
      firstCharacter(before.substr(before.size() - lastUtf8Length(before))));
}

Status BytePairModel::tokenize(std::string_view word,
                               std::vector<int32_t> &ids) const {
  if (cutsAtSpaces) {
    size_t begin = 0;
    for (size_t at = word.find(space, 1); at != std::string_view::npos;
         at = word.find(space, at + space.size()))
      if (isBoundary(word, at)) {
        WEFT_RETURN_IF_ERROR(tokenizePart(word.substr(begin, at - begin), ids));
        begin = at;
      }
    word.remove_prefix(begin);
  }
  return tokenizePart(word, ids);
}

Status BytePairModel::tokenizePart(std::string_view word,
                                   std::vector<int32_t> &ids) const {
  if (word.size() >= UINT32_MAX)
    return Status::error("a word of " + std::to_string(word.size()) +
                         " bytes is too long to be encoded");
  if (ignoreMerges)
    if (std::optional<uint32_t> id = vocabulary.find(word)) {
      ids.push_back(static_cast<int32_t>(*id));
      return Status::ok();
    }
  std::vector<uint32_t> symbols;
  symbols.reserve(word.size());
  WEFT_RETURN_IF_ERROR(split(word, symbols));
  merges.apply(symbols);
  ids.insert(ids.end(), symbols.begin(), symbols.end());
  return Status::ok();
}

bool BytePairModel::appendBytes(std::string_view text,
                                std::vector<uint32_t> &symbols) const {
  for (char byte : text)
    if (!bytePieces[static_cast<uint8_t>(byte)])
      return false;
  for (char byte : text)
    symbols.push_back(*bytePieces[static_cast<uint8_t>(byte)]);
  return true;
}

Status BytePairModel::split(std::string_view word,
                            std::vector<uint32_t> &symbols) const {
  if (byteLevel && appendBytes(word, symbols))
    return Status::ok();
  // An unknown token is held back until it is known where the row of unknown
  // characters ends; the pieces of byte fallback do not end it (as in
  // Hugging Face's tokenizers).
  bool pending = false;
  auto flush = [&] {
    if (pending)
      symbols.push_back(*unknown);
    pending = false;
  };
  std::string affixed;
  for (size_t i = 0; i < word.size();) {
    size_t length = byteLevel ? 1 : utf8Length(word[i]);
    std::string_view text = word.substr(i, length);
    bool isFirst = i == 0, isLast = i + length == word.size();
    i += length;
    if ((!isFirst && !continuingPrefix.empty()) ||
        (isLast && !wordSuffix.empty())) {
      affixed = isFirst ? "" : continuingPrefix;
      affixed.append(text).append(isLast ? wordSuffix : "");
      text = affixed;
    }
    if (std::optional<uint32_t> id = vocabulary.find(text)) {
      flush();
      symbols.push_back(*id);
    } else if (byteFallback && appendBytes(text, symbols)) {
      continue;
    } else if (unknown) {
      if (!fuseUnknown)
        flush();
      pending = true;
    }
  }
  flush();
  return Status::ok();
}

} // namespace weft
