//===- LaneArithmetic.h - Instructions without memory -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a lane computes from its registers alone: integer, bit, floating,
// half, packed, comparing and converting instructions. Values are scalars or
// vectors over lanes; the same code emits both, since LLVM's arithmetic works
// element by element.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_LANEARITHMETIC_H
#define RUNTIME_CUSIM_EMIT_LANEARITHMETIC_H

#include "runtime/cusim/ptx/Module.h"
#include "weft/Status.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IRBuilder.h"

namespace weft::cusim {

/// True for the instructions that emitLaneArithmetic understands.
bool isLaneArithmetic(ptx::Opcode opcode);

/// Operands that are results: 2 for setp p|q and lop3 d|p, else 1.
unsigned resultCount(const ptx::Instruction &instruction);

/// The type of an operand (0 is the first after the results) or result of the
/// instruction: cvt.f32.f16 has result f32 and operand 0 f16; mul.wide.s32 has
/// an s64 result; setp has one or two Pred results; shl.b64's operand 1 is u32.
ptx::Type operandType(const ptx::Instruction &instruction, unsigned index);
ptx::Type resultType(const ptx::Instruction &instruction, unsigned index);

/// Emits one instruction. Operands are integers iN (f16, bf16, tf32, fp8 and
/// packed types too, as their bits; f32 and f64 as float and double; predicates
/// as i1), all scalar, or all vectors of one length. Results are of the same
/// kinds, in the order of the text; what is narrower than its register is to be
/// extended by resultType's sign. lop3's table is a constant. Errors name the
/// line, and the type or modifier that has no meaning here. `carry` is the
/// carry flag CC (i1, like the operands), read and set by add.cc, addc, madc,
/// ...
StatusOr<llvm::SmallVector<llvm::Value *, 2>>
emitLaneArithmetic(llvm::IRBuilderBase &builder,
                   const ptx::Instruction &instruction,
                   llvm::ArrayRef<llvm::Value *> operands, llvm::Value *&carry);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_LANEARITHMETIC_H
