//===- WordPieceModel.h - BERT's WordPiece -------------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_WORDPIECEMODEL_H
#define RUNTIME_GENERATE_TOKENIZER_WORDPIECEMODEL_H

#include "runtime/generate/tokenizer/Model.h"
#include "runtime/generate/tokenizer/Trie.h"

#include <string>

namespace weft {

/// BERT's WordPiece: the longest piece that a word starts with, then of what is
/// left the longest one that is written with a prefix ("##ing"). A word that
/// cannot be cut up so is unknown.
class WordPieceModel : public Model {
public:
  static StatusOr<std::unique_ptr<Model>>
  create(const artifact::TokenModel &description);

  Status tokenize(std::string_view word,
                  std::vector<int32_t> &ids) const override;

private:
  Trie first, continuing;
  uint32_t unknown = 0;
  size_t maxCharacters = 0;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_WORDPIECEMODEL_H
