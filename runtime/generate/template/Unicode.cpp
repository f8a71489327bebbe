//===- Unicode.cpp - UTF-8 as Python sees it: characters ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/template/Unicode.h"

#include <algorithm>

using namespace weft::jinja;

static size_t sequenceLength(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  size_t length = lead >= 0xf0 && lead < 0xf8   ? 4
                  : lead >= 0xe0 && lead < 0xf0 ? 3
                  : lead >= 0xc2 && lead < 0xe0 ? 2
                                                : 1;
  if (length > text.size())
    return 1;
  for (size_t i = 1; i != length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
      return 1;
  return length;
}

std::vector<std::string_view> weft::jinja::charactersOf(std::string_view text) {
  std::vector<std::string_view> characters;
  while (!text.empty()) {
    size_t length = sequenceLength(text);
    characters.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return characters;
}

size_t weft::jinja::characterCount(std::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    text.remove_prefix(sequenceLength(text));
    ++count;
  }
  return count;
}

bool weft::jinja::isSpace(std::string_view character) {
  if (character.size() == 1) {
    auto c = static_cast<unsigned char>(character[0]);
    return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
  }
  constexpr std::string_view spaces[] = {
      "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
      "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
      "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
  return std::find(std::begin(spaces), std::end(spaces), character) !=
         std::end(spaces);
}

static bool isStripped(std::string_view character,
                       const std::string *characters) {
  if (!characters)
    return isSpace(character);
  for (std::string_view other : charactersOf(*characters))
    if (other == character)
      return true;
  return false;
}

std::string_view weft::jinja::stripLeft(std::string_view text,
                                        const std::string *characters) {
  while (!text.empty()) {
    size_t length = sequenceLength(text);
    if (!isStripped(text.substr(0, length), characters))
      break;
    text.remove_prefix(length);
  }
  return text;
}

std::string_view weft::jinja::stripRight(std::string_view text,
                                         const std::string *characters) {
  while (!text.empty()) {
    size_t begin = text.size() - 1;
    for (size_t back = 0;
         back != 3 && begin != 0 &&
         (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80;
         ++back)
      --begin;
    if (begin + sequenceLength(text.substr(begin)) != text.size())
      begin = text.size() - 1;
    if (!isStripped(text.substr(begin), characters))
      break;
    text = text.substr(0, begin);
  }
  return text;
}

std::string_view weft::jinja::strip(std::string_view text,
                                    const std::string *characters) {
  return stripRight(stripLeft(text, characters), characters);
}

static char upper(char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

std::string weft::jinja::toUpper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), upper);
  return result;
}

std::string weft::jinja::toLower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string weft::jinja::toCapitalized(std::string_view text) {
  std::string result = toLower(text);
  if (!result.empty())
    result[0] = upper(result[0]);
  return result;
}

std::string weft::jinja::toTitle(std::string_view text) {
  std::string result = toLower(text);
  bool isInside = false;
  for (char &c : result) {
    bool isLetter = (c >= 'a' && c <= 'z') || (c & 0x80);
    if (isLetter && !isInside)
      c = upper(c);
    isInside = isLetter;
  }
  return result;
}

std::string weft::jinja::encodeCharacter(uint32_t c) {
  auto byte = [](uint32_t value) { return static_cast<char>(value); };
  auto next = [&](unsigned shift) { return byte(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80)
    return {byte(c)};
  if (c < 0x800)
    return {byte(0xc0 | c >> 6), next(0)};
  if (c >= 0xd800 && c < 0xe000)
    return "";
  if (c < 0x10000)
    return {byte(0xe0 | c >> 12), next(6), next(0)};
  if (c < 0x110000)
    return {byte(0xf0 | c >> 18), next(12), next(6), next(0)};
  return "";
}
