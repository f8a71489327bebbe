//===- TokenizerState.h - What a tokenizer is made of --------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_TOKENIZERSTATE_H
#define RUNTIME_GENERATE_TOKENIZER_TOKENIZERSTATE_H

#include "runtime/generate/tokenizer/AddedTokens.h"
#include "runtime/generate/tokenizer/Decoder.h"
#include "runtime/generate/tokenizer/Model.h"
#include "runtime/generate/tokenizer/Normalizer.h"
#include "runtime/generate/tokenizer/PreTokenizer.h"
#include "runtime/generate/tokenizer/Tokenizer.h"
#include "runtime/generate/tokenizer/Vocabulary.h"
#include "runtime/generate/tokenizer/WordCache.h"

#include <map>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

namespace weft {

/// What a Tokenizer is made of.
struct Tokenizer::State {
  Vocabulary tokens; // as the file writes them
  /// Added tokens that are normalized decode from their normalized form.
  std::unordered_map<int32_t, std::string> decodedTokens;
  std::unordered_set<int32_t> special;

  AddedTokens rawTokens, normalizedTokens;
  Normalizer normalizer;
  PreTokenizer preTokenizer;
  std::unique_ptr<Model> model;
  Decoder decoder;
  std::vector<int32_t> prefix, suffix, stops;
  std::optional<int32_t> bos, eos, pad;
  std::map<std::string, std::string, std::less<>> chatTemplates;

  /// Caches that no call uses at the moment.
  std::mutex mutex;
  std::vector<std::unique_ptr<WordCache>> caches;

  /// Reads the added tokens of `description`, and all tokens by id.
  Status readTokens(const artifact::Tokenizer &description);
  /// Reads prefix, suffix and the ids that mean something.
  Status readRoles(const artifact::Tokenizer &description);
  /// What the decoder sees of token `id`; empty if there is none, or it is
  /// special and these are skipped.
  std::string_view decodable(int32_t id, bool skipSpecial) const;

  /// The ids of text between added tokens of the raw text.
  Status encodeSection(std::string_view section, bool atStart,
                       bool matchSpecial, WordCache &cache,
                       std::vector<int32_t> &ids) const;
  Status encodeWords(std::string_view text, bool atStart, WordCache &cache,
                     std::vector<int32_t> &ids) const;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_TOKENIZERSTATE_H
