//===- LaneElements.cpp - Sums over the bytes and halves of a word --------===//
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

/// Element `index` of a word, of `bits` bits, as 32.
static Value *elementOf(LaneContext &context, Value *word, unsigned bits,
                        unsigned index, bool isSigned) {
  Value *shift = LaneBuilder::constant(word, bits * index);
  Value *low = context.resize(context.ir.CreateLShr(word, shift), bits, false);
  return context.resize(low, 32, isSigned);
}

/// dp4a: c + the sum of four products of bytes. dp2a: c + the sum of two
/// products of 16 bits of a and bytes of the low or high half of b.
Value *emitDotProduct(LaneContext &context) {
  bool isWide = context.opcode() == Opcode::Dp2a;
  unsigned firstByte = 0;
  if (isWide) {
    if (context.take(Modifier::Hi))
      firstByte = 2;
    else if (!context.take(Modifier::Lo))
      return context.fail("says neither .lo nor .hi; it needs one");
  }
  Value *sum = context.operand(2);
  for (unsigned i = 0; i < (isWide ? 2u : 4u); ++i) {
    Value *a = elementOf(context, context.operand(0), isWide ? 16 : 8, i,
                         ptx::isSigned(context.type(0)));
    Value *b = elementOf(context, context.operand(1), 8, firstByte + i,
                         ptx::isSigned(context.type(1)));
    sum = context.ir.CreateAdd(sum, context.ir.CreateMul(a, b));
  }
  return sum;
}

/// vabsdiff2, vabsdiff4: |a - b| of halves or bytes, side by side, clamped with
/// .sat to the signedness of the result; with .add, c and all of them summed.
Value *emitAbsoluteDifferences(LaneContext &context) {
  IRBuilderBase &ir = context.ir;
  unsigned count = context.opcode() == Opcode::Vabsdiff2 ? 2 : 4;
  unsigned bits = 32 / count;
  bool adds = context.take(Modifier::Add);
  bool saturates = context.take(Modifier::Sat);
  uint64_t ones = (uint64_t(1) << bits) - 1;
  uint64_t largest = ptx::isSigned(context.type(0)) ? ones >> 1 : ones;
  Value *third = context.operand(2);
  Value *word = adds ? third : LaneBuilder::constant(third, 0);
  for (unsigned i = 0; i < count; ++i) {
    Value *a = elementOf(context, context.operand(0), bits, i,
                         ptx::isSigned(context.type(1)));
    Value *b = elementOf(context, context.operand(1), bits, i,
                         ptx::isSigned(context.type(2)));
    Value *difference = ir.CreateSub(context.call(Intrinsic::smax, {a, b}),
                                     context.call(Intrinsic::smin, {a, b}));
    if (saturates)
      difference = context.call(
          Intrinsic::umin,
          {difference, LaneBuilder::constant(difference, largest)});
    if (adds) {
      word = ir.CreateAdd(word, difference);
      continue;
    }
    difference =
        ir.CreateAnd(difference, LaneBuilder::constant(difference, ones));
    word = ir.CreateOr(
        word,
        ir.CreateShl(difference, LaneBuilder::constant(difference, bits * i)));
  }
  return word;
}

} // namespace weft::cusim
