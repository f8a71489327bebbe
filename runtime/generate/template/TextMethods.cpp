//===- TextMethods.cpp - Python's methods of str --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/generate/template/Interpreter.h"
#include "runtime/generate/template/Unicode.h"

#include <algorithm>

using namespace weft;
using namespace weft::jinja;

static constexpr uint64_t itemWork = 48;

const std::string &Interpreter::expectText(const Value &value,
                                           const char *what) {
  static const std::string none;
  if (const std::string *string = value.text())
    return *string;
  fail("'" + std::string(what) + "' takes a text, not " + value.typeName());
  return none;
}

int64_t Interpreter::expectInteger(const Value &value, const char *what) {
  if (std::optional<int64_t> integer = value.integer())
    return *integer;
  fail("'" + std::string(what) + "' takes an integer, not " + value.typeName());
  return 0;
}

Value Interpreter::splitText(const std::string &self,
                             const std::vector<Value> &arguments,
                             bool fromRight) {
  const char *name = fromRight ? "rsplit" : "split";
  int64_t limit =
      arguments[1].isUndefined() ? -1 : expectInteger(arguments[1], name);
  bool isAtSpaces = arguments[0].isUndefined() || arguments[0].isNone();
  const std::string &separator =
      isAtSpaces ? self : expectText(arguments[0], name);
  if (!isAtSpaces && separator.empty())
    fail("the separator of '" + std::string(name) + "' is empty");
  if (failed())
    return Value();
  std::string_view rest = self;
  std::vector<Value> parts;
  auto isDone = [&] {
    return !spend(itemWork) ||
           (limit >= 0 && parts.size() == static_cast<size_t>(limit));
  };
  if (isAtSpaces && fromRight && limit >= 0)
    return fail("'rsplit' at white space with a limit is not supported");
  if (isAtSpaces) {
    for (rest = stripLeft(rest); !rest.empty(); rest = stripLeft(rest)) {
      if (isDone()) {
        parts.push_back(rest);
        break;
      }
      size_t length = 0;
      while (length != rest.size() &&
             stripLeft(rest.substr(length, 3)).data() == rest.data() + length &&
             !stripLeft(rest.substr(length, 3)).empty())
        ++length;
      parts.push_back(rest.substr(0, length));
      rest.remove_prefix(length);
    }
  } else if (fromRight) {
    size_t place;
    while (!isDone() &&
           (place = rest.rfind(separator)) != std::string_view::npos) {
      parts.push_back(rest.substr(place + separator.size()));
      rest = rest.substr(0, place);
    }
    parts.push_back(rest);
    std::reverse(parts.begin(), parts.end());
  } else {
    size_t place;
    while (!isDone() &&
           (place = rest.find(separator)) != std::string_view::npos) {
      parts.push_back(rest.substr(0, place));
      rest.remove_prefix(place + separator.size());
    }
    parts.push_back(rest);
  }
  return made(std::move(parts));
}

Value Interpreter::replaceText(const std::string &self, const Value &from,
                               const Value &to, const Value &count) {
  const std::string &old = expectText(from, "replace"),
                    &replacement = expectText(to, "replace");
  int64_t limit = count.isUndefined() || count.isNone()
                      ? -1
                      : expectInteger(count, "replace");
  std::string result;
  size_t place = 0, replaced = 0;
  while (!failed() && place <= self.size() &&
         (limit < 0 || replaced != static_cast<size_t>(limit))) {
    size_t found = self.find(old, place);
    if (found == std::string::npos || !spend(replacement.size() + 1))
      break;
    result.append(self, place, found - place);
    result += replacement;
    place = found + old.size();
    ++replaced;
    // An empty text is found before each character, and at the end.
    if (old.empty()) {
      if (found == self.size())
        return result;
      size_t length =
          charactersOf(std::string_view(self).substr(found, 4))[0].size();
      result.append(self, found, length);
      place = found + length;
    }
  }
  return result + self.substr(std::min(place, self.size()));
}

static bool everyCharacter(const std::string &text, auto holds) {
  return !text.empty() && std::all_of(text.begin(), text.end(), holds);
}

Value Interpreter::callTextMethod(const std::string &self,
                                  const std::string &name,
                                  const Arguments &arguments) {
  // Looking at the text, and making another one of it.
  if (!spend(2 * self.size()))
    return Value();
  auto bound = [&](std::initializer_list<std::string_view> names) {
    return bind(name, arguments, names);
  };
  if (name == "strip" || name == "lstrip" || name == "rstrip") {
    std::vector<Value> given = bound({"chars"});
    const std::string *characters = nullptr;
    if (!given[0].isUndefined() && !given[0].isNone())
      characters = &expectText(given[0], name.c_str());
    if (!spend(self.size() * (characters ? characters->size() : 0)))
      return Value();
    return name == "strip"    ? strip(self, characters)
           : name == "lstrip" ? stripLeft(self, characters)
                              : stripRight(self, characters);
  }
  if (name == "split" || name == "rsplit")
    return splitText(self, bound({"sep", "maxsplit"}), name == "rsplit");
  if (name == "replace") {
    std::vector<Value> given = bound({"old", "new", "count"});
    return replaceText(self, given[0], given[1], given[2]);
  }
  if (name == "startswith" || name == "endswith") {
    std::vector<Value> given = bound({"prefix"});
    std::vector<Value> options = {given[0]};
    if (given[0].list())
      options = given[0].list()->items;
    for (const Value &option : options) {
      const std::string &part = expectText(option, name.c_str());
      if (!failed() && spend(part.size()) &&
          (name == "startswith" ? self.starts_with(part)
                                : self.ends_with(part)))
        return true;
    }
    return false;
  }
  if (name == "find" || name == "rfind" || name == "index" || name == "count") {
    std::vector<Value> given = bound({"sub"});
    const std::string &part = expectText(given[0], name.c_str());
    if (name == "count") {
      if (part.empty())
        return static_cast<int64_t>(characterCount(self) + 1);
      int64_t count = 0;
      for (size_t place = 0;
           (place = self.find(part, place)) != std::string::npos;
           place += part.size())
        ++count;
      return count;
    }
    size_t place = name == "rfind" ? self.rfind(part) : self.find(part);
    if (place != std::string::npos)
      return static_cast<int64_t>(
          characterCount(std::string_view(self).substr(0, place)));
    if (name == "index")
      return fail("'index' did not find the text");
    return int64_t(-1);
  }
  if (name == "join") {
    std::vector<Value> given = bound({"iterable"});
    std::string joined;
    bool isFirst = true;
    for (const Value &item : iterate(given[0])) {
      const std::string &part = expectText(item, "join");
      if (failed() || !spend(part.size() + self.size()))
        break;
      joined += (isFirst ? "" : self) + part;
      isFirst = false;
    }
    return joined;
  }
  if (name == "removeprefix" || name == "removesuffix") {
    std::vector<Value> given = bound({"part"});
    const std::string &part = expectText(given[0], name.c_str());
    if (name == "removeprefix")
      return self.starts_with(part) ? self.substr(part.size()) : self;
    return self.ends_with(part) ? self.substr(0, self.size() - part.size())
                                : self;
  }
  if (name == "splitlines") {
    std::vector<Value> given = bound({"keepends"}), lines;
    bool keeps = given[0].isTrue();
    for (size_t place = 0; place < self.size() && spend(itemWork);) {
      size_t end = self.find_first_of("\n\r", place);
      size_t next = end == std::string::npos ? self.size() : end + 1;
      if (end != std::string::npos && self.compare(end, 2, "\r\n") == 0)
        ++next;
      lines.push_back(self.substr(
          place, (keeps ? next : std::min(end, self.size())) - place));
      place = next;
    }
    return made(std::move(lines));
  }
  bound({});
  auto isUpper = [](char c) { return c >= 'A' && c <= 'Z'; };
  auto isLower = [](char c) { return c >= 'a' && c <= 'z'; };
  auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  auto isLetter = [&](char c) { return isUpper(c) || isLower(c) || c & 0x80; };
  if (name == "upper")
    return toUpper(self);
  if (name == "lower")
    return toLower(self);
  if (name == "title")
    return toTitle(self);
  if (name == "capitalize")
    return toCapitalized(self);
  if (name == "isdigit")
    return everyCharacter(self, isDigit);
  if (name == "isalpha")
    return everyCharacter(self, isLetter);
  if (name == "isalnum")
    return everyCharacter(self,
                          [&](char c) { return isLetter(c) || isDigit(c); });
  if (name == "isspace")
    return !self.empty() && stripLeft(self).empty();
  if (name == "isupper")
    return std::any_of(self.begin(), self.end(), isUpper) &&
           std::none_of(self.begin(), self.end(), isLower);
  return std::any_of(self.begin(), self.end(), isLower) &&
         std::none_of(self.begin(), self.end(), isUpper);
}
