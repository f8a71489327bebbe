//===- LaneBits.cpp - Logic, shifts and counts ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/LaneContext.h"

using namespace llvm;

namespace weft::cusim {

using ptx::Modifier;
using ptx::Opcode;

/// One of the 16 functions of two bits; bit 2 * b + c of the table.
static Value *combine(LaneContext &context, unsigned table, Value *b,
                      Value *c) {
  IRBuilderBase &ir = context.ir;
  switch (table) {
  case 0x0:
    return LaneBuilder::constant(b, 0);
  case 0x1:
    return ir.CreateNot(ir.CreateOr(b, c));
  case 0x2:
    return ir.CreateAnd(ir.CreateNot(b), c);
  case 0x3:
    return ir.CreateNot(b);
  case 0x4:
    return ir.CreateAnd(b, ir.CreateNot(c));
  case 0x5:
    return ir.CreateNot(c);
  case 0x6:
    return ir.CreateXor(b, c);
  case 0x7:
    return ir.CreateNot(ir.CreateAnd(b, c));
  case 0x8:
    return ir.CreateAnd(b, c);
  case 0x9:
    return ir.CreateNot(ir.CreateXor(b, c));
  case 0xa:
    return c;
  case 0xb:
    return ir.CreateOr(ir.CreateNot(b), c);
  case 0xc:
    return b;
  case 0xd:
    return ir.CreateOr(b, ir.CreateNot(c));
  case 0xe:
    return ir.CreateOr(b, c);
  default:
    return LaneBuilder::constant(b, ~uint64_t(0));
  }
}

/// lop3: bit 4 * a + 2 * b + c of the table, for every bit.
static Value *emitLop3(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Value *a = context.operand(0), *b = context.operand(1),
        *c = context.operand(2);
  auto *constant = dyn_cast<Constant>(context.operand(3));
  if (constant && constant->getType()->isVectorTy())
    constant = constant->getSplatValue();
  auto *number = dyn_cast_or_null<ConstantInt>(constant);
  if (!number || number->getZExtValue() > 255)
    return context.fail("has a table that is not a number from 0 to 255");
  unsigned table = number->getZExtValue();
  unsigned ifClear = table & 15, ifSet = table >> 4;
  Value *result = nullptr;
  if (ifClear == ifSet)
    result = combine(context, ifClear, b, c);
  else if (ifClear == (~ifSet & 15))
    result = ir.CreateXor(a, combine(context, ifClear, b, c));
  else
    result = ir.CreateOr(
        ir.CreateAnd(a, combine(context, ifSet, b, c)),
        ir.CreateAnd(ir.CreateNot(a), combine(context, ifClear, b, c)));
  bool isAnd = context.take(Modifier::And), isOr = context.take(Modifier::Or);
  if (!isAnd && !isOr)
    return result;
  if (context.operands.size() < 5)
    return context.fail("combines its predicate with an operand that is not "
                        "there");
  Value *isSet = ir.CreateICmpNE(result, LaneBuilder::constant(result, 0));
  context.secondResult = isAnd ? ir.CreateAnd(isSet, context.operand(4))
                               : ir.CreateOr(isSet, context.operand(4));
  return result;
}

/// shl, shr: the amount is 32 bits wide whatever the type.
static Value *emitShift(LaneContext &context) {
  Value *value = context.operand(0), *amount = context.operand(1);
  unsigned bits = LaneBuilder::bitsOf(value);
  if (bits < 16)
    return context.failType();
  // Amounts of more than 16 bits must not lose them.
  Value *limit = LaneBuilder::constant(amount, bits);
  amount = context.resize(context.call(Intrinsic::umin, {amount, limit}), bits,
                          false);
  if (context.opcode() == Opcode::Shl)
    return context.shiftLeft(value, amount);
  return context.shiftRight(value, amount, ptx::isSigned(context.type()));
}

/// shf: the high word of {b, a} shifted left, or the low one shifted right.
static Value *emitFunnelShift(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  bool isLeft = context.take(Modifier::Left);
  if (!isLeft && !context.take(Modifier::Right))
    return context.fail("says neither .l nor .r; it needs one");
  bool isClamped = context.take(Modifier::Clamp);
  if (!isClamped && !context.take(Modifier::Wrap))
    return context.fail("says neither .clamp nor .wrap; it needs one");
  Value *low = context.operand(0), *high = context.operand(1);
  Value *amount = context.operand(2);
  // Amounts count modulo 32 here.
  Value *result = context.call(isLeft ? Intrinsic::fshl : Intrinsic::fshr,
                               {high, low, amount});
  if (!isClamped)
    return result;
  Value *isPast = ir.CreateICmpUGT(amount, LaneBuilder::constant(amount, 31));
  return context.select(isPast, isLeft ? low : high, result);
}

/// bfind: the highest bit that is set, or of negative numbers clear; all ones
/// if there is none. .shiftamt counts from the other end.
static Value *emitFindHighest(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Value *value = context.operand(0);
  unsigned bits = LaneBuilder::bitsOf(value);
  if (bits < 32)
    return context.failType();
  if (ptx::isSigned(context.type()))
    value = ir.CreateXor(
        value, ir.CreateAShr(value, LaneBuilder::constant(value, bits - 1)));
  Value *leading = ir.CreateIntrinsic(Intrinsic::ctlz, {value->getType()},
                                      {value, ir.getFalse()});
  leading = context.resize(leading, 32, false);
  Value *found = leading;
  if (!context.take(Modifier::Shiftamt))
    found = ir.CreateSub(LaneBuilder::constant(leading, bits - 1), leading);
  Value *isNone = ir.CreateICmpEQ(value, LaneBuilder::constant(value, 0));
  return context.select(isNone, LaneBuilder::constant(found, ~uint64_t(0)),
                        found);
}

Value *emitLogic(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Value *a = context.operand(0);
  if (!a->getType()->isIntOrIntVectorTy())
    return context.failType();
  bool isPredicate = LaneBuilder::bitsOf(a) == 1;
  switch (context.opcode()) {
  case Opcode::And:
    return ir.CreateAnd(a, context.operand(1));
  case Opcode::Or:
    return ir.CreateOr(a, context.operand(1));
  case Opcode::Xor:
    return ir.CreateXor(a, context.operand(1));
  case Opcode::Not:
    return ir.CreateNot(a);
  default:
    break;
  }
  if (isPredicate)
    return context.failType();
  switch (context.opcode()) {
  case Opcode::Cnot:
    return ir.CreateZExt(ir.CreateICmpEQ(a, LaneBuilder::constant(a, 0)),
                         a->getType());
  case Opcode::Lop3:
    return emitLop3(context);
  case Opcode::Shl:
  case Opcode::Shr:
    return emitShift(context);
  case Opcode::Shf:
    return emitFunnelShift(context);
  case Opcode::Popc:
    return context.resize(context.call(Intrinsic::ctpop, {a}), 32, false);
  case Opcode::Clz:
    return context.resize(
        ir.CreateIntrinsic(Intrinsic::ctlz, {a->getType()}, {a, ir.getFalse()}),
        32, false);
  case Opcode::Brev:
    return context.call(Intrinsic::bitreverse, {a});
  case Opcode::Bfind:
    return emitFindHighest(context);
  default:
    return context.failType();
  }
}

} // namespace weft::cusim
