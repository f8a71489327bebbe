//===- Forms.cpp - Read the forms of Opcodes.def --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Forms.h"

#include <cassert>
#include <charconv>
#include <initializer_list>

using namespace weft;
using namespace weft::cusim::ptx;

/// Reads "8" at the front of the text, and drops it.
static std::optional<uint64_t> takeNumber(std::string_view &text) {
  uint64_t number;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc())
    return std::nullopt;
  text.remove_prefix(end - text.data());
  return number;
}

static bool takeFront(std::string_view &text, char c) {
  if (!text.starts_with(c))
    return false;
  text.remove_prefix(1);
  return true;
}

/// m16n8k16, m8n8, m64nNk16.
static std::optional<MatrixShape> shapeOf(std::string_view text) {
  MatrixShape shape;
  struct Part {
    char letter;
    uint16_t &extent;
  };
  for (auto [letter, extent] :
       {Part{'m', shape.m}, Part{'n', shape.n}, Part{'k', shape.k}}) {
    if (letter == 'k' && text.empty())
      return shape;
    if (!takeFront(text, letter))
      return std::nullopt;
    if (takeFront(text, 'N')) {
      extent = AnyColumns;
      continue;
    }
    std::optional<uint64_t> number = takeNumber(text);
    if (!number || *number == 0 || *number > 1024)
      return std::nullopt;
    extent = uint16_t(*number);
  }
  if (!text.empty())
    return std::nullopt;
  return shape;
}

std::optional<Word> cusim::ptx::wordOf(std::string_view text) {
  if (std::optional<Type> type = typeOf(text))
    return Word{Word::Kind::Type, uint16_t(*type), {}};
  if (std::optional<Modifier> modifier = modifierOf(text))
    return Word{Word::Kind::Modifier, uint16_t(*modifier), {}};
  if (std::optional<MatrixShape> shape = shapeOf(text))
    return Word{Word::Kind::Shape, 0, *shape};
  return std::nullopt;
}

/// The text up to the separator, which is dropped.
static std::string_view takeUntil(std::string_view &text, char separator) {
  size_t at = std::min(text.find(separator), text.size());
  std::string_view part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

static WordGroup readGroup(std::string_view text) {
  WordGroup group;
  if (text.ends_with('?')) {
    group.isOptional = true;
    text.remove_suffix(1);
  }
  while (!text.empty()) {
    std::optional<Word> word = wordOf(takeUntil(text, '|'));
    assert(word && "a form has a word that Words.def does not have");
    group.words.push_back(*word);
  }
  return group;
}

static OperandForm readOperand(std::string_view text) {
  OperandForm operand;
  operand.isJoined = takeFront(text, '|');
  if (text.ends_with('?')) {
    operand.isOptional = true;
    text.remove_suffix(1);
  }
  operand.letter = text.front();
  text.remove_prefix(1);
  if (std::optional<uint64_t> elements = takeNumber(text))
    operand.elements = uint16_t(*elements);
  else if (takeFront(text, '/'))
    operand.columnsPerElement = uint16_t(*takeNumber(text));
  operand.isWider = takeFront(text, '+');
  if (takeFront(text, ':')) {
    if (takeFront(text, 'w')) {
      operand.typeSource = OperandForm::TypeSource::TwiceAsWide;
    } else if (takeFront(text, '*')) {
      operand.typeSource = OperandForm::TypeSource::Any;
    } else if (std::optional<uint64_t> number = takeNumber(text)) {
      operand.typeNumber = uint8_t(*number);
    } else {
      operand.typeSource = OperandForm::TypeSource::Named;
      operand.type = *typeOf(text);
      text = {};
    }
  } else if (takeFront(text, '<')) {
    operand.limit = *takeNumber(text);
  } else if (takeFront(text, '=')) {
    do
      operand.values.push_back(*takeNumber(text));
    while (takeFront(text, '|'));
  }
  assert(text.empty() && "an operand of a form that nothing understands");
  return operand;
}

static Form readForm(std::string_view text) {
  Form form;
  form.isAnyOrder = takeFront(text, '~');
  bool isAfterColon = false;
  while (!text.empty()) {
    std::string_view part = takeUntil(text, ' ');
    if (part.empty())
      continue;
    if (part == ":")
      isAfterColon = true;
    else if (part == "*")
      form.isOwnSyntax = true;
    else if (isAfterColon)
      form.operands.push_back(readOperand(part));
    else
      form.groups.push_back(readGroup(part));
  }
  return form;
}

const std::vector<Form> &cusim::ptx::formsOf(Opcode opcode) {
  static const std::vector<std::vector<Form>> table = [] {
    std::vector<std::vector<Form>> result;
    auto add = [&](std::initializer_list<const char *> texts) {
      std::vector<Form> &forms = result.emplace_back();
      for (const char *text : texts)
        forms.push_back(readForm(text));
    };
#define CUSIM_OPCODE(NAME, TEXT, ...) add({__VA_ARGS__});
#include "runtime/cusim/ptx/Opcodes.def"
    return result;
  }();
  return table[size_t(opcode)];
}
