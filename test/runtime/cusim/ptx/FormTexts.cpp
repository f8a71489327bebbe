//===- FormTexts.cpp - Instructions of every form -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/FormTexts.h"

#include "runtime/cusim/ptx/Forms.h"

#include <set>

using namespace weft::cusim;
using namespace weft::cusim::ptx;

namespace {

/// One instruction of a form.
class Writer {
public:
  Writer(Opcode opcode, const Form &form, const std::vector<Word> &words,
         bool hasOptional);

  std::string text;

private:
  void addOperand(const OperandForm &one);
  void addElements(const OperandForm &one, unsigned count);
  std::string registerOf(const OperandForm &one);
  Type typeOf(const OperandForm &one) const;
  std::string named(char letter) {
    return "%" + std::string(1, letter) + std::to_string(number++);
  }

  std::vector<Type> types;
  unsigned columns = 0, vectorLength = 0, dimensions = 0;
  unsigned number = 1;
};

} // namespace

Writer::Writer(Opcode opcode, const Form &form, const std::vector<Word> &words,
               bool hasOptional)
    : text(textOf(opcode)) {
  for (const Word &word : words) {
    if (word.kind == Word::Kind::Shape) {
      columns = word.shape.n == AnyColumns ? 8 : word.shape.n;
      text += ".m" + std::to_string(word.shape.m) + "n" +
              std::to_string(columns) +
              (word.shape.k ? "k" + std::to_string(word.shape.k) : "");
    } else if (word.kind == Word::Kind::Type) {
      types.push_back(Type(word.value));
      text += "." + std::string(textOf(types.back()));
    } else {
      Modifier modifier = Modifier(word.value);
      std::string_view modifierText = textOf(modifier);
      text += "." + std::string(modifierText);
      if (modifier == Modifier::V2 || modifier == Modifier::V4 ||
          modifier == Modifier::V8)
        vectorLength = unsigned(modifierText[1] - '0');
      if (modifierText.size() == 2 && modifierText[1] == 'd')
        dimensions = unsigned(modifierText[0] - '0');
    }
  }
  const char *separator = " ";
  for (const OperandForm &one : form.operands) {
    if (one.isOptional && !hasOptional)
      continue;
    text += one.isJoined ? "|" : separator;
    separator = ", ";
    addOperand(one);
  }
  text += ";";
}

Type Writer::typeOf(const OperandForm &one) const {
  using Source = OperandForm::TypeSource;
  switch (one.typeSource) {
  case Source::Named:
    return one.type;
  case Source::TwiceAsWide:
    return bitsOf(types[0]) == 16 ? Type::B32 : Type::B64;
  case Source::Numbered:
    if (one.typeNumber < types.size())
      return types[one.typeNumber];
    [[fallthrough]];
  case Source::Any:
    return Type::B64;
  }
  return Type::None;
}

std::string Writer::registerOf(const OperandForm &one) {
  Type type = typeOf(one);
  switch (type) {
  case Type::Pred:
    return named('p');
  case Type::F32:
    return named('f');
  case Type::F64:
    return named('g');
  default:
    break;
  }
  switch (bitsOf(type)) {
  case 8:
  case 16:
    return named('h');
  case 64:
    return named('d');
  case 128:
    return named('q');
  default:
    return named('r');
  }
}

void Writer::addElements(const OperandForm &one, unsigned count) {
  text += "{";
  for (unsigned i = 0; i < count; ++i)
    text += (i ? "," : "") + registerOf(one);
  text += "}";
}

void Writer::addOperand(const OperandForm &one) {
  switch (one.letter) {
  case 'm':
    text += "[" + named('d') + "]";
    return;
  case 't':
    text += "[" + named('d') + ", {";
    for (unsigned i = 0; i < dimensions; ++i)
      text += (i ? "," : "") + named('r');
    text += "}]";
    return;
  case 'i':
    text += std::to_string(one.values.empty() ? 1 : one.values.back());
    return;
  case 'b':
    text += "list";
    return;
  case '_':
    text += "_";
    return;
  case 'u':
  case 'p': {
    unsigned bits = bitsOf(types[0]) / 2;
    char letter = bits == 8 ? 'b' : bits == 16 ? 'h' : bits == 32 ? 'r' : 'd';
    std::string first = named(letter);
    text += "{" + first + "," + named(letter) + "}";
    return;
  }
  case 'D':
  case 'A':
    if (vectorLength)
      addElements(one, vectorLength);
    else
      text += registerOf(one);
    return;
  default:
    break;
  }
  unsigned elements =
      one.columnsPerElement ? columns / one.columnsPerElement : one.elements;
  if (elements)
    addElements(one, elements);
  else
    text += registerOf(one);
}

/// The form's words: of group `chosen` number `word`, of others the first; all
/// of them, or only those that must stand.
static std::vector<Word> wordsOf(const Form &form, size_t chosen, size_t word,
                                 bool hasOptional) {
  std::vector<Word> words;
  for (size_t i = 0; i < form.groups.size(); ++i)
    if (i == chosen || hasOptional || !form.groups[i].isOptional)
      words.push_back(form.groups[i].words[i == chosen ? word : 0]);
  return words;
}

/// `.v2.b128` and the like.
static bool isTooWide(const std::vector<Word> &words) {
  bool isVector = false, isWide = false;
  for (const Word &word : words) {
    isVector |= word.kind == Word::Kind::Modifier &&
                (Modifier(word.value) == Modifier::V2 ||
                 Modifier(word.value) == Modifier::V4);
    isWide |= word.kind == Word::Kind::Type && Type(word.value) == Type::B128;
  }
  return isVector && isWide;
}

std::vector<std::string> ptx::formTexts(Opcode opcode) {
  std::set<std::string> texts;
  for (const Form &form : formsOf(opcode)) {
    if (form.isOwnSyntax)
      continue;
    for (bool hasOptionalWords : {false, true})
      for (bool hasOptionalOperands : {false, true})
        for (size_t group = 0; group <= form.groups.size(); ++group) {
          size_t count =
              group < form.groups.size() ? form.groups[group].words.size() : 1;
          for (size_t word = 0; word < count; ++word) {
            std::vector<Word> words =
                wordsOf(form, group, word, hasOptionalWords);
            if (!isTooWide(words))
              texts.insert(
                  Writer(opcode, form, words, hasOptionalOperands).text);
          }
        }
  }
  return {texts.begin(), texts.end()};
}
