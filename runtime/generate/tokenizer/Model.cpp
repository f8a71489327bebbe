//===- Model.cpp - From a word to ids -------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/Model.h"

#include "weft/tokenizer.pb.h"

#include "runtime/generate/tokenizer/BytePairModel.h"
#include "runtime/generate/tokenizer/UnigramModel.h"
#include "runtime/generate/tokenizer/Utf8.h"
#include "runtime/generate/tokenizer/WordPieceModel.h"

namespace weft {

StatusOr<std::unique_ptr<Model>>
Model::create(const artifact::TokenModel &description) {
  // Ids are int32_t, and a Trie or Vocabulary counts nodes in 32 bits.
  size_t bytes = 0;
  for (int i = 0; i != description.pieces_size(); ++i) {
    bytes += description.pieces(i).size();
    if (!isUtf8(description.pieces(i)))
      return Status::error("token " + std::to_string(i) +
                           " of the tokenizer is not valid UTF-8");
  }
  if (bytes > (size_t(1) << 30) || description.pieces_size() > 1 << 28)
    return Status::error(
        "the tokenizer has " + std::to_string(description.pieces_size()) +
        " tokens of " + std::to_string(bytes) + " bytes; that is too much");
  if (description.has_unknown() &&
      description.unknown() >= static_cast<uint32_t>(description.pieces_size()))
    return Status::error(
        "the unknown token is " + std::to_string(description.unknown()) +
        "; there are " + std::to_string(description.pieces_size()));
  switch (description.kind()) {
  case artifact::TokenModel::BPE:
    return BytePairModel::create(description);
  case artifact::TokenModel::UNIGRAM:
    return UnigramModel::create(description);
  case artifact::TokenModel::WORD_PIECE:
    return WordPieceModel::create(description);
  default:
    return Status::error("the tokenizer's model has kind " +
                         std::to_string(description.kind()) +
                         "; known are 1 (BPE), 2 (unigram), 3 (WordPiece)");
  }
}

} // namespace weft
