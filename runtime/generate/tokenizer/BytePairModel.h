//===- BytePairModel.h - Byte-pair encoding ------------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_BYTEPAIRMODEL_H
#define RUNTIME_GENERATE_TOKENIZER_BYTEPAIRMODEL_H

#include "runtime/generate/tokenizer/MergeTable.h"
#include "runtime/generate/tokenizer/Model.h"
#include "runtime/generate/tokenizer/Vocabulary.h"

#include <array>
#include <optional>
#include <string>
#include <unordered_set>

namespace weft {

/// Byte-pair encoding: a word starts as its characters (or bytes), and as long
/// as two neighbours have a merge, the best one (of equals the leftmost) is
/// made.
class BytePairModel : public Model {
public:
  static StatusOr<std::unique_ptr<Model>>
  create(const artifact::TokenModel &description);

  Status tokenize(std::string_view word,
                  std::vector<int32_t> &ids) const override;

private:
  Status tokenizePart(std::string_view word, std::vector<int32_t> &ids) const;
  Status split(std::string_view word, std::vector<uint32_t> &symbols) const;
  bool appendBytes(std::string_view text, std::vector<uint32_t> &symbols) const;
  bool isBoundary(std::string_view word, size_t position) const;

  Vocabulary vocabulary; // in bytes, also where the file has GPT-2's alphabet
  MergeTable merges;
  std::optional<uint32_t> unknown;
  std::string continuingPrefix, wordSuffix;
  bool byteLevel = false, fuseUnknown = false, ignoreMerges = false;
  bool byteFallback = false;
  /// The piece of each byte: itself, or <0x41> with byte fallback.
  std::array<std::optional<uint32_t>, 256> bytePieces;
  /// Whether no merge crosses the start of a "▁", except after these
  /// characters: then a long text is cut there, and words can be cached.
  bool cutsAtSpaces = false;
  std::unordered_set<char32_t> beforeSpace;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_BYTEPAIRMODEL_H
