//===- LiveRegisters.cpp - What blocks read of the registers --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LiveRegisters.h"

#include "runtime/cusim/emit/Uniformity.h"
#include "runtime/cusim/warp/Collective.h"

namespace weft::cusim {

LiveRegisters LiveRegisters::of(const ptx::Function &function,
                                const ControlFlow &flow) {
  uint32_t count = flow.blocks.size();
  llvm::BitVector none(function.registers.size());
  LiveRegisters live;
  live.atBegin.assign(count + 1, none);
  live.atEnd = live.used = live.written =
      std::vector<llvm::BitVector>(count, none);
  // Read before it is written, and always written.
  std::vector<llvm::BitVector> exposed(count, none), killed(count, none);
  for (uint32_t number = 0; number < count; ++number)
    for (uint32_t i = flow.blocks[number].begin; i < flow.blocks[number].end;
         ++i) {
      const ptx::Instruction &instruction = function.instructions[i];
      auto read = [&](const ptx::Operand &operand) {
        live.used[number].set(operand.index);
        if (!killed[number][operand.index])
          exposed[number].set(operand.index);
      };
      forEachRead(instruction, function, read);
      // Accumulators are read too; a guard, or a part of a vector, keeps the
      // rest of what was there.
      bool isPart = instruction.guard || isCollective(instruction);
      forEachWritten(instruction, function, [&](const ptx::Operand &operand) {
        live.used[number].set(operand.index);
        live.written[number].set(operand.index);
        if (isPart || function.registers[operand.index].vectorLength > 1)
          read(operand);
        else
          killed[number].set(operand.index);
      });
    }

  for (bool hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (uint32_t number = count; number-- > 0;) {
      const FlowBlock &block = flow.blocks[number];
      llvm::BitVector &atEnd = live.atEnd[number];
      for (uint32_t successor : block.successors)
        atEnd |= live.atBegin[successor];
      if (block.head)
        atEnd |= live.atBegin[*block.head];
      llvm::BitVector atBegin = atEnd;
      atBegin.reset(killed[number]);
      atBegin |= exposed[number];
      if (atBegin == live.atBegin[number])
        continue;
      live.atBegin[number] = std::move(atBegin);
      hasChanged = true;
    }
  }
  return live;
}

} // namespace weft::cusim
