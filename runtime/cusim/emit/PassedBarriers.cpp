//===- PassedBarriers.cpp - Barriers that a thread went past --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/PassedBarriers.h"

#include <set>

namespace weft::cusim {

std::multimap<uint32_t, uint32_t>
findPassedBarriers(const ptx::Function &function, const ControlFlow &flow) {
  std::multimap<uint32_t, uint32_t> result;
  std::set<uint32_t> reachedByAll;
  if (!flow.blocks.empty())
    for (uint32_t i = 0; i < flow.exit(); i = flow.blocks[i].postDominator)
      reachedByAll.insert(i);
  for (uint32_t i = 0; i < flow.exit(); ++i) {
    const FlowBlock &block = flow.blocks[i];
    if (reachedByAll.count(i))
      continue;
    // In a loop, threads may pass the place one turn ahead of others.
    uint32_t behind = block.postDominator;
    while (behind < flow.exit() && flow.blocks[behind].loop)
      behind = flow.blocks[behind].postDominator;
    for (uint32_t number = block.begin;
         behind < flow.exit() && number < block.end; ++number)
      if (isAlignedBarrier(function.instructions[number]))
        result.emplace(behind, number);
  }
  return result;
}

} // namespace weft::cusim
