//===- BlockNumbers.cpp - A step of a quantized panel as numbers ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/BlockPanel.h"
#include "lib/Codegen/CPU/IntegerDot.h"

using namespace mlir;

namespace weft {

SmallVector<Value, 32> BlockPanels::toFloats(const BlockStep &step) {
  SmallVector<Value, 32> floats;
  Value first = step.words.front();
  Type type = first.getType();
  Type floatType = CPUCodeBuilder::withElement(type, code.f32());
  // scale * (q - zero) + minimum as one multiply-add.
  SmallVector<Value, 2> added(step.minima.begin(), step.minima.end());
  if (added.empty())
    for (Value scale : step.scales)
      added.push_back(
          code.mulf(scale, code.number(scale.getType(), -double(traits.zero))));
  for (int64_t k = 0; k < 32; ++k) {
    Value word = step.words[k / 4];
    if (k % 4)
      word = code.make<arith::ShRUIOp>(word, code.integer(type, k % 4 * 8));
    if (k % 4 != 3)
      word = code.make<arith::AndIOp>(word, code.integer(type, 255));
    int64_t part = k / (32 / traits.parts);
    Value number = code.make<arith::SIToFPOp>(floatType, word);
    floats.push_back(code.fma(number, step.scales[part], added[part]));
  }
  return floats;
}

SmallVector<Value, 16> BlockPanels::toPairs(const BlockStep &step) {
  Type words = CPUCodeBuilder::vectorOf(code.i32());
  Type floats = CPUCodeBuilder::vectorOf(code.f32());
  // Cut off below the 16 highest bits, a number loses half a unit of its last
  // place. A factor gives it back in the mean over all mantissas, 1 / (2 ln 2)
  // units of 2^-7, and leaves numbers of 8 bits as they are.
  constexpr double unbiased = 1 + 0.7213 / 256;
  SmallVector<Value, 2> factors, added;
  for (int64_t part = 0; part < traits.parts; ++part) {
    Value scale = step.scales[part];
    // The number that q becomes below is 1 + q / 256.
    Value zero = code.mulf(
        scale, code.number(floats, -(256.0 + double(traits.zero)) * unbiased));
    if (traits.hasMinima)
      zero = code.fma(step.minima[part], code.number(floats, unbiased), zero);
    added.push_back(zero);
    factors.push_back(code.mulf(scale, code.number(floats, 256 * unbiased)));
  }
  auto numberOf = [&](int64_t k) {
    // To the highest bits of a mantissa: an integer becomes a float without
    // a conversion.
    Value word = step.words[k / 4];
    int64_t shift = 15 - 8 * (k % 4);
    if (shift > 0)
      word = code.make<arith::ShLIOp>(word, code.integer(words, shift));
    else
      word = code.make<arith::ShRUIOp>(word, code.integer(words, -shift));
    word = code.make<arith::AndIOp>(word, code.integer(words, 0x007F8000));
    word = code.make<arith::OrIOp>(word, code.integer(words, 0x3F800000));
    int64_t part = k / (32 / traits.parts);
    return code.bitcast(
        code.fma(code.bitcast(word, code.f32()), factors[part], added[part]),
        code.i32());
  };
  SmallVector<Value, 16> pairs;
  for (int64_t k = 0; k < 32; k += 2) {
    Value low = code.make<arith::ShRUIOp>(numberOf(k), code.integer(words, 16));
    // Bits of the second where the third is set, else of the first: LLVM would
    // make a permutation of shifts and masks, which is slower.
    constexpr int64_t choice = 0xD8;
    pairs.push_back(callIntrinsic(code, "llvm.x86.avx512.pternlog.d.512", words,
                                  {low, numberOf(k + 1),
                                   code.integer(words, int32_t(0xFFFF0000)),
                                   code.integer(code.i32(), choice)}));
  }
  return pairs;
}

} // namespace weft
