//===- RoundToBytes.cpp - Numbers as steps of a scale ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/RoundToBytes.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft {

RoundedNumbers roundToBytes(CPUCodeBuilder &code, Value first, Value second) {
  Value x[2] = {first, second};
  Type words = CPUCodeBuilder::vectorOf(code.i32());
  // Magnitudes compare as integers.
  Value magnitudes[2];
  for (int i : {0, 1})
    magnitudes[i] = code.make<arith::AndIOp>(code.bitcast(x[i], code.i32()),
                                             code.integer(words, 0x7FFFFFFF));
  Value greatest = code.bitcast(code.make<vector::ReductionOp>(
                                    vector::CombiningKind::MAXSI,
                                    code.maximum(magnitudes[0], magnitudes[1])),
                                code.f32());
  RoundedNumbers rounded;
  rounded.scale = code.divf(greatest, code.number(code.f32(), 127));
  Value isZero = code.compare(arith::CmpFPredicate::OEQ, rounded.scale,
                              code.number(code.f32(), 0));
  Value divisor = code.broadcast(
      code.select(isZero, code.number(code.f32(), 1), rounded.scale));
  // Adding 1.5 * 2^23 rounds to whole numbers, halves to even, in the low bits.
  Value magic = code.number(CPUCodeBuilder::vectorOf(code.f32()), 0x1.8p23);
  for (int i : {0, 1})
    rounded.steps[i] = code.sub(
        code.bitcast(code.addf(code.divf(x[i], divisor), magic), code.i32()),
        code.bitcast(magic, code.i32()));
  return rounded;
}

} // namespace weft
