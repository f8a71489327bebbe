//===- LaneContext.h - One instruction while it is emitted ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Emitters take the modifiers that they carry out. What is left over at the end
// is an error, so no modifier can be ignored in silence.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_LANECONTEXT_H
#define RUNTIME_CUSIM_EMIT_LANECONTEXT_H

#include "runtime/cusim/emit/LaneBuilder.h"
#include "runtime/cusim/emit/LaneRounding.h"
#include "runtime/cusim/ptx/Module.h"
#include "weft/Status.h"

#include "llvm/ADT/SmallVector.h"

namespace weft::cusim {

class LaneContext : public LaneBuilder {
public:
  LaneContext(llvm::IRBuilderBase &ir, const ptx::Instruction &instruction,
              llvm::ArrayRef<llvm::Value *> operands, llvm::Value *&carry)
      : LaneBuilder(ir), instruction(instruction),
        types(instruction.types.begin(), instruction.types.end()),
        operands(operands.begin(), operands.end()), carry(carry) {}

  const ptx::Instruction &instruction;
  /// Those of the elements once a packed instruction was taken apart.
  llvm::SmallVector<ptx::Type, 3> types;
  llvm::SmallVector<llvm::Value *, 4> operands;
  llvm::Value *&carry;
  /// The `q` of `p|q`, where the instruction has two results.
  llvm::Value *secondResult = nullptr;

  ptx::Opcode opcode() const { return instruction.opcode; }
  ptx::Type type(unsigned index = 0) const {
    return index < types.size() ? types[index] : ptx::Type::None;
  }
  llvm::Value *operand(unsigned index) const { return operands[index]; }

  /// Whether the instruction carries the modifier; from now on it counts as
  /// carried out.
  bool take(ptx::Modifier modifier);
  /// .rn, .rz, .rm, .rp, or nothing.
  std::optional<Rounding> takeRounding();
  /// .rni, .rzi, .rmi, .rpi, or nothing.
  std::optional<Rounding> takeIntegralRounding();
  /// .eq, .lt, .lo, ...
  std::optional<ptx::Modifier> takeComparison();

  /// Notes why the instruction can't be emitted, after its place in the text.
  /// Returns nullptr, which emitters hand on.
  llvm::Value *fail(const std::string &why);
  /// fail: the opcode has no such type.
  llvm::Value *failType();
  /// The failure, or that a modifier was left over.
  Status status() const;

private:
  /// Bit i: instruction.modifiers[i] was taken.
  uint64_t taken = 0;
  std::string failure;
};

/// The parts of the emitter. Each returns the (first) result, or nullptr after
/// LaneContext::fail.
llvm::Value *emitIntegerArithmetic(LaneContext &context);
llvm::Value *emitCarryArithmetic(LaneContext &context);
llvm::Value *emitDotProduct(LaneContext &context);
llvm::Value *emitAbsoluteDifferences(LaneContext &context);
llvm::Value *emitLogic(LaneContext &context);
llvm::Value *emitBitField(LaneContext &context);
llvm::Value *emitFloatArithmetic(LaneContext &context);
llvm::Value *emitHalfArithmetic(LaneContext &context);
llvm::Value *emitComparison(LaneContext &context);
llvm::Value *emitConversion(LaneContext &context);
llvm::Value *emitPackedConversion(LaneContext &context);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_LANECONTEXT_H
