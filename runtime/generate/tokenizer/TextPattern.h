//===- TextPattern.h - What a step looks for ------------------ -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_TEXTPATTERN_H
#define RUNTIME_GENERATE_TOKENIZER_TEXTPATTERN_H

#include "runtime/generate/tokenizer/Regex.h"

#include <optional>
#include <string>

namespace weft {

namespace artifact {
class ReplaceStep;
class TextPattern;
} // namespace artifact

/// A literal text or a regular expression.
class TextPattern {
public:
  static StatusOr<TextPattern> create(const artifact::TextPattern &description);

  bool isLiteral() const { return !expression; }
  /// As Regex::find.
  Status find(std::string_view text, std::vector<Span> &spans) const;

private:
  std::string literal;
  std::optional<Regex> expression;
};

/// Puts one text in the place of every match of a pattern.
class Replacement {
public:
  static StatusOr<Replacement> create(const artifact::ReplaceStep &description);

  Status apply(std::string &text) const;
  bool isLiteral() const { return pattern.isLiteral(); }

private:
  TextPattern pattern;
  std::string content;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_TEXTPATTERN_H
