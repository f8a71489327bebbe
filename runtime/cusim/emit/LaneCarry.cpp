//===- LaneCarry.cpp - Arithmetic with the carry flag ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// add.cc, addc, sub.cc, subc, mad.cc and madc read and set the flag CC.CF: the
// carry of additions, the borrow of subtractions.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneContext.h"

using namespace llvm;

namespace weft::cusim {

using ptx::Modifier;
using ptx::Opcode;

/// a + b + carryIn or a - b - carryIn; `carryIn` may be null.
static Value *addWithCarry(LaneContext &context, Value *a, Value *b,
                           Value *carryIn, bool isAdd, bool setsCarry) {
  IRBuilderBase &ir = context.ir;
  Value *result = isAdd ? ir.CreateAdd(a, b) : ir.CreateSub(a, b);
  Value *carryOut =
      isAdd ? ir.CreateICmpULT(result, a) : ir.CreateICmpULT(a, b);
  if (carryIn) {
    Value *addend = ir.CreateZExt(carryIn, a->getType());
    Value *first = result;
    result = isAdd ? ir.CreateAdd(first, addend) : ir.CreateSub(first, addend);
    carryOut = ir.CreateOr(carryOut, isAdd ? ir.CreateICmpULT(result, first)
                                           : ir.CreateICmpULT(first, addend));
  }
  if (setsCarry)
    context.carry = carryOut;
  return result;
}

Value *emitCarryArithmetic(LaneContext &context) {
  Value *a = context.operand(0), *b = context.operand(1);
  if (!a->getType()->isIntOrIntVectorTy() || LaneBuilder::bitsOf(a) < 32)
    return context.failType();
  bool setsCarry = context.take(Modifier::Cc);
  Opcode opcode = context.opcode();
  Value *carryIn = nullptr;
  if (opcode == Opcode::Addc || opcode == Opcode::Subc ||
      opcode == Opcode::Madc) {
    carryIn = context.carry;
    if (!carryIn)
      return context.fail("reads the carry flag, which no instruction has set");
  }
  if (opcode == Opcode::Mad || opcode == Opcode::Madc) {
    unsigned bits = LaneBuilder::bitsOf(a);
    bool isSigned = ptx::isSigned(context.type());
    Value *product =
        context.ir.CreateMul(context.resize(a, bits * 2, isSigned),
                             context.resize(b, bits * 2, isSigned));
    if (context.take(Modifier::Hi))
      product =
          context.ir.CreateLShr(product, LaneBuilder::constant(product, bits));
    else if (!context.take(Modifier::Lo))
      return context.fail("says neither .lo nor .hi; it needs one");
    return addWithCarry(context, context.resize(product, bits, false),
                        context.operand(2), carryIn, /*isAdd=*/true, setsCarry);
  }
  bool isAdd = opcode == Opcode::Add || opcode == Opcode::Addc;
  return addWithCarry(context, a, b, carryIn, isAdd, setsCarry);
}

} // namespace weft::cusim
