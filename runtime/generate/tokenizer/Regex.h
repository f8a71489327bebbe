//===- Regex.h - Regular expressions with limits -------------- -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_GENERATE_TOKENIZER_REGEX_H
#define RUNTIME_GENERATE_TOKENIZER_REGEX_H

#include "weft/Status.h"

#include <memory>
#include <string_view>
#include <vector>

namespace weft {

/// A part of a text, and whether a pattern matched it.
struct Span {
  size_t begin;
  size_t end;
  bool match;
};

/// A regular expression over UTF-8.
class Regex {
public:
  /// `expression` is in Oniguruma's syntax (RegexSyntax.h).
  static StatusOr<Regex> compile(std::string_view expression);

  Regex(Regex &&);
  Regex &operator=(Regex &&);
  ~Regex();

  /// Appends all of `text`, which is valid UTF-8: the matches from left to
  /// right and what lies between them. Fails when a match takes more steps or
  /// memory than a sound expression needs.
  Status find(std::string_view text, std::vector<Span> &spans) const;

private:
  struct State;
  explicit Regex(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace weft

#endif // RUNTIME_GENERATE_TOKENIZER_REGEX_H
