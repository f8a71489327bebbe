//===- RegexSyntax.cpp - Oniguruma's syntax in PCRE2's --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/RegexSyntax.h"

#include "runtime/base/Text.h"

#include <cctype>

namespace weft {
namespace {

// The insides of character classes. PCRE2's own \s has U+180E, its \w no marks.
constexpr std::string_view whiteSpace =
    "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}"
    "\\x{2029}\\x{202f}\\x{205f}\\x{3000}";
constexpr std::string_view notWhiteSpace = "\\S\\x{180e}";
constexpr std::string_view word =
    "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}"
    "\\x{1f150}-\\x{1f169}\\x{1f170}-\\x{1f189}";
// Outside of classes, Oniguruma's \w has the superscripts and fractions of
// Latin-1 too.
constexpr std::string_view alsoWord = "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";
constexpr std::string_view hexadecimalDigit = "0-9a-fA-F";

/// Reads from left to right and writes the translation.
class Translator {
public:
  explicit Translator(std::string_view text) : text(text) {}

  StatusOr<std::string> run() {
    while (position != text.size()) {
      char c = text[position];
      Status status = c == '\\'  ? escape(/*inClass=*/false)
                      : c == '[' ? characterClass()
                      : c == '(' ? group()
                                 : literal();
      if (!status)
        return status;
    }
    return std::move(result);
  }

private:
  bool starts(std::string_view what) const {
    return text.substr(position).starts_with(what);
  }
  void copy(size_t length) {
    result += text.substr(position, length);
    position += length;
  }
  Status unsupported(std::string_view what) const {
    return Status::error("the regular expression '" + printable(text) +
                         "' has " + std::string(what) +
                         " that cannot be translated for PCRE2");
  }

  Status literal() {
    if (starts("}+"))
      return unsupported("a '+' after a counted repetition");
    copy(1);
    return Status::ok();
  }

  Status escape(bool inClass) {
    if (position + 1 == text.size())
      return unsupported("a backslash at its end");
    char letter = text[position + 1];
    auto set = [&](std::string_view members, bool negated) {
      position += 2;
      if (inClass)
        result += members;
      else
        result += (negated ? "[^" : "[") + std::string(members) + "]";
      return Status::ok();
    };
    switch (letter) {
    case 's':
      return set(whiteSpace, false);
    case 'S':
      return inClass ? set(notWhiteSpace, false) : set(whiteSpace, true);
    case 'w':
      return set(std::string(word) + std::string(inClass ? "" : alsoWord),
                 false);
    case 'h':
      return set(hexadecimalDigit, false);
    case 'W':
    case 'H':
      if (inClass)
        return unsupported(std::string("\\") + letter + " inside a class");
      return set(letter == 'W' ? std::string(word) + std::string(alsoWord)
                               : std::string(hexadecimalDigit),
                 true);
    case 'u': {
      std::string_view digits = text.substr(position + 2, 4);
      for (char digit : digits)
        if (!std::isxdigit(static_cast<unsigned char>(digit)))
          return unsupported("an \\u without four digits");
      if (digits.size() != 4)
        return unsupported("an \\u without four digits");
      result += "\\x{" + std::string(digits) + "}";
      position += 6;
      return Status::ok();
    }
    // Other things in the two syntaxes.
    case 'g':
    case 'k':
    case 'K':
    case 'N':
    case 'O':
    case 'C':
    case 'Q':
    case 'E':
    case 'M':
    case 'y':
    case 'Y':
      return unsupported(std::string("\\") + letter);
    case 'p':
    case 'P':
      return property();
    case 'x': {
      size_t end = text.find('}', position);
      bool braces = text.substr(position + 2).starts_with('{') &&
                    end != std::string_view::npos;
      copy(braces ? end + 1 - position : 2);
      return Status::ok();
    }
    default:
      copy(2);
      return Status::ok();
    }
  }

  /// \p{Name}: a category of one or two letters, a property, or a script. PCRE2
  /// takes a script's bare name for all characters that are used with it.
  Status property() {
    size_t end = text.find('}', position);
    if (!text.substr(position + 2).starts_with('{') ||
        end == std::string_view::npos)
      return unsupported("a property without braces");
    std::string_view name = text.substr(position + 3, end - position - 3);
    result += text.substr(position, 3);
    if (name.starts_with('^')) {
      result += '^';
      name.remove_prefix(1);
    }
    static constexpr std::pair<std::string_view, std::string_view>
        properties[] = {{"Any", "Any"},
                        {"Alpha", "Alphabetic"},
                        {"Alphabetic", "Alphabetic"},
                        {"Digit", "Nd"},
                        {"Emoji", "Emoji"},
                        {"Extended_Pictographic", "Extended_Pictographic"},
                        {"Lower", "Lowercase"},
                        {"Lowercase", "Lowercase"},
                        {"Space", "White_Space"},
                        {"Upper", "Uppercase"},
                        {"Uppercase", "Uppercase"},
                        {"White_Space", "White_Space"}};
    std::string translated = (name.size() > 2 ? "sc:" : "") + std::string(name);
    for (auto [known, ours] : properties)
      if (known == name)
        translated = ours;
    result += translated + "}";
    position = end + 1;
    return Status::ok();
  }

  Status characterClass() {
    copy(starts("[^") ? 2 : 1);
    if (starts("]"))
      return unsupported("a class that starts with ']'");
    while (position != text.size()) {
      Status status = Status::ok();
      if (starts("[:punct:]")) {
        result += "\\p{P}\\p{S}";
        position += 9;
      } else if (starts("[:^") || starts("[:word:]") || starts("[:graph:]") ||
                 starts("[:print:]")) {
        return unsupported("a POSIX class");
      } else if (starts("[:space:]")) {
        result += whiteSpace;
        position += 9;
      } else if (starts("[:")) {
        size_t end = text.find(":]", position);
        if (end == std::string_view::npos)
          return unsupported("a POSIX class without end");
        copy(end + 2 - position);
      } else if (starts("[")) {
        return unsupported("a class inside a class");
      } else if (starts("&&")) {
        return unsupported("an intersection of classes");
      } else if (starts("\\")) {
        status = escape(/*inClass=*/true);
      } else if (starts("]")) {
        copy(1);
        return Status::ok();
      } else {
        copy(1);
      }
      if (!status)
        return status;
    }
    return unsupported("a class without end");
  }

  Status group() {
    if (starts("(*"))
      return unsupported("'(*'");
    if (!starts("(?")) {
      copy(1);
      return Status::ok();
    }
    copy(2);
    for (std::string_view known : {"=", "!", "<=", "<!", ">", ":"})
      if (starts(known)) {
        copy(known.size());
        return Status::ok();
      }
    // Options: (?i), (?m-x:...). Ruby's m is PCRE2's s.
    for (; position != text.size(); ++position) {
      char c = text[position];
      if (c == ')' || c == ':') {
        copy(1);
        return Status::ok();
      }
      if (c != 'i' && c != 'm' && c != 'x' && c != '-')
        break;
      result += c == 'm' ? 's' : c;
    }
    return unsupported("a kind of group");
  }

  std::string_view text;
  size_t position = 0;
  std::string result;
};

} // namespace

StatusOr<std::string> translateOniguruma(std::string_view expression) {
  return Translator(expression).run();
}

} // namespace weft
