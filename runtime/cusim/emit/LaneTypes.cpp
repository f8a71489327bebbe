//===- LaneTypes.cpp - Types of operands and results ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneArithmetic.h"

namespace weft::cusim {

using ptx::Instruction;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

unsigned resultCount(const Instruction &instruction) {
  bool hasPredicate = instruction.has(Modifier::And) ||
                      instruction.has(Modifier::Or) ||
                      instruction.has(Modifier::Xor);
  size_t operands = instruction.operands.size();
  if (instruction.opcode == Opcode::Setp)
    return operands >= (hasPredicate ? 5u : 4u) ? 2 : 1;
  if (instruction.opcode == Opcode::Lop3)
    return hasPredicate ? 2 : 1;
  return 1;
}

/// The third operand and the result of dp4a and dp2a.
static Type dotProductType(const Instruction &instruction) {
  return ptx::isSigned(instruction.type(0)) ||
                 ptx::isSigned(instruction.type(1))
             ? Type::S32
             : Type::U32;
}

Type operandType(const Instruction &instruction, unsigned index) {
  Type type = instruction.type();
  switch (instruction.opcode) {
  case Opcode::Mad:
    return index == 2 && instruction.has(Modifier::Wide)
               ? ptx::twiceAsWide(type)
               : type;
  case Opcode::Shl:
  case Opcode::Shr:
    return index == 1 ? Type::U32 : type;
  case Opcode::Bfe:
    return index >= 1 ? Type::U32 : type;
  case Opcode::Bfi:
    return index >= 2 ? Type::U32 : type;
  case Opcode::Shf:
    return index == 2 ? Type::U32 : type;
  case Opcode::Szext:
    return index == 1 ? Type::U32 : type;
  case Opcode::Fns:
    return index == 2 ? Type::S32 : Type::B32;
  case Opcode::Lop3:
    return index == 4 ? Type::Pred : index == 3 ? Type::U32 : type;
  case Opcode::Dp4a:
  case Opcode::Dp2a:
    return index == 2 ? dotProductType(instruction) : instruction.type(index);
  case Opcode::Vabsdiff2:
  case Opcode::Vabsdiff4:
    return index == 2 ? type : instruction.type(index + 1);
  case Opcode::Setp:
    return index == 2 ? Type::Pred : type;
  case Opcode::Set:
    return index == 2 ? Type::Pred : instruction.type(1);
  case Opcode::Selp:
    return index == 2 ? Type::Pred : type;
  case Opcode::Slct:
    return index == 2 ? instruction.type(1) : type;
  case Opcode::Cvt:
    return instruction.type(1);
  case Opcode::CvtPack:
    return index == 2 ? instruction.type(2) : instruction.type(1);
  default:
    return type;
  }
}

Type resultType(const Instruction &instruction, unsigned index) {
  Type type = instruction.type();
  switch (instruction.opcode) {
  case Opcode::Mul:
  case Opcode::Mad:
    return instruction.has(Modifier::Wide) ? ptx::twiceAsWide(type) : type;
  case Opcode::Popc:
  case Opcode::Clz:
  case Opcode::Bfind:
    return Type::U32;
  case Opcode::Lop3:
    return index == 1 ? Type::Pred : type;
  case Opcode::Dp4a:
  case Opcode::Dp2a:
    return dotProductType(instruction);
  case Opcode::Setp:
  case Opcode::Testp:
    return Type::Pred;
  case Opcode::CvtPack:
    return Type::B32;
  default:
    return type;
  }
}

} // namespace weft::cusim
