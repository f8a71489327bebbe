//===- MaskedWrites.cpp - Registers that need no mask ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/MaskedWrites.h"

#include "runtime/cusim/emit/Uniformity.h"

namespace weft::cusim {
namespace {

/// Immediate dominators, with the edges from latches to their heads; Cooper,
/// Harvey, Kennedy, "A simple, fast dominance algorithm", 2001.
std::vector<uint32_t> findDominators(const ControlFlow &flow) {
  uint32_t count = flow.blocks.size();
  std::vector<std::vector<uint32_t>> predecessors(count);
  for (uint32_t i = 0; i < count; ++i) {
    if (flow.blocks[i].head) {
      predecessors[*flow.blocks[i].head].push_back(i);
      continue;
    }
    for (uint32_t successor : flow.blocks[i].successors)
      if (successor < count)
        predecessors[successor].push_back(i);
  }
  constexpr uint32_t None = ~0u;
  std::vector<uint32_t> dominator(count, None);
  if (count)
    dominator[0] = 0;
  for (bool hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (uint32_t i = 1; i < count; ++i) {
      uint32_t meet = None;
      for (uint32_t predecessor : predecessors[i]) {
        if (dominator[predecessor] == None)
          continue;
        uint32_t other = predecessor;
        if (meet == None)
          meet = other;
        while (meet != other) {
          uint32_t &higher = meet > other ? meet : other;
          higher = dominator[higher];
        }
      }
      if (meet != dominator[i]) {
        dominator[i] = meet;
        hasChanged = true;
      }
    }
  }
  return dominator;
}

} // namespace

std::vector<bool> findMaskedRegisters(const ptx::Function &function,
                                      const ControlFlow &flow) {
  constexpr uint32_t None = ~0u;
  struct Definition {
    uint32_t block = None;
    uint32_t instruction = None;
  };
  std::vector<Definition> definitions(function.registers.size());
  std::vector<bool> isMasked(function.registers.size(), false);
  for (uint32_t number = 0; number < flow.blocks.size(); ++number)
    for (uint32_t i = flow.blocks[number].begin; i < flow.blocks[number].end;
         ++i)
      forEachWritten(function.instructions[i], function,
                     [&](const ptx::Operand &operand) {
                       Definition &definition = definitions[operand.index];
                       if (definition.block != None)
                         isMasked[operand.index] = true;
                       definition = {number, i};
                     });

  std::vector<uint32_t> dominator = findDominators(flow);
  auto dominates = [&](uint32_t above, uint32_t below) {
    while (below > above)
      below = dominator[below];
    return below == above;
  };
  for (uint32_t number = 0; number < flow.blocks.size(); ++number)
    for (uint32_t i = flow.blocks[number].begin; i < flow.blocks[number].end;
         ++i)
      forEachRead(
          function.instructions[i], function, [&](const ptx::Operand &operand) {
            const Definition &definition = definitions[operand.index];
            if (isMasked[operand.index] || definition.block == None)
              return;
            std::optional<uint32_t> loop = flow.blocks[definition.block].loop;
            bool isBefore = definition.block == number
                                ? definition.instruction < i
                                : dominates(definition.block, number);
            if (!isBefore ||
                (loop && !flow.contains(*loop, flow.blocks[number].loop)))
              isMasked[operand.index] = true;
          });
  return isMasked;
}

} // namespace weft::cusim
