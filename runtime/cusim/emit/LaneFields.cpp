//===- LaneFields.cpp - Bit fields and bytes ------------------------------===//
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

/// The low 8 bits of a position or length, in the type of `like`.
static Value *lowByte(LaneContext &context, Value *number, Value *like) {
  Value *byte =
      context.ir.CreateAnd(number, LaneBuilder::constant(number, 255));
  return context.resize(byte, LaneBuilder::bitsOf(like), false);
}

/// `length` ones; all of them for a length of the width or more.
static Value *onesBelow(LaneContext &context, Value *length) {
  Value *ones = LaneBuilder::constant(length, ~uint64_t(0));
  return context.ir.CreateNot(context.shiftLeft(ones, length));
}

/// bfe: bits of `a` from a position on; signed ones are extended by the last
/// bit of the field, or of `a` when the field reaches over its end.
static Value *emitExtract(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Value *a = context.operand(0);
  Value *position = lowByte(context, context.operand(1), a);
  Value *length = lowByte(context, context.operand(2), a);
  if (!ptx::isSigned(context.type()))
    return ir.CreateAnd(context.shiftRight(a, position, false),
                        onesBelow(context, length));
  unsigned bits = LaneBuilder::bitsOf(a);
  Value *shifted = context.shiftRight(a, position, true);
  Value *width = LaneBuilder::constant(a, bits);
  Value *above =
      ir.CreateSub(width, context.call(Intrinsic::umin, {length, width}));
  Value *field =
      context.shiftRight(context.shiftLeft(shifted, above), above, true);
  Value *isEmpty = ir.CreateICmpEQ(length, LaneBuilder::constant(length, 0));
  return context.select(isEmpty, LaneBuilder::constant(a, 0), field);
}

static Value *emitInsert(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Value *field = context.operand(0), *base = context.operand(1);
  Value *position = lowByte(context, context.operand(2), base);
  Value *length = lowByte(context, context.operand(3), base);
  Value *mask = context.shiftLeft(onesBelow(context, length), position);
  return ir.CreateOr(ir.CreateAnd(base, ir.CreateNot(mask)),
                     ir.CreateAnd(context.shiftLeft(field, position), mask));
}

/// .clamp: at most 32. .wrap: modulo 32.
static Value *limitTo32(LaneContext &context, Value *number, bool isClamped) {
  if (isClamped)
    return context.call(Intrinsic::umin,
                        {number, LaneBuilder::constant(number, 32)});
  return context.ir.CreateAnd(number, LaneBuilder::constant(number, 31));
}

/// bmsk: ones from bit `a` on, `b` of them. szext: `a` extended from `b` bits.
static Value *emitMaskOrExtend(LaneContext &context) {
  bool isClamped = context.take(Modifier::Clamp);
  if (!isClamped && !context.take(Modifier::Wrap))
    return context.fail("says neither .clamp nor .wrap; it needs one");
  IRBuilderBase &ir = context.ir;
  Value *a = context.operand(0);
  Value *count = limitTo32(context, context.operand(1), isClamped);
  if (context.opcode() == Opcode::Bmsk)
    return context.shiftLeft(onesBelow(context, count),
                             limitTo32(context, a, isClamped));
  if (!ptx::isSigned(context.type()))
    return ir.CreateAnd(a, onesBelow(context, count));
  Value *above = ir.CreateSub(LaneBuilder::constant(count, 32), count);
  // An empty field shifts everything out to the left.
  return context.shiftRight(context.shiftLeft(a, above), above, true);
}

/// The selector of prmt in one of its modes, for `c` = 0, 1, 2, 3.
static std::optional<std::array<uint16_t, 4>>
takePermutation(LaneContext &context) {
  using Selectors = std::array<uint16_t, 4>;
  if (context.take(Modifier::F4e))
    return Selectors{0x3210, 0x4321, 0x5432, 0x6543};
  if (context.take(Modifier::B4e))
    return Selectors{0x5670, 0x6701, 0x7012, 0x0123};
  if (context.take(Modifier::Rc8))
    return Selectors{0x0000, 0x1111, 0x2222, 0x3333};
  if (context.take(Modifier::Ecl))
    return Selectors{0x3210, 0x3211, 0x3222, 0x3333};
  if (context.take(Modifier::Ecr))
    return Selectors{0x0000, 0x1110, 0x2210, 0x3210};
  if (context.take(Modifier::Rc16))
    return Selectors{0x1010, 0x3232, 0x1010, 0x3232};
  return std::nullopt;
}

static Value *emitPermute(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Value *a = context.operand(0), *b = context.operand(1),
        *selector = context.operand(2);
  auto constant = [&](uint64_t number) {
    return LaneBuilder::constant(a, number);
  };
  if (auto selectors = takePermutation(context)) {
    auto bit = [&](unsigned mask) {
      return ir.CreateICmpNE(ir.CreateAnd(selector, constant(mask)),
                             constant(0));
    };
    Value *isOdd = bit(1);
    Value *low = context.select(isOdd, constant((*selectors)[1]),
                                constant((*selectors)[0]));
    Value *high = context.select(isOdd, constant((*selectors)[3]),
                                 constant((*selectors)[2]));
    selector = context.select(bit(2), high, low);
  }
  Value *bytes = ir.CreateOr(
      context.resize(a, 64, false),
      ir.CreateShl(context.resize(b, 64, false),
                   LaneBuilder::constant(context.resize(b, 64, false), 32)));
  Value *result = constant(0);
  for (unsigned i = 0; i < 4; ++i) {
    Value *nibble = ir.CreateLShr(selector, constant(4 * i));
    Value *shift = ir.CreateShl(ir.CreateAnd(nibble, constant(7)), constant(3));
    Value *byte = context.resize(
        ir.CreateLShr(bytes, context.resize(shift, 64, false)), 8, false);
    // Bit 3 asks for eight copies of the byte's sign.
    Value *sign = ir.CreateAShr(byte, LaneBuilder::constant(byte, 7));
    Value *wantsSign =
        ir.CreateICmpNE(ir.CreateAnd(nibble, constant(8)), constant(0));
    byte = context.resize(context.select(wantsSign, sign, byte), 32, false);
    result = ir.CreateOr(result, ir.CreateShl(byte, constant(8 * i)));
  }
  return result;
}

/// fns: the position of the n-th bit that is set, counted from `base` on,
/// downwards for negative n; n = 0 asks for `base` itself.
static Value *emitFindNth(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  Value *mask = context.operand(0), *base = context.operand(1),
        *offset = context.operand(2);
  auto constant = [&](uint64_t number) {
    return LaneBuilder::constant(mask, number);
  };
  Value *isDown = ir.CreateICmpSLT(offset, constant(0));
  Value *isZero = ir.CreateICmpEQ(offset, constant(0));
  // Downwards is upwards in the reversed word.
  Value *word =
      context.select(isDown, context.call(Intrinsic::bitreverse, {mask}), mask);
  Value *start = context.select(isDown, ir.CreateSub(constant(31), base), base);
  Value *isInside = ir.CreateICmpULT(base, constant(32));
  word = ir.CreateAnd(word, context.shiftLeft(constant(~uint64_t(0)), start));
  Value *wanted =
      context.select(isZero, constant(1),
                     context.select(isDown, ir.CreateNeg(offset), offset));
  Value *isThere =
      ir.CreateICmpULE(wanted, context.call(Intrinsic::ctpop, {word}));
  // Halve the range that holds the wanted bit.
  Value *position = constant(0);
  for (unsigned width : {16, 8, 4, 2, 1}) {
    Value *low = ir.CreateAnd(ir.CreateLShr(word, position),
                              constant((uint64_t(1) << width) - 1));
    Value *count = context.call(Intrinsic::ctpop, {low});
    Value *isHigh = ir.CreateICmpUGT(wanted, count);
    wanted = context.select(isHigh, ir.CreateSub(wanted, count), wanted);
    position = context.select(isHigh, ir.CreateAdd(position, constant(width)),
                              position);
  }
  Value *found =
      context.select(isDown, ir.CreateSub(constant(31), position), position);
  isThere = ir.CreateAnd(isThere, isInside);
  Value *isBase = ir.CreateICmpEQ(found, base);
  isThere = ir.CreateAnd(isThere, ir.CreateOr(ir.CreateNot(isZero), isBase));
  return context.select(isThere, found, constant(~uint64_t(0)));
}

Value *emitBitField(LaneContext &context) {
  Value *a = context.operand(0);
  if (!a->getType()->isIntOrIntVectorTy() || LaneBuilder::bitsOf(a) < 32)
    return context.failType();
  switch (context.opcode()) {
  case Opcode::Bfe:
    return emitExtract(context);
  case Opcode::Bfi:
    return emitInsert(context);
  case Opcode::Bmsk:
  case Opcode::Szext:
    return emitMaskOrExtend(context);
  case Opcode::Prmt:
    return emitPermute(context);
  case Opcode::Fns:
    return emitFindNth(context);
  default:
    return context.failType();
  }
}

} // namespace weft::cusim
