//===- MatchWords.cpp - An instruction's words against its forms ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Forms.h"

#include <algorithm>
#include <set>

using namespace weft;
using namespace weft::cusim::ptx;

namespace {

/// Matches words with the groups of forms. To explain a failure, it remembers
/// what would have brought it further where it came furthest.
class Matcher {
public:
  Matcher(const std::vector<Word> &words, bool explains)
      : words(words), explains(explains) {}

  bool match(const Form &form) {
    return form.isAnyOrder ? matchAnyOrder(form, 0, 0) : matchRest(form, 0, 0);
  }

  size_t getFurthest() const { return furthest; }
  std::string getExpected() const;

private:
  /// The groups from `group` on with the words from `word` on.
  bool matchRest(const Form &form, size_t group, size_t word);
  /// The groups that are no bits of `taken`.
  bool matchAnyOrder(const Form &form, uint32_t taken, size_t word);
  bool isIn(const WordGroup &group, size_t word) const;
  void expectAt(size_t word, const WordGroup *group);

  const std::vector<Word> &words;
  bool explains;
  size_t furthest = 0;
  std::set<std::string> expected;
};

} // namespace

static bool isEqual(const Word &form, const Word &found) {
  if (form.kind != found.kind)
    return false;
  if (form.kind != Word::Kind::Shape)
    return form.value == found.value;
  // Of wgmma: n in steps of 8.
  if (form.shape.n == AnyColumns)
    return form.shape.m == found.shape.m && form.shape.k == found.shape.k &&
           found.shape.n % 8 == 0 && found.shape.n <= 256;
  return form.shape == found.shape;
}

static std::string textOf(const Word &word) {
  switch (word.kind) {
  case Word::Kind::Modifier:
    return std::string(textOf(Modifier(word.value)));
  case Word::Kind::Type:
    return std::string(textOf(Type(word.value)));
  case Word::Kind::Shape:
    break;
  }
  const MatrixShape &shape = word.shape;
  std::string n =
      shape.n == AnyColumns ? std::string("N") : std::to_string(shape.n);
  return "m" + std::to_string(shape.m) + "n" + n +
         (shape.k ? "k" + std::to_string(shape.k) : std::string());
}

void Matcher::expectAt(size_t word, const WordGroup *group) {
  if (!explains || word < furthest)
    return;
  if (word > furthest)
    expected.clear();
  furthest = word;
  if (group)
    for (const Word &one : group->words)
      expected.insert("." + textOf(one));
  else
    expected.insert("the operands");
}

bool Matcher::isIn(const WordGroup &group, size_t word) const {
  return word < words.size() &&
         std::any_of(
             group.words.begin(), group.words.end(),
             [&](const Word &one) { return isEqual(one, words[word]); });
}

bool Matcher::matchRest(const Form &form, size_t group, size_t word) {
  if (group == form.groups.size()) {
    if (word == words.size())
      return true;
    expectAt(word, nullptr);
    return false;
  }
  const WordGroup &next = form.groups[group];
  bool isFound = isIn(next, word);
  if (isFound && matchRest(form, group + 1, word + 1))
    return true;
  if (!isFound)
    expectAt(word, &next);
  return next.isOptional && matchRest(form, group + 1, word);
}

bool Matcher::matchAnyOrder(const Form &form, uint32_t taken, size_t word) {
  bool isComplete = word == words.size();
  for (size_t i = 0; i < form.groups.size(); ++i) {
    const WordGroup &group = form.groups[i];
    if (taken & 1u << i)
      continue;
    isComplete &= group.isOptional;
    if (!isIn(group, word))
      expectAt(word, &group);
    else if (matchAnyOrder(form, taken | 1u << i, word + 1))
      return true;
  }
  return isComplete;
}

std::string Matcher::getExpected() const {
  std::string text;
  size_t number = 0;
  for (const std::string &one : expected) {
    if (number)
      text += number + 1 == expected.size() ? " or " : ", ";
    text += one;
    ++number;
  }
  return text;
}

StatusOr<std::vector<const Form *>>
cusim::ptx::matchWords(const std::vector<LocatedWord> &located, Location end,
                       Instruction &instruction) {
  std::vector<Word> words;
  for (const LocatedWord &word : located) {
    std::optional<Word> known = wordOf(word.text);
    // The error below says what could stand in its place.
    if (!known)
      break;
    words.push_back(*known);
    if (known->kind == Word::Kind::Modifier)
      instruction.modifiers.push_back(Modifier(known->value));
    else if (known->kind == Word::Kind::Type)
      instruction.types.push_back(Type(known->value));
    else
      instruction.shape = known->shape;
  }

  std::vector<const Form *> matches;
  if (words.size() == located.size()) {
    Matcher matcher(words, /*explains=*/false);
    for (const Form &form : formsOf(instruction.opcode))
      if (matcher.match(form))
        matches.push_back(&form);
  }
  if (!matches.empty())
    return matches;

  Matcher matcher(words, /*explains=*/true);
  for (const Form &form : formsOf(instruction.opcode))
    matcher.match(form);
  std::string opcode(textOf(instruction.opcode));
  size_t at = std::min(matcher.getFurthest(), words.size());
  // Every known word fits: the one after them is unknown.
  bool isUnknown = at == words.size() && at < located.size();
  std::string found = at == located.size()
                          ? "the operands of '" + opcode + "'"
                          : (isUnknown ? "the unknown '." : "'.") +
                                std::string(located[at].text.substr(0, 60)) +
                                "' in '" + opcode + "'";
  std::string expected = matcher.getExpected();
  return errorAt(at == located.size() ? end : located[at].location,
                 "found " + found + ", expected " +
                     (expected.empty() ? "the operands" : expected));
}
