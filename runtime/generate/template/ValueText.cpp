//===- ValueText.cpp - Values as Python and JSON write them ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/template/Unicode.h"
#include "runtime/generate/template/Value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

using namespace weft::jinja;

std::string weft::jinja::numberText(double number) {
  if (std::isnan(number))
    return "nan";
  if (std::isinf(number))
    return number < 0 ? "-inf" : "inf";
  // The fewest digits that read as the same number, as Python has them, which
  // writes an exponent below 1e-4 and from 1e16 on.
  char buffer[64];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), number,
                                    std::chars_format::scientific);
  std::string text(buffer, end);
  int exponent = std::atoi(text.c_str() + text.find('e') + 1);
  if (exponent < -4 || exponent >= 16)
    return text;
  end = std::to_chars(buffer, buffer + sizeof(buffer), number,
                      std::chars_format::fixed)
            .ptr;
  text.assign(buffer, end);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

static std::string quotedText(const std::string &text) {
  bool isDouble = text.find('\'') != std::string::npos &&
                  text.find('"') == std::string::npos;
  char quote = isDouble ? '"' : '\'';
  std::string shown(1, quote);
  for (char c : text) {
    char escape[8];
    if (c == quote || c == '\\')
      (shown += '\\') += c;
    else if (c == '\n')
      shown += "\\n";
    else if (c == '\r')
      shown += "\\r";
    else if (c == '\t')
      shown += "\\t";
    else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      std::snprintf(escape, sizeof(escape), "\\x%02x",
                    static_cast<unsigned char>(c));
      shown += escape;
    } else
      shown += c;
  }
  return shown + quote;
}

std::string weft::jinja::toText(const Value &value) {
  if (const std::string *text = value.text())
    return *text;
  return value.isUndefined() ? "" : toRepr(value);
}

std::string weft::jinja::toRepr(const Value &value) {
  if (const std::string *text = value.text())
    return quotedText(*text);
  if (value.isUndefined())
    return "Undefined";
  if (value.isNone())
    return "None";
  if (const bool *boolean = value.boolean())
    return *boolean ? "True" : "False";
  if (std::optional<int64_t> integer = value.integer())
    return std::to_string(*integer);
  if (const double *real = value.real())
    return numberText(*real);
  std::string text;
  auto separate = [&] { text += text.empty() ? "" : ", "; };
  if (const List *list = value.list()) {
    for (const Value &item : list->items) {
      separate();
      text += toRepr(item);
    }
    if (!list->isTuple)
      return "[" + text + "]";
    return "(" + text + (list->items.size() == 1 ? ",)" : ")");
  }
  if (const Dict *dict = value.dict()) {
    for (const auto &[key, entry] : dict->entries) {
      separate();
      text += quotedText(key) + ": " + toRepr(entry);
    }
    return "{" + text + "}";
  }
  return std::string("<") + value.typeName() + ">";
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static std::string jsonString(const std::string &text) {
  std::string shown = "\"";
  for (char c : text) {
    char escape[8];
    if (c == '"' || c == '\\')
      (shown += '\\') += c;
    else if (c == '\n')
      shown += "\\n";
    else if (c == '\r')
      shown += "\\r";
    else if (c == '\t')
      shown += "\\t";
    else if (c == '\b')
      shown += "\\b";
    else if (c == '\f')
      shown += "\\f";
    else if (static_cast<unsigned char>(c) < ' ') {
      std::snprintf(escape, sizeof(escape), "\\u%04x",
                    static_cast<unsigned char>(c));
      shown += escape;
    } else
      shown += c;
  }
  return shown + '"';
}

namespace {
struct JsonWriter {
  int64_t indent;
  bool sortsKeys;
  std::string text = {};
  bool isComplete = true;

  void newLine(int64_t level) {
    if (indent >= 0)
      text += '\n' + std::string(static_cast<size_t>(indent * level), ' ');
  }
  void separate(bool isFirst, int64_t level) {
    if (!isFirst)
      text += indent >= 0 ? "," : ", ";
    newLine(level);
  }
  void write(const Value &value, int64_t level);
};
} // namespace

void JsonWriter::write(const Value &value, int64_t level) {
  if (value.isNone()) {
    text += "null";
  } else if (const bool *boolean = value.boolean()) {
    text += *boolean ? "true" : "false";
  } else if (std::optional<int64_t> integer = value.integer()) {
    text += std::to_string(*integer);
  } else if (const double *real = value.real()) {
    text += std::isnan(*real)   ? "NaN"
            : std::isinf(*real) ? (*real < 0 ? "-Infinity" : "Infinity")
                                : numberText(*real);
  } else if (const std::string *string = value.text()) {
    text += jsonString(*string);
  } else if (const List *list = value.list()) {
    text += '[';
    for (const Value &item : list->items) {
      separate(&item == list->items.data(), level + 1);
      write(item, level + 1);
    }
    if (!list->items.empty())
      newLine(level);
    text += ']';
  } else if (const Dict *dict = value.dict()) {
    std::vector<const std::pair<std::string, Value> *> entries;
    for (const auto &entry : dict->entries)
      entries.push_back(&entry);
    if (sortsKeys)
      std::sort(entries.begin(), entries.end(), [](auto *left, auto *right) {
        return left->first < right->first;
      });
    text += '{';
    for (const auto *entry : entries) {
      separate(entry == entries.front(), level + 1);
      text += jsonString(entry->first) + ": ";
      write(entry->second, level + 1);
    }
    if (!entries.empty())
      newLine(level);
    text += '}';
  } else {
    isComplete = false;
  }
}

std::optional<std::string> weft::jinja::toJson(const Value &value,
                                               int64_t indent, bool sortsKeys) {
  JsonWriter writer{indent, sortsKeys};
  writer.write(value, 0);
  if (!writer.isComplete)
    return std::nullopt;
  return std::move(writer.text);
}
