//===- LaneArithmetic.cpp - Instructions without memory -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneArithmetic.h"

#include "runtime/cusim/emit/LaneContext.h"

using namespace llvm;

namespace weft::cusim {

using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

bool isLaneArithmetic(Opcode opcode) {
  switch (opcode) {
#define CUSIM_OPCODE(NAME, TEXT, ...) case Opcode::NAME:
#include "runtime/cusim/ptx/opcodes/Arithmetic.def"
#include "runtime/cusim/ptx/opcodes/Bits.def"
#undef CUSIM_OPCODE
    // Its operands may be addresses.
    return opcode != Opcode::Mov;
  default:
    return false;
  }
}

/// The type of one element, or None for a type of a single value.
static Type elementOf(Type type) {
  switch (type) {
  case Type::U16x2:
    return Type::U16;
  case Type::S16x2:
    return Type::S16;
  case Type::F16x2:
    return Type::F16;
  case Type::BF16x2:
    return Type::BF16;
  case Type::F32x2:
    return Type::F32;
  default:
    return Type::None;
  }
}

/// Integer, f32 and f64, f16 and bf16.
static Value *emitArithmetic(LaneContext &context) {
  switch (context.type()) {
  case Type::F16:
  case Type::BF16:
    return emitHalfArithmetic(context);
  case Type::F32:
  case Type::F64:
    return emitFloatArithmetic(context);
  default:
    return emitIntegerArithmetic(context);
  }
}

/// A packed operation is one on twice as many lanes.
static Value *emitPackedArithmetic(LaneContext &context) {
  Type element = elementOf(context.type());
  Value *word = context.operand(0);
  unsigned bits = ptx::bitsOf(element);
  for (Value *&operand : context.operands) {
    operand = context.split(operand, bits);
    if (element == Type::F32)
      operand = context.fromBits(operand);
  }
  context.types[0] = element;
  Value *result = emitArithmetic(context);
  return result ? context.join(result, 2 * bits, word) : nullptr;
}

static bool isPackedConversion(const LaneContext &context) {
  if (context.opcode() == Opcode::CvtPack)
    return true;
  for (Type type : context.types)
    if (ptx::isPacked(type))
      return true;
  return false;
}

static Value *emitOne(LaneContext &context) {
  switch (context.opcode()) {
  case Opcode::Addc:
  case Opcode::Subc:
  case Opcode::Madc:
    return emitCarryArithmetic(context);
  case Opcode::Dp4a:
  case Opcode::Dp2a:
    return emitDotProduct(context);
  case Opcode::Vabsdiff2:
  case Opcode::Vabsdiff4:
    return emitAbsoluteDifferences(context);
  case Opcode::And:
  case Opcode::Or:
  case Opcode::Xor:
  case Opcode::Not:
  case Opcode::Cnot:
  case Opcode::Lop3:
  case Opcode::Shl:
  case Opcode::Shr:
  case Opcode::Shf:
  case Opcode::Popc:
  case Opcode::Clz:
  case Opcode::Brev:
  case Opcode::Bfind:
    return emitLogic(context);
  case Opcode::Bfe:
  case Opcode::Bfi:
  case Opcode::Bmsk:
  case Opcode::Szext:
  case Opcode::Prmt:
  case Opcode::Fns:
    return emitBitField(context);
  case Opcode::Set:
  case Opcode::Setp:
  case Opcode::Selp:
  case Opcode::Slct:
    return emitComparison(context);
  case Opcode::Cvt:
  case Opcode::CvtPack:
    return isPackedConversion(context) ? emitPackedConversion(context)
                                       : emitConversion(context);
  default:
    break;
  }
  if (context.instruction.has(Modifier::Cc))
    return emitCarryArithmetic(context);
  return elementOf(context.type()) == Type::None
             ? emitArithmetic(context)
             : emitPackedArithmetic(context);
}

StatusOr<SmallVector<Value *, 2>>
emitLaneArithmetic(IRBuilderBase &builder, const ptx::Instruction &instruction,
                   ArrayRef<Value *> operands, Value *&carry) {
  LaneContext context(builder, instruction, operands, carry);
  if (operands.empty())
    return (context.fail("has no operands"), context.status());
  Value *result = emitOne(context);
  if (Status status = context.status(); !status)
    return status;
  SmallVector<Value *, 2> results = {result};
  if (context.secondResult)
    results.push_back(context.secondResult);
  return results;
}

} // namespace weft::cusim
