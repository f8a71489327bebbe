//===- Constants.cpp - Registers that hold one literal --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/Constants.h"

#include "runtime/cusim/emit/Uniformity.h"

namespace weft::cusim {

std::vector<const ptx::Operand *> findConstants(const ptx::Function &function) {
  std::vector<const ptx::Operand *> constants(function.registers.size());
  std::vector<bool> isWritten(function.registers.size());
  for (const ptx::Instruction &instruction : function.instructions) {
    bool isLiteral =
        instruction.opcode == ptx::Opcode::Mov && !instruction.guard &&
        instruction.operands.size() == 2 &&
        instruction.operands[0].kind == ptx::Operand::Kind::Register &&
        instruction.operands[1].kind == ptx::Operand::Kind::Integer;
    forEachWritten(instruction, function, [&](const ptx::Operand &operand) {
      const ptx::Register &target = function.registers[operand.index];
      bool isWhole =
          isLiteral && target.vectorLength == 1 &&
          ptx::bitsOf(target.type) == ptx::bitsOf(instruction.type()) &&
          ptx::bitsOf(target.type) >= 8 && !isWritten[operand.index];
      constants[operand.index] = isWhole ? &instruction.operands[1] : nullptr;
      isWritten[operand.index] = true;
    });
  }
  return constants;
}

} // namespace weft::cusim
