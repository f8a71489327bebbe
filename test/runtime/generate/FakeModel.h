//===- FakeModel.h - A model that checks what it is given -------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_GENERATE_FAKEMODEL_H
#define TEST_RUNTIME_GENERATE_FAKEMODEL_H

#include "runtime/generate/StepFunction.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace weft::test {

/// The state of a text: each token changes all that follow.
inline uint64_t chain(uint64_t hash, int32_t token) {
  hash = (hash ^ static_cast<uint64_t>(token)) * 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 29;
}

inline uint64_t chain(std::span<const int32_t> tokens) {
  uint64_t hash = 1;
  for (int32_t token : tokens)
    hash = chain(hash, token);
  return hash;
}

/// The token that the fake model likes best after a text.
inline int32_t nextOf(std::span<const int32_t> tokens, uint32_t vocabulary) {
  return static_cast<int32_t>(chain(tokens) % vocabulary);
}

/// Instead of keys and values, its cache holds each token and its position. It
/// finds the text of a sequence there, as attention does, so that a wrong
/// table, position or length shows.
class FakeModel : public StepFunction {
public:
  explicit FakeModel(StepCapacity capacity)
      : limits(capacity), cache(capacity.blocks * capacity.blockSize) {}

  struct Slot {
    int32_t token = -1, position = -1;
  };

  const StepCapacity &capacity() const override { return limits; }

  StatusOr<std::span<const float>> run(const StepArguments &step) override {
    ++calls;
    if (calls == failAt)
      return Status::error("the fake model failed");
    size_t sequences = step.kvLength.size();
    auto require = [&](bool holds, const char *what) {
      if (!holds)
        problems.push_back(what);
      return holds;
    };
    require(!step.tokens.empty() && step.tokens.size() <= limits.maxTokens,
            "number of tokens");
    require(step.positions.size() == step.tokens.size(), "positions");
    require(sequences >= 1 && sequences <= limits.maxSequences,
            "number of sequences");
    require(step.sequenceStart.size() == sequences + 1 &&
                step.sequenceStart[0] == 0 &&
                step.sequenceStart[sequences] ==
                    static_cast<int32_t>(step.tokens.size()),
            "sequence_start");
    require(step.tableWidth >= 1 && step.tableWidth <= limits.tableWidth() &&
                step.blockTable.size() == sequences * step.tableWidth,
            "block table");
    require(!step.logitsRows.empty() &&
                step.logitsRows.size() <= limits.maxTokens,
            "number of rows");
    std::vector<size_t> sequenceOf(step.tokens.size());
    std::set<Slot *> written;
    for (size_t s = 0; s != sequences; ++s) {
      int32_t begin = step.sequenceStart[s], end = step.sequenceStart[s + 1];
      require(begin < end, "an empty sequence");
      require(step.positions[static_cast<size_t>(end) - 1] + 1 ==
                  step.kvLength[s],
              "kv_length");
      for (auto t = static_cast<size_t>(begin); t != static_cast<size_t>(end);
           ++t) {
        sequenceOf[t] = s;
        Slot *slot = find(step, s, step.positions[t]);
        if (!require(slot != nullptr, "a block out of range"))
          continue;
        require(written.insert(slot).second, "two tokens for one slot");
        *slot = {step.tokens[t], step.positions[t]};
      }
    }
    logits.assign(step.logitsRows.size() * limits.vocabulary, 0);
    for (size_t row = 0; row != step.logitsRows.size(); ++row) {
      auto t = static_cast<size_t>(step.logitsRows[row]);
      std::vector<int32_t> text;
      for (int32_t position = 0; position <= step.positions[t]; ++position) {
        Slot *slot = find(step, sequenceOf[t], position);
        if (!require(slot && slot->position == position,
                     "another position in the cache"))
          break;
        text.push_back(slot->token);
      }
      logits[row * limits.vocabulary +
             static_cast<size_t>(nextOf(text, limits.vocabulary))] = 8;
    }
    tokens += step.tokens.size();
    return std::span<const float>(logits);
  }

  std::vector<std::string> problems;
  uint64_t calls = 0, tokens = 0;
  uint64_t failAt = 0; // the call that fails, from 1

private:
  Slot *find(const StepArguments &step, size_t sequence, int32_t position) {
    auto place = static_cast<size_t>(position);
    size_t column = place / limits.blockSize;
    if (column >= step.tableWidth)
      return nullptr;
    auto block = static_cast<size_t>(
        step.blockTable[sequence * step.tableWidth + column]);
    if (block >= limits.blocks)
      return nullptr;
    return &cache[block * limits.blockSize + place % limits.blockSize];
  }

  StepCapacity limits;
  std::vector<Slot> cache;
  std::vector<float> logits;
};

} // namespace weft::test

#endif // TEST_RUNTIME_GENERATE_FAKEMODEL_H
