//===- TextPattern.cpp - What a step looks for ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/TextPattern.h"

#include "weft/tokenizer.pb.h"

#include "runtime/generate/tokenizer/Utf8.h"

namespace weft {

StatusOr<TextPattern>
TextPattern::create(const artifact::TextPattern &description) {
  TextPattern pattern;
  switch (description.kind_case()) {
  case artifact::TextPattern::kLiteral:
    pattern.literal = description.literal();
    if (pattern.literal.empty() || !isUtf8(pattern.literal))
      return Status::error("a pattern of the tokenizer is empty or not UTF-8");
    return pattern;
  case artifact::TextPattern::kExpression: {
    StatusOr<Regex> regex = Regex::compile(description.expression());
    if (!regex)
      return regex.status();
    pattern.expression = *std::move(regex);
    return pattern;
  }
  default:
    return Status::error("a step of the tokenizer has no pattern");
  }
}

Status TextPattern::find(std::string_view text,
                         std::vector<Span> &spans) const {
  if (expression)
    return expression->find(text, spans);
  size_t done = 0;
  for (size_t at = text.find(literal); at != std::string_view::npos;
       at = text.find(literal, done)) {
    if (done != at)
      spans.push_back({done, at, false});
    done = at + literal.size();
    spans.push_back({at, done, true});
  }
  if (done != text.size())
    spans.push_back({done, text.size(), false});
  return Status::ok();
}

StatusOr<Replacement>
Replacement::create(const artifact::ReplaceStep &description) {
  StatusOr<TextPattern> pattern = TextPattern::create(description.pattern());
  if (!pattern)
    return pattern.status();
  // A bound on how much a hostile tokenizer can make of a text.
  if (description.content().size() > 256 || !isUtf8(description.content()))
    return Status::error("a replacement of the tokenizer is longer than 256 "
                         "bytes or not UTF-8");
  Replacement replacement;
  replacement.pattern = *std::move(pattern);
  replacement.content = description.content();
  return replacement;
}

Status Replacement::apply(std::string &text) const {
  std::vector<Span> spans;
  WEFT_RETURN_IF_ERROR(pattern.find(text, spans));
  if (spans.empty() || (spans.size() == 1 && !spans[0].match))
    return Status::ok();
  std::string replaced;
  for (const Span &span : spans) {
    if (span.match)
      replaced += content;
    else
      replaced.append(text, span.begin, span.end - span.begin);
  }
  text = std::move(replaced);
  return Status::ok();
}

} // namespace weft
