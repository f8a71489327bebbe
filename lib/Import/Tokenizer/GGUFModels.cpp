//===- GGUFModels.cpp - Models of GGUF tokenizers -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/GGUFModels.h"

#include "lib/Import/Tokenizer/WordPatterns.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace weft {

using Normalizer = artifact::NormalizerStep;
using PreTokenizer = artifact::PreTokenizerStep;

static constexpr std::string_view space = "\xe2\x96\x81"; // SentencePiece's "▁"

using Ids = std::unordered_map<std::string_view, uint32_t>;

static Ids idsOf(const GGUFTokens &tokens) {
  Ids ids;
  for (uint32_t id = 0; id != tokens.pieces.size(); ++id)
    ids[tokens.pieces[id]] = id;
  return ids;
}

StatusOr<bool> ggufFlag(const gguf::GGUFFile &file, std::string_view key,
                        bool otherwise) {
  StatusOr<std::optional<bool>> value = file.get<bool>(key);
  if (!value)
    return value.status();
  return value->value_or(otherwise);
}

Status addBytePairModel(const gguf::GGUFFile &file, const GGUFTokens &tokens,
                        artifact::Tokenizer &tokenizer) {
  artifact::TokenModel &model = *tokenizer.mutable_model();
  model.set_kind(artifact::TokenModel::BPE);
  model.set_byte_level(true);
  StatusOr<std::string_view> pre =
      file.require<std::string_view>("tokenizer.ggml.pre");
  if (!pre)
    return pre.status();
  StatusOr<bool> prefixSpace =
      ggufFlag(file, "tokenizer.ggml.add_space_prefix", false);
  if (!prefixSpace)
    return prefixSpace.status();
  if (*prefixSpace)
    tokenizer.add_pre_tokenizers()->set_prefix_space(true);
  WEFT_RETURN_IF_ERROR(addWordPatterns(*pre, tokenizer));
  tokenizer.add_decoders()->set_byte_level(true);

  auto merges =
      file.require<std::vector<std::string_view>>("tokenizer.ggml.merges");
  if (!merges)
    return merges.status();
  Ids ids = idsOf(tokens);
  for (std::string_view merge : *merges) {
    // Neither side is empty; the first may start with a space.
    size_t cut = merge.find(' ', 1);
    std::string_view sides[] = {
        merge.substr(0, cut),
        cut == std::string_view::npos ? "" : merge.substr(cut + 1)};
    for (std::string_view side : sides) {
      auto id = ids.find(side);
      if (id == ids.end())
        return Status::error("merge '" + printable(merge) +
                             "' in tokenizer.ggml.merges is not two tokens");
      model.add_merges(id->second);
    }
  }
  return Status::ok();
}

/// SentencePiece merges two neighbours whenever both together are a piece, that
/// of the best score first; of equal scores the leftmost. So a piece is a merge
/// at each place where it can be cut in two.
static void addScoreMerges(const GGUFTokens &tokens,
                           artifact::TokenModel &model) {
  struct Merge {
    double score;
    uint32_t left, right;
  };
  Ids ids = idsOf(tokens);
  std::vector<Merge> merges;
  for (uint32_t id = 0; id != tokens.pieces.size(); ++id) {
    std::string_view piece = tokens.pieces[id];
    // A hostile piece of a megabyte has a million ways to be cut, each hashed.
    if (tokens.types[id] != 1 || piece.size() > 256 || ids[piece] != id)
      continue;
    for (size_t cut = 1; cut < piece.size(); ++cut) {
      auto left = ids.find(piece.substr(0, cut));
      auto right = ids.find(piece.substr(cut));
      if (left != ids.end() && right != ids.end())
        merges.push_back({tokens.scores[id], left->second, right->second});
    }
  }
  std::sort(merges.begin(), merges.end(), [](const Merge &a, const Merge &b) {
    if (a.score != b.score)
      return a.score > b.score;
    return std::tie(a.left, a.right) < std::tie(b.left, b.right);
  });
  uint32_t rank = 0;
  for (size_t i = 0; i != merges.size(); ++i) {
    rank += i != 0 && merges[i].score != merges[i - 1].score;
    model.add_merges(merges[i].left);
    model.add_merges(merges[i].right);
    model.add_merge_ranks(rank);
  }
}

static void addReplace(std::string_view from, std::string_view to,
                       artifact::ReplaceStep &step) {
  step.mutable_pattern()->set_literal(std::string(from));
  step.set_content(std::string(to));
}

Status addSentencePieceModel(const gguf::GGUFFile &file,
                             const GGUFTokens &tokens,
                             artifact::Tokenizer &tokenizer) {
  artifact::TokenModel &model = *tokenizer.mutable_model();
  model.set_kind(artifact::TokenModel::BPE);
  model.set_byte_fallback(true);
  model.set_fuse_unknown(true);
  if (tokens.scores.size() != tokens.pieces.size())
    return Status::error("tokenizer.ggml.scores has " +
                         std::to_string(tokens.scores.size()) + " scores for " +
                         std::to_string(tokens.pieces.size()) + " tokens");
  StatusOr<bool> prefix =
      ggufFlag(file, "tokenizer.ggml.add_space_prefix", true);
  if (!prefix)
    return prefix.status();
  if (*prefix)
    tokenizer.add_normalizers()->set_prepend(std::string(space));
  addReplace(" ", space, *tokenizer.add_normalizers()->mutable_replace());
  addScoreMerges(tokens, model);
  addReplace(space, " ", *tokenizer.add_decoders()->mutable_replace());
  tokenizer.add_decoders()->set_byte_fallback(true);
  tokenizer.add_decoders()->set_fuse(true);
  if (*prefix) {
    auto &strip = *tokenizer.add_decoders()->mutable_strip();
    strip.set_content(" ");
    strip.set_start(1);
  }
  return Status::ok();
}

Status addUnigramModel(const gguf::GGUFFile &file, const GGUFTokens &tokens,
                       artifact::Tokenizer &tokenizer) {
  artifact::TokenModel &model = *tokenizer.mutable_model();
  model.set_kind(artifact::TokenModel::UNIGRAM);
  for (double score : tokens.scores)
    model.add_scores(score);
  auto map =
      file.get<std::vector<int64_t>>("tokenizer.ggml.precompiled_charsmap");
  if (!map)
    return map.status();
  if (*map && !(*map)->empty()) {
    std::string &bytes = *tokenizer.add_normalizers()->mutable_characters_map();
    for (int64_t byte : **map)
      bytes += static_cast<char>(byte);
  }
  StatusOr<bool> removeSpaces =
      ggufFlag(file, "tokenizer.ggml.remove_extra_whitespaces", true);
  if (!removeSpaces)
    return removeSpaces.status();
  if (*removeSpaces) {
    tokenizer.add_normalizers()->set_simple(Normalizer::STRIP_LEFT);
    tokenizer.add_normalizers()->set_simple(Normalizer::STRIP_RIGHT);
    auto &replace = *tokenizer.add_normalizers()->mutable_replace();
    replace.mutable_pattern()->set_expression(" {2,}");
    replace.set_content(" ");
  }
  StatusOr<bool> prefix =
      ggufFlag(file, "tokenizer.ggml.add_space_prefix", true);
  if (!prefix)
    return prefix.status();
  auto &metaspace = *tokenizer.add_pre_tokenizers()->mutable_metaspace();
  metaspace.set_replacement(std::string(space));
  metaspace.set_prepend(*prefix ? PreTokenizer::Metaspace::ALWAYS
                                : PreTokenizer::Metaspace::NEVER);
  metaspace.set_split(true);
  auto &decoder = *tokenizer.add_decoders()->mutable_metaspace();
  decoder.set_replacement(std::string(space));
  decoder.set_strip_first(*prefix);
  return Status::ok();
}

Status addWordPieceModel(const gguf::GGUFFile &, const GGUFTokens &tokens,
                         artifact::Tokenizer &tokenizer) {
  artifact::TokenModel &model = *tokenizer.mutable_model();
  model.set_kind(artifact::TokenModel::WORD_PIECE);
  model.set_continuing_prefix("##");
  model.set_max_word_characters(100);
  // In GGUF "▁word" starts a word and "ing" goes on; BERT writes "word",
  // "##ing".
  for (int i = 0; i != model.pieces_size(); ++i) {
    std::string &piece = *model.mutable_pieces(i);
    if (piece.starts_with(space))
      piece.erase(0, space.size());
    else if (tokens.types[static_cast<size_t>(i)] == 1 &&
             !(piece.starts_with('[') && piece.ends_with(']')))
      piece.insert(0, "##");
  }
  for (auto step : {Normalizer::BERT_CLEAN, Normalizer::BERT_CHINESE,
                    Normalizer::BERT_STRIP_ACCENTS, Normalizer::LOWERCASE})
    tokenizer.add_normalizers()->set_simple(step);
  auto addSplitClass = [&](PreTokenizer::CharacterClass characters,
                           artifact::SplitBehavior behavior) {
    auto &split = *tokenizer.add_pre_tokenizers()->mutable_split_class();
    split.set_characters(characters);
    split.set_behavior(behavior);
  };
  addSplitClass(PreTokenizer::WHITE_SPACE, artifact::REMOVED);
  addSplitClass(PreTokenizer::PUNCTUATION, artifact::ISOLATED);
  auto &decoder = *tokenizer.add_decoders()->mutable_word_piece();
  decoder.set_prefix("##");
  decoder.set_cleanup(true);
  return Status::ok();
}

} // namespace weft
