//===- Lexer.cpp ----------------------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Lexer.h"

#include <algorithm>
#include <charconv>
#include <cstring>

using namespace weft;
using namespace weft::cusim::ptx;

// <cctype> depends on the locale.
static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' ||
         c == '\f';
}
static bool isWord(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c == '_' || c == '$';
}

Status cusim::ptx::errorAt(Location location, const std::string &message) {
  return Status::error("line " + std::to_string(location.line) + ", column " +
                       std::to_string(location.column) + ": " + message);
}

Lexer::Lexer(std::string_view text) : text(text) { current = scan(); }

Token Lexer::take() {
  Token taken = current;
  lastEnd = position;
  current = scan();
  return taken;
}

bool Lexer::accept(std::string_view punctuation) {
  if (!current.is(punctuation))
    return false;
  take();
  return true;
}

bool Lexer::acceptDotWord(std::string_view word) {
  if (!current.isDotWord(word))
    return false;
  take();
  return true;
}

Status Lexer::expect(std::string_view punctuation, const char *where) {
  if (accept(punctuation))
    return Status::ok();
  return unexpected("'" + std::string(punctuation) + "' " + where);
}

static std::string describe(const Token &token) {
  constexpr size_t maxLength = 60;
  std::string text(token.text.substr(0, maxLength));
  if (token.text.size() > maxLength)
    text += "...";
  // A message is for a terminal.
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  switch (token.kind) {
  case Token::Kind::End:
    return "the end of the text";
  case Token::Kind::DotWord:
    return "'." + text + "'";
  case Token::Kind::Invalid:
    return text;
  default:
    return "'" + text + "'";
  }
}

Status Lexer::unexpected(const std::string &expected) const {
  return errorAt(current.location,
                 "found " + describe(current) + ", expected " + expected);
}

std::string Lexer::textSince(size_t begin) const {
  std::string result;
  for (char c : text.substr(begin, lastEnd - begin)) {
    if (!isBlank(c))
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  return result;
}

void Lexer::advance(size_t length) {
  for (char c : text.substr(position, length)) {
    if (c == '\n') {
      ++location.line;
      location.column = 1;
    } else {
      ++location.column;
    }
  }
  position += length;
}

bool Lexer::skipBlanks() {
  while (position < text.size()) {
    std::string_view rest = text.substr(position);
    if (isBlank(rest.front())) {
      advance(1);
    } else if (rest.starts_with("//")) {
      advance(std::min(rest.find('\n'), rest.size()));
    } else if (rest.starts_with("/*")) {
      size_t end = rest.find("*/", 2);
      if (end == std::string_view::npos)
        return false;
      advance(end + 2);
    } else {
      return true;
    }
  }
  return true;
}

Token Lexer::finish(Token token, Token::Kind kind, size_t length) {
  token.kind = kind;
  token.text = text.substr(position, length);
  advance(length);
  return token;
}

Token Lexer::invalid(Token token, const char *problem, size_t length) {
  token.kind = Token::Kind::Invalid;
  token.text = problem;
  advance(length);
  return token;
}

/// The length of a word from `begin` on; `::` joins the parts of one.
static size_t wordLength(std::string_view text, bool isDotted) {
  size_t length = 0;
  while (length < text.size()) {
    if (isWord(text[length]))
      ++length;
    else if (isDotted && text.substr(length).starts_with("::") &&
             length + 2 < text.size() && isWord(text[length + 2]))
      length += 2;
    else
      break;
  }
  return length;
}

Token Lexer::scan() {
  Token token;
  bool isReadable = skipBlanks();
  token.location = location;
  token.offset = position;
  if (!isReadable)
    return invalid(token, "a comment that does not end",
                   text.size() - position);
  if (position == text.size())
    return token;
  std::string_view rest = text.substr(position);
  char first = rest.front();
  char second = rest.size() > 1 ? rest[1] : '\0';
  if (isDigit(first))
    return scanNumber(token);
  if (isWord(first) || (first == '%' && isWord(second)))
    return finish(token, Token::Kind::Identifier,
                  1 + wordLength(rest.substr(1), /*isDotted=*/false));
  if (first == '.' && isWord(second)) {
    size_t length = wordLength(rest.substr(1), /*isDotted=*/true);
    advance(1);
    return finish(token, Token::Kind::DotWord, length);
  }
  if (first == '"') {
    size_t end = rest.find_first_of("\"\n", 1);
    if (end == std::string_view::npos || rest[end] != '"')
      return invalid(token, "a string that does not end", rest.size());
    token.kind = Token::Kind::String;
    token.text = rest.substr(1, end - 1);
    advance(end + 1);
    return token;
  }
  for (std::string_view pair : {"<<", ">>", "<=", ">=", "==", "!=", "&&", "||"})
    if (rest.starts_with(pair))
      return finish(token, Token::Kind::Punctuation, 2);
  if (std::strchr("{}[]()<>,;:=+-*/%!~&|^?@", first) && first != '\0')
    return finish(token, Token::Kind::Punctuation, 1);
  return invalid(token, "a character that no word begins with", 1);
}

Token Lexer::scanNumber(Token token) {
  std::string_view rest = text.substr(position);
  size_t length = wordLength(rest, /*isDotted=*/false);
  std::string_view word = rest.substr(0, length);
  auto parse = [&](std::string_view digits, int base) {
    auto [end, error] = std::from_chars(
        digits.data(), digits.data() + digits.size(), token.bits, base);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  char kind = word.size() > 1 ? word[1] : '\0';
  if (word[0] == '0' && (kind == 'f' || kind == 'F'))
    return word.size() == 10 && parse(word.substr(2), 16)
               ? finish(token, Token::Kind::Float32, length)
               : invalid(token, "a 0f literal without 8 hexadecimal digits",
                         length);
  if (word[0] == '0' && (kind == 'd' || kind == 'D'))
    return word.size() == 18 && parse(word.substr(2), 16)
               ? finish(token, Token::Kind::Float64, length)
               : invalid(token, "a 0d literal without 16 hexadecimal digits",
                         length);

  bool isHex = word[0] == '0' && (kind == 'x' || kind == 'X');
  bool hasPoint = length < rest.size() && rest[length] == '.' && !isHex;
  if (hasPoint || (!isHex && word.find_first_of("eE") != word.npos)) {
    double value;
    auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), value);
    size_t size = end - rest.data();
    if (error != std::errc() || size < length ||
        (size < rest.size() && isWord(rest[size])))
      return invalid(token, "an unreadable floating-point literal",
                     std::max(size, length));
    std::memcpy(&token.bits, &value, sizeof(value));
    return finish(token, Token::Kind::Float64, size);
  }

  if (word.back() == 'U') {
    token.isUnsigned = true;
    word.remove_suffix(1);
  }
  bool isBinary = word.starts_with("0b") || word.starts_with("0B");
  bool isOctal = word.size() > 1 && word[0] == '0';
  bool isRead = isHex      ? parse(word.substr(2), 16)
                : isBinary ? parse(word.substr(2), 2)
                           : parse(word, isOctal ? 8 : 10);
  if (!isRead)
    return invalid(token,
                   "an integer literal that 64 bits do not hold or "
                   "that has other digits than its base",
                   length);
  token.isUnsigned |= token.bits >> 63;
  return finish(token, Token::Kind::Integer, length);
}
