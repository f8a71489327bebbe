//===- StackMemory.cpp - alloca, stacksave and stackrestore ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/FunctionEmitter.h"

namespace weft::cusim {
using ptx::Opcode;
using ptx::Operand;

/// 64 bits of each lane, from memory that a hook filled.
llvm::Value *FunctionEmitter::lanesFrom(llvm::Value *memory) {
  return builder.CreateAlignedLoad(lanesOf(builder.getInt64Ty()), memory,
                                   llvm::Align(8));
}

/// What a callee allocates ends with its call.
llvm::Value *FunctionEmitter::saveStack() {
  if (!kernel.layout.stackBase)
    return nullptr;
  llvm::Value *memory = buffer(0, width * 8);
  callHook(
      "cusim_stack_save", builder.getVoidTy(),
      {strand, maskBits(), memory, builder.getInt64(*kernel.layout.stackBase)});
  return lanesFrom(memory);
}

void FunctionEmitter::restoreStack(llvm::Value *saved) {
  if (!saved)
    return;
  callHook("cusim_stack_restore", builder.getVoidTy(),
           {strand, maskBits(), laneList(0, saved),
            builder.getInt64(*kernel.layout.stackBase),
            builder.getInt32(site)});
}

/// alloca d, size {, alignment}; stacksave d; stackrestore a.
void FunctionEmitter::emitStackOperation() {
  const std::vector<Operand> &operands = instruction->operands;
  ptx::Type type = instruction->type();
  if (instruction->opcode == Opcode::Stacksave)
    return write(operands[0], saveStack(), ptx::Type::U64);
  if (instruction->opcode == Opcode::Stackrestore)
    return restoreStack(read(operands[0], type));
  constexpr uint64_t DefaultAlignment = 8, MaximumAlignment = 4096;
  uint64_t alignment =
      operands.size() > 2 ? operands[2].bits : DefaultAlignment;
  if (!llvm::isPowerOf2_64(alignment) || alignment > MaximumAlignment)
    return fail("an alignment of " + std::to_string(alignment) +
                ", expected a power of 2 up to " +
                std::to_string(MaximumAlignment));
  llvm::Value *result = buffer(1, width * 8);
  callHook("cusim_stack_allocate", builder.getVoidTy(),
           {strand, maskBits(), laneList(0, read(operands[1], type)), result,
            builder.getInt64(alignment),
            builder.getInt64(*kernel.layout.stackBase),
            builder.getInt32(site)});
  write(operands[0], lanesFrom(result), ptx::Type::U64);
}

} // namespace weft::cusim
