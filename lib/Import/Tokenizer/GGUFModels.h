//===- GGUFModels.h - Models of GGUF tokenizers --------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_TOKENIZER_GGUFMODELS_H
#define LIB_IMPORT_TOKENIZER_GGUFMODELS_H

#include "lib/Import/GGUF/GGUFFile.h"
#include "weft/Status.h"
#include "weft/tokenizer.pb.h"

namespace weft {

/// The metadata that every tokenizer of a GGUF file has.
struct GGUFTokens {
  std::vector<std::string_view> pieces;
  /// 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte; one a
  /// piece.
  std::vector<int64_t> types;
  /// Log probabilities, or for BPE what orders merges; empty or one a piece.
  std::vector<double> scores;
};

/// Whether a yes-or-no key is set.
StatusOr<bool> ggufFlag(const gguf::GGUFFile &file, std::string_view key,
                        bool otherwise);

/// Each fills in normalizers, pre-tokenizers, model and decoders.
Status addBytePairModel(const gguf::GGUFFile &file, const GGUFTokens &tokens,
                        artifact::Tokenizer &tokenizer);
Status addSentencePieceModel(const gguf::GGUFFile &file,
                             const GGUFTokens &tokens,
                             artifact::Tokenizer &tokenizer);
Status addUnigramModel(const gguf::GGUFFile &file, const GGUFTokens &tokens,
                       artifact::Tokenizer &tokenizer);
Status addWordPieceModel(const gguf::GGUFFile &file, const GGUFTokens &tokens,
                         artifact::Tokenizer &tokenizer);

} // namespace weft

#endif // LIB_IMPORT_TOKENIZER_GGUFMODELS_H
