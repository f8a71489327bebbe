//===- PreTokenizer.cpp - Cuts a text into words --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/PreTokenizer.h"

#include "weft/tokenizer.pb.h"

#include "runtime/generate/tokenizer/TextPattern.h"
#include "runtime/generate/tokenizer/Unicode.h"
#include "runtime/generate/tokenizer/Utf8.h"

#include <algorithm>
#include <memory>

namespace weft {
namespace {

using Step = artifact::PreTokenizerStep;

/// Makes words of what a pattern found: `found` covers a text from left to
/// right. The rules, with their fine points, are those of Hugging Face's
/// tokenizers.
void applyBehavior(artifact::SplitBehavior behavior, std::vector<Span> &found) {
  size_t kept = 0;
  bool previousMatch = false;
  switch (behavior) {
  case artifact::REMOVED:
    std::erase_if(found, [](const Span &span) { return span.match; });
    return;
  case artifact::CONTIGUOUS:
  case artifact::MERGED_WITH_PREVIOUS:
    for (Span span : found) {
      bool joins = behavior == artifact::CONTIGUOUS
                       ? span.match == previousMatch
                       : span.match && !previousMatch;
      previousMatch = span.match;
      if (joins && kept != 0)
        found[kept - 1].end = span.end;
      else
        found[kept++] = span;
    }
    found.resize(kept);
    return;
  case artifact::MERGED_WITH_NEXT: {
    std::reverse(found.begin(), found.end());
    for (Span span : found) {
      bool joins = span.match && !previousMatch;
      previousMatch = span.match;
      if (joins && kept != 0)
        found[kept - 1].begin = span.begin;
      else
        found[kept++] = span;
    }
    found.resize(kept);
    std::reverse(found.begin(), found.end());
    return;
  }
  default: // ISOLATED: as found
    return;
  }
}

/// Cuts every word at the matches that find(text, spans) appends.
template <typename Find>
Status splitWords(Words &words, artifact::SplitBehavior behavior, bool invert,
                  Find find) {
  std::vector<Span> result, found;
  result.reserve(words.text.size() / 4);
  for (Span word : words.spans) {
    found.clear();
    WEFT_RETURN_IF_ERROR(
        find(words.text.substr(word.begin, word.end - word.begin), found));
    if (invert)
      for (Span &span : found)
        span.match = !span.match;
    applyBehavior(behavior, found);
    for (Span span : found)
      if (span.begin != span.end)
        result.push_back(
            {word.begin + span.begin, word.begin + span.end, false});
  }
  words.spans = std::move(result);
  return Status::ok();
}

/// The characters of a class, each as a match.
void findCharacters(std::string_view text, bool (*isMember)(char32_t),
                    std::vector<Span> &spans) {
  size_t done = 0;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + utf8Length(text[at]);
    if (isMember(firstCharacter(text.substr(at)))) {
      if (done != at)
        spans.push_back({done, at, false});
      spans.push_back({at, end, true});
      done = end;
    }
    at = end;
  }
  if (done != text.size())
    spans.push_back({done, text.size(), false});
}

/// Rewrites every word with write(word, isFirst, text).
template <typename Write> void rewriteWords(Words &words, Write write) {
  std::string text;
  text.reserve(words.text.size() + words.spans.size());
  for (Span &word : words.spans) {
    size_t begin = text.size();
    write(words.text.substr(word.begin, word.end - word.begin),
          words.atStart && word.begin == 0, text);
    word = {begin, text.size(), false};
  }
  words.changed = std::move(text);
  words.text = words.changed;
}

void metaspace(Words &words, std::string_view replacement,
               Step::Metaspace::Prepend prepend) {
  rewriteWords(
      words, [&](std::string_view word, bool isFirst, std::string &to) {
        bool prepends = prepend == Step::Metaspace::ALWAYS ||
                        (prepend == Step::Metaspace::FIRST && isFirst);
        if (prepends && word[0] != ' ' && !word.starts_with(replacement))
          to += replacement;
        for (char c : word)
          if (c == ' ')
            to += replacement;
          else
            to += c;
      });
}

bool isBehavior(artifact::SplitBehavior behavior) {
  return artifact::SplitBehavior_IsValid(behavior) &&
         behavior != artifact::SPLIT_BEHAVIOR_INVALID;
}

} // namespace

StatusOr<PreTokenizer>
PreTokenizer::create(const artifact::Tokenizer &description) {
  PreTokenizer result;
  for (const Step &step : description.pre_tokenizers()) {
    switch (step.kind_case()) {
    case Step::kSplit: {
      StatusOr<TextPattern> made = TextPattern::create(step.split().pattern());
      if (!made)
        return made.status();
      if (!isBehavior(step.split().behavior()))
        return Status::error("the tokenizer splits with an unknown behaviour");
      auto pattern = std::make_shared<TextPattern>(*std::move(made));
      result.steps.emplace_back([pattern, behavior = step.split().behavior(),
                                 invert = step.split().invert()](Words &words) {
        return splitWords(words, behavior, invert,
                          [&](std::string_view text, std::vector<Span> &spans) {
                            return pattern->find(text, spans);
                          });
      });
      break;
    }
    case Step::kSplitClass: {
      Step::CharacterClass characters = step.split_class().characters();
      bool (*isMember)(char32_t) =
          characters == Step::WHITE_SPACE   ? isWhiteSpace
          : characters == Step::PUNCTUATION ? isPunctuation
          : characters == Step::NUMERIC     ? isNumeric
                                            : nullptr;
      if (!isMember || !isBehavior(step.split_class().behavior()))
        return Status::error("the tokenizer splits at unknown characters or "
                             "with an unknown behaviour");
      result.steps.emplace_back(
          [isMember, behavior = step.split_class().behavior()](Words &words) {
            return splitWords(
                words, behavior, false,
                [&](std::string_view text, std::vector<Span> &spans) {
                  findCharacters(text, isMember, spans);
                  return Status::ok();
                });
          });
      break;
    }
    case Step::kMetaspace: {
      const Step::Metaspace &metaspaceStep = step.metaspace();
      std::string replacement = metaspaceStep.replacement();
      if (replacement.empty() ||
          replacement.size() != utf8Length(replacement[0]))
        return Status::error(
            "the tokenizer's replacement for spaces is not one "
            "character");
      if (metaspaceStep.prepend() < Step::Metaspace::NEVER ||
          metaspaceStep.prepend() > Step::Metaspace::ALWAYS)
        return Status::error("the tokenizer has an unknown prepend scheme");
      artifact::TextPattern literal;
      literal.set_literal(replacement);
      StatusOr<TextPattern> made = TextPattern::create(literal);
      if (!made)
        return made.status();
      auto pattern = std::make_shared<TextPattern>(*std::move(made));
      result.steps.emplace_back([pattern, replacement,
                                 prepend = metaspaceStep.prepend(),
                                 split = metaspaceStep.split()](Words &words) {
        metaspace(words, replacement, prepend);
        if (!split)
          return Status::ok();
        return splitWords(words, artifact::MERGED_WITH_NEXT, false,
                          [&](std::string_view text, std::vector<Span> &spans) {
                            return pattern->find(text, spans);
                          });
      });
      break;
    }
    case Step::kPrefixSpace:
      result.steps.emplace_back([](Words &words) {
        rewriteWords(words, [](std::string_view word, bool, std::string &to) {
          to.append(word[0] == ' ' ? "" : " ").append(word);
        });
        return Status::ok();
      });
      break;
    default:
      return Status::error("the tokenizer has an unknown pre-tokenizer");
    }
  }
  return result;
}

Status PreTokenizer::apply(Words &words) const {
  for (const Action &step : steps)
    WEFT_RETURN_IF_ERROR(step(words));
  return Status::ok();
}

} // namespace weft
