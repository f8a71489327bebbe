//===- QuantizedRows.cpp - Activations as bytes ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/QuantizedRows.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace weft {

// A row: depth bytes, depth / 32 scales, depth / 32 * parts sums.
int64_t QuantizedRows::rowBytes() const {
  return llvm::alignTo(depth + depth / 8 * (1 + traits.parts), 64);
}

Value QuantizedRows::rowAddress(Value row) {
  return code.address(base, code.builder.getI8Type(),
                      code.mul(row, code.constant(rowBytes())));
}

QuantizedRows::Step QuantizedRows::step(Value row, Value number) {
  Type byte = code.builder.getI8Type();
  Step step;
  step.quants = code.address(row, byte, code.mul(number, code.constant(32)));
  Value scales = code.address(row, byte, depth);
  step.scale = code.load(code.f32(), code.address(scales, code.f32(), number));
  Value sums = code.address(row, byte, depth + depth / 8);
  step.sums = code.address(sums, code.f32(),
                           code.mul(number, code.constant(traits.parts)));
  return step;
}

static Value reduce(CPUCodeBuilder &code, vector::CombiningKind kind,
                    Value vector) {
  return code.make<vector::ReductionOp>(kind, vector);
}

void QuantizedRows::make(Value row, Elements elements) {
  Value address = rowAddress(row);
  Type byte = code.builder.getI8Type();
  code.loop(code.constant(0), code.constant(depth / 32), 1, [&](Value number) {
    Value column = code.mul(number, code.constant(32));
    Value x[2] = {elements(column),
                  elements(code.add(column, code.constant(16)))};
    Type words = CPUCodeBuilder::vectorOf(code.i32());
    // Magnitudes compare as integers.
    Value magnitudes[2];
    for (int i : {0, 1})
      magnitudes[i] = code.make<arith::AndIOp>(code.bitcast(x[i], code.i32()),
                                               code.integer(words, 0x7FFFFFFF));
    Value greatest =
        code.bitcast(reduce(code, vector::CombiningKind::MAXSI,
                            code.maximum(magnitudes[0], magnitudes[1])),
                     code.f32());
    Value scale = code.divf(greatest, code.number(code.f32(), 127));
    Value isZero = code.compare(arith::CmpFPredicate::OEQ, scale,
                                code.number(code.f32(), 0));
    Value divisor =
        code.broadcast(code.select(isZero, code.number(code.f32(), 1), scale));
    // Adding 1.5 * 2^23 rounds to whole numbers, halves to even, in the low
    // bits.
    Value magic = code.number(CPUCodeBuilder::vectorOf(code.f32()), 0x1.8p23);
    Value q[2];
    for (int i : {0, 1}) {
      Value rounded = code.addf(code.divf(x[i], divisor), magic);
      q[i] = code.sub(code.bitcast(rounded, code.i32()),
                      code.bitcast(magic, code.i32()));
      Value bytes =
          code.make<arith::TruncIOp>(CPUCodeBuilder::vectorOf(byte), q[i]);
      code.store(bytes, code.address(address, byte,
                                     code.add(column, code.constant(16 * i))));
    }
    Value scales = code.address(address, byte, depth);
    code.store(scale, code.address(scales, code.f32(), number));
    Value sums =
        code.address(code.address(address, byte, depth + depth / 8), code.f32(),
                     code.mul(number, code.constant(traits.parts)));
    if (traits.parts == 1)
      q[0] = code.add(q[0], q[1]);
    for (int64_t part = 0; part < traits.parts; ++part) {
      Value sum = reduce(code, vector::CombiningKind::ADD, q[part]);
      if (traits.hasMinima)
        sum = code.mulf(scale, code.make<arith::SIToFPOp>(code.f32(), sum));
      else
        sum = code.make<arith::MulIOp>(sum,
                                       code.integer(code.i32(), -traits.zero));
      code.store(sum, code.address(sums, code.f32(), part));
    }
  });
}

} // namespace weft
