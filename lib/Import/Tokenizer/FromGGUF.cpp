//===- FromGGUF.cpp - From a GGUF file's metadata -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/FromGGUF.h"

#include "lib/Import/Tokenizer/GGUFModels.h"
#include "lib/Import/Tokenizer/TokenRoles.h"
#include "lib/Import/Tokenizer/WordPatterns.h"
#include "runtime/base/Text.h"

namespace weft {
namespace {

enum TokenType { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4 };

StatusOr<GGUFTokens> readTokens(const gguf::GGUFFile &file) {
  GGUFTokens tokens;
  auto pieces =
      file.require<std::vector<std::string_view>>("tokenizer.ggml.tokens");
  if (!pieces)
    return pieces.status();
  tokens.pieces = *std::move(pieces);
  auto types = file.get<std::vector<int64_t>>("tokenizer.ggml.token_type");
  if (!types)
    return types.status();
  tokens.types =
      types->value_or(std::vector<int64_t>(tokens.pieces.size(), Normal));
  if (tokens.types.size() != tokens.pieces.size())
    return Status::error("tokenizer.ggml.token_type has " +
                         std::to_string(tokens.types.size()) + " entries for " +
                         std::to_string(tokens.pieces.size()) + " tokens");
  auto scores = file.get<std::vector<double>>("tokenizer.ggml.scores");
  if (!scores)
    return scores.status();
  tokens.scores = std::move(*scores).value_or(std::vector<double>());
  return tokens;
}

/// The id under tokenizer.ggml.`name`.
StatusOr<std::optional<uint32_t>> readId(const gguf::GGUFFile &file,
                                         const GGUFTokens &tokens,
                                         std::string_view name) {
  std::string key = "tokenizer.ggml." + std::string(name);
  auto id = file.get<int64_t>(key);
  if (!id)
    return id.status();
  if (!*id)
    return std::optional<uint32_t>();
  if (**id < 0 || **id >= static_cast<int64_t>(tokens.pieces.size()))
    return Status::error(key + " is " + std::to_string(**id) + "; there are " +
                         std::to_string(tokens.pieces.size()) + " tokens");
  return std::optional(static_cast<uint32_t>(**id));
}

/// What is one token wherever it stands.
void addAddedTokens(const GGUFTokens &tokens, bool stripRight,
                    artifact::Tokenizer &tokenizer) {
  for (uint32_t id = 0; id != tokens.pieces.size(); ++id) {
    int64_t type = tokens.types[id];
    if ((type != Unknown && type != Control && type != UserDefined) ||
        tokens.pieces[id].empty())
      continue;
    artifact::AddedToken &added = *tokenizer.add_added_tokens();
    added.set_content(std::string(tokens.pieces[id]));
    added.set_id(id);
    added.set_special(type != UserDefined);
    added.set_right_strip(stripRight && type == Control &&
                          tokens.pieces[id] != "<s>" &&
                          tokens.pieces[id] != "<|endoftext|>");
  }
}

Status addChatTemplates(const gguf::GGUFFile &file,
                        artifact::Tokenizer &tokenizer) {
  auto add = [&](std::string_view key, std::string_view name) {
    auto text = file.get<std::string_view>(key);
    if (!text)
      return text.status();
    if (*text) {
      artifact::ChatTemplate &chat = *tokenizer.add_chat_templates();
      chat.set_name(std::string(name));
      chat.set_text(std::string(**text));
    }
    return Status::ok();
  };
  WEFT_RETURN_IF_ERROR(add("tokenizer.chat_template", "default"));
  auto names =
      file.get<std::vector<std::string_view>>("tokenizer.chat_templates");
  if (!names)
    return names.status();
  for (std::string_view name : names->value_or(std::vector<std::string_view>()))
    WEFT_RETURN_IF_ERROR(
        add("tokenizer.chat_template." + std::string(name), name));
  return Status::ok();
}

/// What a kind of model does where the file does not say.
struct Kind {
  std::string_view name;
  Status (*add)(const gguf::GGUFFile &, const GGUFTokens &,
                artifact::Tokenizer &);
  bool addsBos, addsEos;
  std::string_view bosKey, eosKey; // of what stands around a text
};

constexpr Kind kinds[] = {
    {"gpt2", addBytePairModel, false, false, "bos_token_id", "eos_token_id"},
    {"llama", addSentencePieceModel, true, false, "bos_token_id",
     "eos_token_id"},
    {"t5", addUnigramModel, false, true, "bos_token_id", "eos_token_id"},
    {"bert", addWordPieceModel, true, true, "cls_token_id",
     "seperator_token_id"}, // sic
};

Status addRoles(const gguf::GGUFFile &file, const GGUFTokens &tokens,
                const Kind &kind, std::string_view pre,
                artifact::Tokenizer &tokenizer) {
  auto id = [&](std::string_view name) { return readId(file, tokens, name); };
  auto bos = id("bos_token_id"), eos = id("eos_token_id"),
       unknown = id("unknown_token_id"), pad = id("padding_token_id");
  auto first = id(kind.bosKey), last = id(kind.eosKey);
  for (const auto *each : {&bos, &eos, &unknown, &pad, &first, &last})
    if (!*each)
      return each->status();
  if (*bos)
    tokenizer.set_bos(**bos);
  if (*eos)
    tokenizer.set_eos(**eos);
  if (*pad)
    tokenizer.set_pad(**pad);
  // BERT's files of older converters name [CLS] and [SEP] bos and eos.
  if (!*first)
    first = bos;
  if (!*last)
    last = eos;
  for (size_t i = 0; i != tokens.pieces.size() && !*unknown; ++i)
    if (tokens.types[i] == Unknown || tokens.pieces[i] == "[UNK]")
      unknown = std::optional(static_cast<uint32_t>(i));
  if (*unknown) {
    tokenizer.set_unknown(**unknown);
    if (!tokenizer.model().byte_level())
      tokenizer.mutable_model()->set_unknown(**unknown);
  }
  StatusOr<bool> addBos = ggufFlag(file, "tokenizer.ggml.add_bos_token",
                                   kind.addsBos || startsWithBos(pre));
  StatusOr<bool> addEos =
      ggufFlag(file, "tokenizer.ggml.add_eos_token", kind.addsEos);
  if (!addBos || !addEos)
    return !addBos ? addBos.status() : addEos.status();
  if (*addBos && *first)
    tokenizer.add_prefix(**first);
  if (*addEos && *last)
    tokenizer.add_suffix(**last);
  for (std::string_view name :
       {"eos_token_id", "eot_token_id", "eom_token_id"}) {
    auto stop = id(name);
    if (!stop)
      return stop.status();
    if (*stop)
      addStop(**stop, tokenizer);
  }
  addKnownStops(tokenizer);
  return Status::ok();
}

} // namespace

StatusOr<artifact::Tokenizer> tokenizerFromGGUF(const gguf::GGUFFile &file) {
  StatusOr<std::string_view> model =
      file.require<std::string_view>("tokenizer.ggml.model");
  if (!model)
    return model.status();
  const Kind *kind = nullptr;
  for (const Kind &each : kinds)
    if (each.name == *model)
      kind = &each;
  if (!kind)
    return Status::error("tokenizer.ggml.model is '" + printable(*model) +
                         "'; known are gpt2, llama, t5 and bert");
  StatusOr<GGUFTokens> tokens = readTokens(file);
  if (!tokens)
    return tokens.status();
  auto pre = file.get<std::string_view>("tokenizer.ggml.pre");
  if (!pre)
    return pre.status();
  auto architecture = file.get<std::string_view>("general.architecture");
  if (!architecture)
    return architecture.status();

  artifact::Tokenizer tokenizer;
  tokenizer.set_format_version(1);
  for (std::string_view piece : tokens->pieces)
    tokenizer.mutable_model()->add_pieces(std::string(piece));
  WEFT_RETURN_IF_ERROR(kind->add(file, *tokens, tokenizer));
  // Phi-3's tokenizer strips white space after its tokens; GGUF cannot say so.
  addAddedTokens(*tokens, *model == "llama" && *architecture == "phi3",
                 tokenizer);
  WEFT_RETURN_IF_ERROR(
      addRoles(file, *tokens, *kind, pre->value_or(""), tokenizer));
  WEFT_RETURN_IF_ERROR(addChatTemplates(file, tokenizer));
  return tokenizer;
}

} // namespace weft
