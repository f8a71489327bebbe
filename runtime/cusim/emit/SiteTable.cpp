//===- SiteTable.cpp - Numbers of instructions that can fault -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/SiteTable.h"

#include "runtime/cusim/emit/LaneArithmetic.h"

namespace weft::cusim {

SiteTable SiteTable::of(const ptx::Module &module) {
  SiteTable table;
  // Number 0 stands for a place that nobody knows.
  table.sites.push_back({0, "", ""});
  for (const ptx::Function &function : module.functions) {
    std::vector<uint32_t> &numbers = table.numbers.emplace_back();
    for (const ptx::Instruction &instruction : function.instructions) {
      if (isLaneArithmetic(instruction.opcode)) {
        numbers.push_back(0);
        continue;
      }
      numbers.push_back(table.sites.size());
      table.sites.push_back(
          {instruction.location.line, instruction.text, function.name});
    }
  }
  return table;
}

} // namespace weft::cusim
