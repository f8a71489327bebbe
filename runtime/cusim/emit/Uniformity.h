//===- Uniformity.h - What all lanes of a warp agree on ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_UNIFORMITY_H
#define RUNTIME_CUSIM_EMIT_UNIFORMITY_H

#include "runtime/cusim/emit/ControlFlow.h"

#include <vector>

namespace weft::cusim {

/// How many operands of an instruction are results.
unsigned countResults(const ptx::Instruction &instruction,
                      const ptx::Function &function);

/// Calls `visit` for each Register operand that an instruction writes, or
/// reads (its guard included).
template <typename Visitor>
void forEachRegister(const ptx::Operand &operand, Visitor visit) {
  if (operand.kind == ptx::Operand::Kind::Register)
    visit(operand);
  for (const ptx::Operand &element : operand.elements)
    forEachRegister(element, visit);
}
template <typename Visitor>
void forEachWritten(const ptx::Instruction &instruction,
                    const ptx::Function &function, Visitor visit) {
  unsigned results = countResults(instruction, function);
  for (unsigned i = 0; i < results && i < instruction.operands.size(); ++i)
    forEachRegister(instruction.operands[i], visit);
}
template <typename Visitor>
void forEachRead(const ptx::Instruction &instruction,
                 const ptx::Function &function, Visitor visit) {
  if (instruction.guard)
    forEachRegister(*instruction.guard, visit);
  for (size_t i = countResults(instruction, function);
       i < instruction.operands.size(); ++i)
    forEachRegister(instruction.operands[i], visit);
}

/// Which registers and jumps are the same in all lanes of a warp that execute
/// them, and where lanes may be apart. A register that is written where lanes
/// may be apart is not uniform, whatever is written: lanes elsewhere keep what
/// they had.
struct Uniformity {
  static Uniformity of(const ptx::Function &function, const ControlFlow &flow);

  /// By number in Function::registers.
  std::vector<bool> isUniform;
  /// By block: whether some lanes that have not returned may be elsewhere.
  std::vector<bool> isDivergent;
  /// Whether lanes may return while others go on, so that a block that is not
  /// divergent may yet run without all lanes.
  bool hasEarlyReturn = false;

  /// Whether lanes may wait in a loop for others of their warp: then those may
  /// go ahead, and lanes are never sure to meet.
  bool mayPass = false;

  bool isUniformRead(const ptx::Operand &operand) const;

private:
  const ptx::Function *function = nullptr;
  /// %tid.y and %tid.z are uniform when a row of the block is whole warps.
  bool hasWholeRows = false;

  bool isUniformResult(const ptx::Instruction &instruction) const;
  bool isUniformLoad(const ptx::Instruction &instruction) const;
  bool markDivergentBranches(const ControlFlow &flow);
  bool markBehindWaits(const ControlFlow &flow);
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_UNIFORMITY_H
