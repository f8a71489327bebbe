//===- Tokenizer.cpp - Text to token ids and back -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/Tokenizer.h"

#include "runtime/generate/tokenizer/TokenizerState.h"
#include "runtime/generate/tokenizer/Utf8.h"

namespace weft {

Tokenizer::Tokenizer(std::unique_ptr<State> state) : state(std::move(state)) {}
Tokenizer::Tokenizer(Tokenizer &&) = default;
Tokenizer &Tokenizer::operator=(Tokenizer &&) = default;
Tokenizer::~Tokenizer() = default;

int32_t Tokenizer::size() const {
  return static_cast<int32_t>(state->tokens.size());
}

std::string_view Tokenizer::token(int32_t id) const {
  return id >= 0 && id < size() ? state->tokens.piece(static_cast<uint32_t>(id))
                                : std::string_view();
}

std::optional<int32_t> Tokenizer::find(std::string_view token) const {
  std::optional<uint32_t> id = state->tokens.find(token);
  return id ? std::optional(static_cast<int32_t>(*id)) : std::nullopt;
}

bool Tokenizer::isSpecial(int32_t id) const {
  return state->special.contains(id);
}

std::optional<int32_t> Tokenizer::bos() const { return state->bos; }
std::optional<int32_t> Tokenizer::eos() const { return state->eos; }
std::optional<int32_t> Tokenizer::pad() const { return state->pad; }
const std::vector<int32_t> &Tokenizer::stops() const { return state->stops; }

const std::string *Tokenizer::chatTemplate(std::string_view name) const {
  auto found = state->chatTemplates.find(name);
  return found == state->chatTemplates.end() ? nullptr : &found->second;
}

Status Tokenizer::State::encodeWords(std::string_view text, bool atStart,
                                     WordCache &cache,
                                     std::vector<int32_t> &ids) const {
  Words words = {text, {{0, text.size(), false}}, atStart, {}};
  WEFT_RETURN_IF_ERROR(preTokenizer.apply(words));
  for (Span span : words.spans) {
    std::string_view word =
        words.text.substr(span.begin, span.end - span.begin);
    if (std::span<const int32_t> known = cache.find(word); !known.empty()) {
      ids.insert(ids.end(), known.begin(), known.end());
      continue;
    }
    size_t before = ids.size();
    WEFT_RETURN_IF_ERROR(model->tokenize(word, ids));
    cache.insert(word, std::span(ids).subspan(before));
  }
  return Status::ok();
}

Status Tokenizer::State::encodeSection(std::string_view section, bool atStart,
                                       bool matchSpecial, WordCache &cache,
                                       std::vector<int32_t> &ids) const {
  std::string normalized;
  if (!normalizer.empty()) {
    normalized = section;
    WEFT_RETURN_IF_ERROR(normalizer.apply(normalized));
    section = normalized;
  }
  std::vector<Section> sections;
  normalizedTokens.find(section, matchSpecial, sections);
  for (const Section &part : sections) {
    if (part.id)
      ids.push_back(static_cast<int32_t>(*part.id));
    else
      WEFT_RETURN_IF_ERROR(encodeWords(
          part.text, atStart && &part == &sections.front(), cache, ids));
  }
  return Status::ok();
}

StatusOr<std::vector<int32_t>> Tokenizer::encode(std::string_view text,
                                                 EncodeOptions options) const {
  std::string replaced;
  if (!isUtf8(text)) {
    replaced = replaceInvalidUtf8(text);
    text = replaced;
  }
  std::unique_ptr<WordCache> cache;
  {
    std::lock_guard lock(state->mutex);
    if (!state->caches.empty()) {
      cache = std::move(state->caches.back());
      state->caches.pop_back();
    }
  }
  if (!cache)
    cache = std::make_unique<WordCache>();

  std::vector<int32_t> ids;
  if (options.addSpecial)
    ids = state->prefix;
  std::vector<Section> sections;
  state->rawTokens.find(text, options.matchSpecial, sections);
  for (const Section &section : sections) {
    if (section.id) {
      ids.push_back(static_cast<int32_t>(*section.id));
      continue;
    }
    WEFT_RETURN_IF_ERROR(
        state->encodeSection(section.text, &section == &sections.front(),
                             options.matchSpecial, *cache, ids));
  }
  if (options.addSpecial)
    ids.insert(ids.end(), state->suffix.begin(), state->suffix.end());

  std::lock_guard lock(state->mutex);
  state->caches.push_back(std::move(cache));
  return ids;
}

std::string_view Tokenizer::State::decodable(int32_t id,
                                             bool skipSpecial) const {
  if (id < 0 || static_cast<size_t>(id) >= tokens.size() ||
      (skipSpecial && special.contains(id)))
    return {};
  auto decoded = decodedTokens.find(id);
  return decoded == decodedTokens.end()
             ? tokens.piece(static_cast<uint32_t>(id))
             : std::string_view(decoded->second);
}

std::string Tokenizer::decode(std::span<const int32_t> ids,
                              bool skipSpecial) const {
  std::string text;
  DecoderRun run(state->decoder, /*early=*/false);
  for (int32_t id : ids)
    if (std::string_view token = state->decodable(id, skipSpecial);
        !token.empty())
      run.push(token, text);
  run.finish(text);
  return text;
}

struct StreamingDecoder::State {
  const Tokenizer::State &tokenizer;
  bool skipSpecial;
  DecoderRun run;
};

StreamingDecoder::StreamingDecoder(const Tokenizer &tokenizer, bool skipSpecial)
    : state(new State{*tokenizer.state, skipSpecial,
                      DecoderRun(tokenizer.state->decoder, /*early=*/true)}) {}
StreamingDecoder::StreamingDecoder(StreamingDecoder &&) = default;
StreamingDecoder::~StreamingDecoder() = default;

std::string StreamingDecoder::push(int32_t id) {
  std::string text;
  std::string_view token = state->tokenizer.decodable(id, state->skipSpecial);
  if (!token.empty())
    state->run.push(token, text);
  return text;
}

std::string StreamingDecoder::finish() {
  std::string text;
  state->run.finish(text);
  return text;
}

} // namespace weft
