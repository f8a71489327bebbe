//===- UnigramModel.h - SentencePiece's unigram model --------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_UNIGRAMMODEL_H
#define RUNTIME_GENERATE_TOKENIZER_UNIGRAMMODEL_H

#include "runtime/generate/tokenizer/Model.h"
#include "runtime/generate/tokenizer/Trie.h"

#include <array>
#include <optional>

namespace weft {

/// SentencePiece's unigram model: the pieces whose log probabilities have the
/// greatest sum, found with Viterbi's algorithm.
class UnigramModel : public Model {
public:
  static StatusOr<std::unique_ptr<Model>>
  create(const artifact::TokenModel &description);

  Status tokenize(std::string_view word,
                  std::vector<int32_t> &ids) const override;

private:
  Status appendUnknown(std::string_view text, std::vector<int32_t> &ids) const;

  Trie pieces;
  std::vector<double> scores;
  double unknownScore = 0;
  std::optional<uint32_t> unknown;
  /// The <0x41> pieces, where byte fallback is on.
  std::array<std::optional<uint32_t>, 256> bytePieces;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_UNIGRAMMODEL_H
