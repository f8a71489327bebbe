//===- Lexer.cpp - A template's text as tokens ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/template/Lexer.h"
#include "runtime/base/Text.h"
#include "runtime/generate/template/Unicode.h"

#include <algorithm>

using namespace weft;
using namespace weft::jinja;

static bool isNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool isDigit(char c) { return c >= '0' && c <= '9'; }

namespace {
class Lexer {
public:
  explicit Lexer(std::string_view text);
  StatusOr<std::vector<Token>> run();

private:
  using Kind = Token::Kind;

  bool at(std::string_view expected, size_t offset = 0) const {
    return source.compare(position + offset, expected.size(), expected) == 0;
  }
  void advance(size_t count);
  void add(Kind kind, std::string text, uint32_t atLine) {
    tokens.push_back({kind, std::move(text), atLine});
  }
  Status fail(const std::string &message) const {
    return Status::error("line " + std::to_string(line) + ": " + message);
  }
  size_t spacesFrom(size_t place) const;
  /// The length of {% raw %} at the position, or 0.
  size_t rawTagLength() const;
  void addData(size_t end, char sign, bool isVariable);
  void closeTag(char sign, size_t length, bool trimsNewline);
  Status readComment();
  Status readRaw(size_t tagLength);
  Status readTag(bool isVariable);
  Status readToken();
  Status readString();
  Status readEscape(std::string &text);
  void readNumber();

  std::string source;
  size_t position = 0;
  uint32_t line = 1;
  bool isLineStarting = true;
  std::string brackets; // that are open
  std::vector<Token> tokens;
};
} // namespace

Lexer::Lexer(std::string_view text) {
  for (size_t i = 0; i != text.size(); ++i) {
    if (text[i] == '\r' && i + 1 != text.size() && text[i + 1] == '\n')
      continue;
    source += text[i] == '\r' ? '\n' : text[i];
  }
  if (source.ends_with('\n'))
    source.pop_back();
}

void Lexer::advance(size_t count) {
  line += static_cast<uint32_t>(std::count(
      source.begin() + static_cast<ptrdiff_t>(position),
      source.begin() + static_cast<ptrdiff_t>(position + count), '\n'));
  position += count;
}

size_t Lexer::spacesFrom(size_t place) const {
  std::string_view rest = std::string_view(source).substr(place);
  return rest.size() - stripLeft(rest).size();
}

/// Adds what lies before the tag at `end`, whose sign decides what is stripped.
void Lexer::addData(size_t end, char sign, bool isVariable) {
  std::string_view text =
      std::string_view(source).substr(position, end - position);
  if (sign == '-') {
    text = stripRight(text);
  } else if (sign != '+' && !isVariable) {
    size_t newline = text.rfind('\n');
    size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    if ((begin != 0 || isLineStarting) && stripLeft(text.substr(begin)).empty())
      text = text.substr(0, begin);
  }
  if (!text.empty())
    add(Kind::Data, std::string(text), line);
  advance(end - position);
}

/// Ends a tag: '-' takes all white space after it, '+' none.
void Lexer::closeTag(char sign, size_t length, bool trimsNewline) {
  if (sign == '-')
    length += spacesFrom(position + length);
  else if (sign != '+' && trimsNewline && at("\n", length))
    ++length;
  advance(length);
  isLineStarting = length != 0 && source[position - 1] == '\n';
}

static char signAt(const std::string &source, size_t place) {
  bool isSign =
      place < source.size() && (source[place] == '-' || source[place] == '+');
  return isSign ? source[place] : ' ';
}

Status Lexer::readComment() {
  char sign = signAt(source, position + 2);
  size_t begin = position + 2 + (sign != ' ');
  size_t end = source.find("#}", begin);
  if (end == std::string::npos)
    return fail("the comment '{#' has no '#}'");
  char last = end > begin ? signAt(source, end - 1) : ' ';
  advance(end - position);
  closeTag(last, 2, true);
  return Status::ok();
}

size_t Lexer::rawTagLength() const {
  size_t place = position + 2 + (signAt(source, position + 2) != ' ');
  place += spacesFrom(place);
  if (source.compare(place, 3, "raw") != 0)
    return 0;
  place += 3;
  place += spacesFrom(place);
  if (source.compare(place, 2, "%}") == 0)
    return place + 2 - position;
  if (source.compare(place, 3, "-%}") == 0)
    return place + 3 + spacesFrom(place + 3) - position;
  return 0;
}

Status Lexer::readRaw(size_t tagLength) {
  advance(tagLength);
  for (size_t open = position;; open += 2) {
    open = source.find("{%", open);
    if (open == std::string::npos)
      return fail("'{% raw %}' has no '{% endraw %}'");
    char sign = signAt(source, open + 2);
    size_t place = open + 2 + (sign != ' ');
    place += spacesFrom(place);
    if (source.compare(place, 6, "endraw") != 0)
      continue;
    place += 6;
    place += spacesFrom(place);
    char last = signAt(source, place);
    if (source.compare(place + (last != ' '), 2, "%}") != 0)
      continue;
    isLineStarting = false;
    addData(open, sign, false);
    advance(place - position);
    closeTag(last, 2 + (last != ' '), true);
    return Status::ok();
  }
}

Status Lexer::readTag(bool isVariable) {
  add(isVariable ? Kind::Open : Kind::BlockOpen, "", line);
  uint32_t begin = line;
  advance(2 + (signAt(source, position + 2) != ' '));
  std::string_view end = isVariable ? "}}" : "%}";
  brackets.clear();
  while (true) {
    advance(spacesFrom(position));
    if (position == source.size())
      return Status::error("line " + std::to_string(begin) + ": the tag '" +
                           (isVariable ? "{{" : "{%") + "' has no '" +
                           std::string(end) + "'");
    if (brackets.empty()) {
      char sign = signAt(source, position);
      // Jinja has no '+}}'.
      if (at(end, sign != ' ') && !(isVariable && sign == '+')) {
        add(isVariable ? Kind::Close : Kind::BlockClose, "", line);
        closeTag(sign, 2 + (sign != ' '), !isVariable);
        return Status::ok();
      }
    }
    WEFT_RETURN_IF_ERROR(readToken());
  }
}

Status Lexer::readToken() {
  char c = source[position];
  if (isNameStart(c)) {
    size_t end = position;
    while (end != source.size() &&
           (isNameStart(source[end]) || isDigit(source[end])))
      ++end;
    add(Kind::Name, source.substr(position, end - position), line);
    advance(end - position);
    return Status::ok();
  }
  if (isDigit(c)) {
    readNumber();
    return Status::ok();
  }
  if (c == '"' || c == '\'')
    return readString();
  for (std::string_view two : {"==", "!=", ">=", "<=", "//", "**"})
    if (at(two)) {
      add(Kind::Operator, std::string(two), line);
      advance(2);
      return Status::ok();
    }
  if (std::string_view("+-/*%~[](){}><=.:|,").find(c) == std::string::npos)
    return fail("unexpected character '" +
                printable(charactersOf(
                    std::string_view(source).substr(position, 4))[0]) +
                "' in a tag");
  if (c == '(' || c == '[' || c == '{')
    brackets += c == '(' ? ')' : c == '[' ? ']' : '}';
  if (c == ')' || c == ']' || c == '}') {
    if (brackets.empty() || brackets.back() != c)
      return fail(std::string("unexpected '") + c + "'");
    brackets.pop_back();
  }
  add(Kind::Operator, std::string(1, c), line);
  advance(1);
  return Status::ok();
}

void Lexer::readNumber() {
  std::string digits;
  size_t end = position;
  auto take = [&] {
    while (end != source.size() && (isDigit(source[end]) || source[end] == '_'))
      if (char c = source[end++]; c != '_')
        digits += c;
  };
  auto digitAt = [&](size_t place) {
    return place < source.size() && isDigit(source[place]);
  };
  take();
  Kind kind = Kind::Integer;
  bool followsDot = !tokens.empty() && tokens.back().is(Kind::Operator, ".");
  if (!followsDot && end != source.size() && source[end] == '.' &&
      digitAt(end + 1)) {
    kind = Kind::Float;
    digits += source[end++];
    take();
  }
  if (!followsDot && end != source.size() && (source[end] | 32) == 'e') {
    size_t sign = signAt(source, end + 1) != ' ';
    if (digitAt(end + 1 + sign)) {
      kind = Kind::Float;
      digits.append(source, end, 1 + sign);
      end += 1 + sign;
      take();
    }
  }
  add(kind, digits, line);
  advance(end - position);
}

Status Lexer::readString() {
  char quote = source[position];
  uint32_t begin = line;
  std::string text;
  advance(1);
  while (position != source.size() && source[position] != quote) {
    if (source[position] == '\\') {
      WEFT_RETURN_IF_ERROR(readEscape(text));
    } else {
      text += source[position];
      advance(1);
    }
  }
  if (position == source.size())
    return Status::error("line " + std::to_string(begin) +
                         ": the text has no closing " + quote);
  advance(1);
  add(Kind::String, std::move(text), begin);
  return Status::ok();
}

/// Python's escapes, but for \N{...}.
Status Lexer::readEscape(std::string &text) {
  advance(1);
  if (position == source.size())
    return Status::ok(); // The caller misses the quote.
  char c = source[position];
  advance(1);
  constexpr std::string_view letters = "abfnrtv\\'\"",
                             values = "\a\b\f\n\r\t\v\\'\"";
  if (size_t place = letters.find(c); place != std::string::npos) {
    text += values[place];
    return Status::ok();
  }
  if (c == '\n')
    return Status::ok();
  size_t count = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  unsigned base = 16;
  if (c >= '0' && c <= '7') {
    --position;
    base = 8;
    while (count != 3 && position + count != source.size() &&
           source[position + count] >= '0' && source[position + count] <= '7')
      ++count;
  }
  if (count == 0) {
    if (c == 'N')
      return fail("the escape '\\N' is not supported; use \\u");
    (text += '\\') += c;
    return Status::ok();
  }
  uint32_t value = 0;
  for (size_t i = 0; i != count; ++i) {
    char digit = position < source.size() ? source[position] | 32 : ' ';
    bool isLetter = digit >= 'a' && digit <= 'f';
    // A digit has bit 32 already.
    if (!isDigit(digit) && !isLetter)
      return fail(std::string("the escape '\\") + c + "' needs " +
                  std::to_string(count) + " digits");
    value = value * base +
            static_cast<uint32_t>(isLetter ? digit - 'a' + 10 : digit - '0');
    advance(1);
  }
  std::string character = encodeCharacter(value);
  if (character.empty())
    return fail(std::string("the escape '\\") + c + "' is no character");
  text += character;
  return Status::ok();
}

StatusOr<std::vector<Token>> Lexer::run() {
  while (true) {
    size_t open = source.find('{', position);
    while (open != std::string::npos &&
           (open + 1 == source.size() ||
            std::string_view("{%#").find(source[open + 1]) ==
                std::string_view::npos))
      open = source.find('{', open + 1);
    if (open == std::string::npos)
      break;
    char kind = source[open + 1];
    addData(open, signAt(source, open + 2), kind == '{');
    size_t raw = kind == '%' ? rawTagLength() : 0;
    Status status = kind == '#' ? readComment()
                    : raw != 0  ? readRaw(raw)
                                : readTag(kind == '{');
    if (!status)
      return status;
  }
  if (position != source.size())
    add(Kind::Data, source.substr(position), line);
  advance(source.size() - position);
  add(Kind::End, "", line);
  return std::move(tokens);
}

StatusOr<std::vector<Token>> weft::jinja::tokenize(std::string_view source) {
  return Lexer(source).run();
}
