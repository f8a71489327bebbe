//===- Lexer.h - Tokens of a PTX text ---------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_LEXER_H
#define RUNTIME_CUSIM_PTX_LEXER_H

#include "runtime/cusim/ptx/Module.h"
#include "weft/Status.h"

#include <string>
#include <string_view>

namespace weft::cusim::ptx {

struct Token {
  enum class Kind : uint8_t {
    End,
    Identifier, ///< `add`, `%r1`, `$L__BB0_1`, `_`
    DotWord,    ///< `.f32`, `.shared::cta`; the text is without the dot
    Integer,    ///< `bits`, and isUnsigned for `U` or what s64 cannot hold
    Float32,    ///< `0f3F800000`
    Float64,    ///< `0d...`, `1.5`, `2e10`
    String,     ///< the text is without the quotes
    Punctuation,
    Invalid, ///< the text says what is wrong
  };
  Kind kind = Kind::End;
  bool isUnsigned = false;
  std::string_view text;
  Location location;
  /// Where the token begins in the PTX text.
  size_t offset = 0;
  uint64_t bits = 0;

  bool is(std::string_view punctuation) const {
    return kind == Kind::Punctuation && text == punctuation;
  }
  bool isDotWord(std::string_view word) const {
    return kind == Kind::DotWord && text == word;
  }
  bool isIdentifier() const { return kind == Kind::Identifier; }
};

/// "line L, column C: message".
Status errorAt(Location location, const std::string &message);

/// Reads tokens on demand, with one token of lookahead. Comments and white
/// space separate tokens. The text must outlive the tokens.
class Lexer {
public:
  explicit Lexer(std::string_view text);

  const Token &peek() const { return current; }
  Token take();
  /// Takes the punctuation if it comes next.
  bool accept(std::string_view punctuation);
  bool acceptDotWord(std::string_view word);
  /// Takes the punctuation, or an error: "found X, expected `)` after the
  /// parameters".
  Status expect(std::string_view punctuation, const char *where);
  /// "found X, expected `expected`" at the next token.
  Status unexpected(const std::string &expected) const;

  /// The text from `begin` to the end of the last token that was taken, with
  /// each run of white space as one space.
  std::string textSince(size_t begin) const;

private:
  Token scan();
  Token scanNumber(Token token);
  Token finish(Token token, Token::Kind kind, size_t length);
  Token invalid(Token token, const char *problem, size_t length);
  /// An unterminated comment is an Invalid token.
  bool skipBlanks();
  void advance(size_t length);

  std::string_view text;
  size_t position = 0;
  size_t lastEnd = 0;
  Location location = {1, 1};
  Token current;
};

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_LEXER_H
