//===- LoadTokenizer.cpp - From a description to tables -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/ParseMessage.h"
#include "runtime/base/MappedFile.h"
#include "runtime/base/Text.h"
#include "runtime/generate/tokenizer/TokenizerState.h"
#include "runtime/generate/tokenizer/Utf8.h"

#include "weft/tokenizer.pb.h"

#include <algorithm>
#include <unordered_set>

namespace weft {

// Ids may have holes, but a hostile file shall not make a huge table of them.
static constexpr size_t mostUnusedIds = 1 << 16;
static constexpr size_t longestAddedToken = 1024;
static constexpr int mostSteps = 64;
static constexpr uint32_t formatVersion = 1;

Status Tokenizer::State::readTokens(const artifact::Tokenizer &description) {
  const auto &pieces = description.model().pieces();
  std::vector<std::string_view> texts(pieces.begin(), pieces.end());
  size_t most = texts.size() + mostUnusedIds;
  std::vector<AddedToken> raw, normal;
  std::unordered_set<std::string_view> specialTexts;
  for (const artifact::AddedToken &added : description.added_tokens()) {
    if (added.content().empty() || !isUtf8(added.content()) ||
        added.content().size() > longestAddedToken)
      return Status::error("added token " + std::to_string(added.id()) +
                           " is empty, not UTF-8 or longer than " +
                           std::to_string(longestAddedToken) + " bytes");
    if (added.id() >= most)
      return Status::error("added token '" + printable(added.content()) +
                           "' has id " + std::to_string(added.id()) +
                           ", far beyond the " + std::to_string(pieces.size()) +
                           " tokens of the model");
    if (added.id() >= texts.size())
      texts.resize(added.id() + 1);
    texts[added.id()] = added.content();
    auto id = static_cast<int32_t>(added.id());
    if (added.special())
      specialTexts.insert(added.content());
    AddedToken token = {added.content(),    added.id(),
                        added.special(),    added.single_word(),
                        added.left_strip(), added.right_strip(),
                        added.normalized()};
    if (token.normalized) {
      WEFT_RETURN_IF_ERROR(normalizer.apply(token.content));
      if (token.content != added.content())
        decodedTokens[id] = token.content;
    }
    (token.normalized ? normal : raw).push_back(std::move(token));
  }
  // Some files have a special token twice, under two ids: both are.
  for (size_t id = 0; id != texts.size(); ++id)
    if (specialTexts.contains(texts[id]))
      special.insert(static_cast<int32_t>(id));
  tokens = Vocabulary(texts);
  rawTokens = AddedTokens(std::move(raw));
  normalizedTokens = AddedTokens(std::move(normal));
  return Status::ok();
}

Status Tokenizer::State::readRoles(const artifact::Tokenizer &description) {
  auto check = [&](uint32_t id) {
    if (id < tokens.size())
      return Status::ok();
    return Status::error("the tokenizer names token " + std::to_string(id) +
                         "; there are " + std::to_string(tokens.size()));
  };
  for (auto [from, to] : {std::pair(&description.prefix(), &prefix),
                          std::pair(&description.suffix(), &suffix),
                          std::pair(&description.stops(), &stops)})
    for (uint32_t id : *from) {
      WEFT_RETURN_IF_ERROR(check(id));
      to->push_back(static_cast<int32_t>(id));
    }
  std::sort(stops.begin(), stops.end());
  auto role = [&](bool isSet, uint32_t id, std::optional<int32_t> &to) {
    if (isSet)
      to = static_cast<int32_t>(id);
    return isSet ? check(id) : Status::ok();
  };
  WEFT_RETURN_IF_ERROR(role(description.has_bos(), description.bos(), bos));
  WEFT_RETURN_IF_ERROR(role(description.has_eos(), description.eos(), eos));
  WEFT_RETURN_IF_ERROR(role(description.has_pad(), description.pad(), pad));
  for (const artifact::ChatTemplate &chat : description.chat_templates())
    chatTemplates[chat.name()] = chat.text();
  return Status::ok();
}

StatusOr<Tokenizer> Tokenizer::load(const artifact::Tokenizer &description) {
  if (description.format_version() == 0 ||
      description.format_version() > formatVersion)
    return Status::error("the tokenizer has format version " +
                         std::to_string(description.format_version()) +
                         ", but this program reads up to version " +
                         std::to_string(formatVersion));
  for (int count :
       {description.normalizers_size(), description.pre_tokenizers_size(),
        description.decoders_size()})
    if (count > mostSteps)
      return Status::error("the tokenizer has " + std::to_string(count) +
                           " steps of a kind; at most " +
                           std::to_string(mostSteps) + " are allowed");
  auto state = std::make_unique<State>();
  StatusOr<Normalizer> normalizer = Normalizer::create(description);
  if (!normalizer)
    return normalizer.status();
  state->normalizer = *std::move(normalizer);
  StatusOr<PreTokenizer> preTokenizer = PreTokenizer::create(description);
  if (!preTokenizer)
    return preTokenizer.status();
  state->preTokenizer = *std::move(preTokenizer);
  StatusOr<std::unique_ptr<Model>> model = Model::create(description.model());
  if (!model)
    return model.status();
  state->model = *std::move(model);
  StatusOr<Decoder> decoder = Decoder::create(description);
  if (!decoder)
    return decoder.status();
  state->decoder = *std::move(decoder);
  WEFT_RETURN_IF_ERROR(state->readTokens(description));
  WEFT_RETURN_IF_ERROR(state->readRoles(description));
  return Tokenizer(std::move(state));
}

StatusOr<Tokenizer> Tokenizer::read(const std::string &path) {
  StatusOr<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.status();
  artifact::Tokenizer description;
  if (!parseMessage(description, file->bytes()))
    return Status::error("'" + path +
                         "' is not a tokenizer; compile the model again");
  StatusOr<Tokenizer> tokenizer = load(description);
  if (!tokenizer)
    return Status::error("'" + path + "': " + tokenizer.message());
  return tokenizer;
}

} // namespace weft
