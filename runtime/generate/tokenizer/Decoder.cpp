//===- Decoder.cpp - From tokens to text ----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/Decoder.h"

#include "weft/tokenizer.pb.h"

#include "runtime/generate/tokenizer/Utf8.h"

#include <charconv>
#include <optional>

namespace weft {

using DecoderStep = artifact::DecoderStep;

static constexpr std::string_view replacementCharacter = "\xef\xbf\xbd";

static bool isCharacter(std::string_view text) {
  return !text.empty() && isUtf8(text) && text.size() == utf8Length(text[0]);
}

StatusOr<Decoder> Decoder::create(const artifact::Tokenizer &description) {
  Decoder decoder;
  bool fused = false;
  for (const DecoderStep &step : description.decoders()) {
    // What comes after tokens were joined acts on a text of any length, which
    // does not stream: only what is taken from its start does.
    if (fused && step.kind_case() != DecoderStep::kFuse &&
        !(step.kind_case() == DecoderStep::kStrip && step.strip().stop() == 0))
      return Status::error(
          "a decoder of the tokenizer follows one that joins all tokens; only "
          "joining again and stripping at the start may");
    switch (step.kind_case()) {
    case DecoderStep::kByteLevel:
      decoder.steps.emplace_back(ByteLevel());
      fused = true;
      break;
    case DecoderStep::kByteFallback:
      decoder.steps.emplace_back(ByteFallback());
      break;
    case DecoderStep::kFuse:
      fused = true;
      break;
    case DecoderStep::kMetaspace:
      if (!isCharacter(step.metaspace().replacement()))
        return Status::error("a decoder of the tokenizer replaces '" +
                             step.metaspace().replacement() +
                             "', which is not one character");
      decoder.steps.emplace_back(Metaspace{step.metaspace().replacement(),
                                           step.metaspace().strip_first()});
      break;
    case DecoderStep::kStrip:
      if (!isCharacter(step.strip().content()))
        return Status::error("a decoder of the tokenizer strips '" +
                             step.strip().content() +
                             "', which is not one character");
      decoder.steps.emplace_back(Strip{step.strip().content(),
                                       step.strip().start(),
                                       step.strip().stop(), fused});
      break;
    case DecoderStep::kReplace: {
      StatusOr<Replacement> made = Replacement::create(step.replace());
      if (!made)
        return made.status();
      if (!made->isLiteral())
        return Status::error("a decoder of the tokenizer replaces a regular "
                             "expression; only literal text is supported");
      decoder.steps.emplace_back(*std::move(made));
      break;
    }
    case DecoderStep::kWordPiece:
      decoder.steps.emplace_back(
          WordPiece{step.word_piece().prefix(), step.word_piece().cleanup()});
      break;
    case DecoderStep::kWordSuffix:
      if (step.word_suffix().empty())
        return Status::error("a decoder of the tokenizer has an empty suffix");
      decoder.steps.emplace_back(WordSuffix{step.word_suffix()});
      break;
    default:
      return Status::error("the tokenizer has an unknown decoder");
    }
  }
  if (description.decoders().empty())
    decoder.steps.emplace_back(Join());
  return decoder;
}

static void replaceAll(std::string &text, std::string_view from,
                       std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// The tidying that BERT's decoder does, token by token.
static void cleanUp(std::string &token) {
  static constexpr std::pair<std::string_view, std::string_view> rules[] = {
      {" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
      {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
      {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (auto [from, to] : rules)
    replaceAll(token, from, to);
}

/// The byte that a token such as <0x41> stands for.
static std::optional<char> fallbackByte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>')
    return std::nullopt;
  // Rust's from_str_radix, which the reference uses, takes a sign.
  bool isSigned = token[3] == '+';
  uint8_t byte = 0;
  auto [end, error] =
      std::from_chars(token.data() + 3 + isSigned, token.data() + 5, byte, 16);
  if (error != std::errc() || end != token.data() + 5)
    return std::nullopt;
  return static_cast<char>(byte);
}

static void strip(std::string &token, std::string_view content, size_t start,
                  size_t stop) {
  for (; start != 0 && token.starts_with(content); --start)
    token.erase(0, content.size());
  for (; stop != 0 && token.ends_with(content); --stop)
    token.resize(token.size() - content.size());
}

void DecoderRun::push(std::string_view token, std::string &text) {
  run(0, std::string(token), text);
}

/// Takes `token` through the steps from `index` on.
void DecoderRun::run(size_t index, std::string token, std::string &text) {
  for (; index != decoder.steps.size(); ++index) {
    const Decoder::Step &step = decoder.steps[index];
    State &state = states[index];
    bool isFirst = !state.started;
    state.started = true;
    if (auto *byteLevel = std::get_if<Decoder::ByteLevel>(&step)) {
      if (isUtf8(token))
        token = byteLevel->alphabet.decode(token).value_or(std::move(token));
    } else if (std::holds_alternative<Decoder::ByteFallback>(step)) {
      if (std::optional<char> byte = fallbackByte(token)) {
        if (!early) {
          state.held += *byte;
          return;
        }
        token.assign(1, *byte);
      } else {
        flushBytes(index, text);
      }
    } else if (auto *metaspace = std::get_if<Decoder::Metaspace>(&step)) {
      replaceAll(token, metaspace->replacement,
                 isFirst && metaspace->stripFirst ? "" : " ");
    } else if (auto *stripStep = std::get_if<Decoder::Strip>(&step)) {
      if (!stripStep->fused) {
        strip(token, stripStep->content, stripStep->start, stripStep->stop);
      } else {
        for (; state.stripped < stripStep->start &&
               token.starts_with(stripStep->content);
             ++state.stripped)
          token.erase(0, stripStep->content.size());
        if (!token.empty()) // The text has started: nothing more to strip.
          state.stripped = stripStep->start;
      }
    } else if (auto *replacement = std::get_if<Replacement>(&step)) {
      (void)replacement->apply(token).isOk(); // literal: does not fail
    } else if (auto *wordPiece = std::get_if<Decoder::WordPiece>(&step)) {
      if (!isFirst) {
        if (token.starts_with(wordPiece->prefix))
          token.erase(0, wordPiece->prefix.size());
        else
          token.insert(0, " ");
      }
      if (wordPiece->cleanup)
        cleanUp(token);
    } else if (auto *suffix = std::get_if<Decoder::WordSuffix>(&step)) {
      // In the last token the suffix becomes nothing: hold one token back.
      std::swap(token, state.held);
      if (isFirst)
        return;
      replaceAll(token, suffix->suffix, " ");
    } else { // Join
      if (!isFirst)
        token.insert(0, " ");
    }
  }
  emit(token, text);
}

/// Ends a row of <0x41> pieces.
void DecoderRun::flushBytes(size_t index, std::string &text) {
  std::string bytes = std::exchange(states[index].held, "");
  if (bytes.empty())
    return;
  if (isUtf8(bytes)) {
    run(index + 1, std::move(bytes), text);
    return;
  }
  for (size_t i = 0; i != bytes.size(); ++i)
    run(index + 1, std::string(replacementCharacter), text);
}

/// Appends the whole characters of `bytes` and keeps the start of one.
void DecoderRun::emit(std::string_view bytes, std::string &text) {
  std::string joined;
  if (!incomplete.empty()) {
    joined = std::exchange(incomplete, "");
    joined += bytes;
    bytes = joined;
  }
  while (!bytes.empty()) {
    Utf8Sequence next = nextUtf8Sequence(bytes);
    if (next.kind == Utf8Sequence::Incomplete) {
      incomplete = bytes;
      return;
    }
    text += next.kind == Utf8Sequence::Character ? bytes.substr(0, next.length)
                                                 : replacementCharacter;
    bytes.remove_prefix(next.length);
  }
}

void DecoderRun::finish(std::string &text) {
  for (size_t i = 0; i != decoder.steps.size(); ++i) {
    if (std::holds_alternative<Decoder::ByteFallback>(decoder.steps[i])) {
      flushBytes(i, text);
    } else if (auto *suffix =
                   std::get_if<Decoder::WordSuffix>(&decoder.steps[i])) {
      std::string last = std::exchange(states[i].held, "");
      replaceAll(last, suffix->suffix, "");
      run(i + 1, std::move(last), text);
    }
  }
  if (!std::exchange(incomplete, "").empty())
    text += replacementCharacter;
}

} // namespace weft
