//===- QuantizedRows.cpp - Activations as bytes ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/QuantizedRows.h"

#include "lib/Codegen/CPU/RoundToBytes.h"

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
    auto [scale, q] = roundToBytes(
        code, elements(column), elements(code.add(column, code.constant(16))));
    for (int i : {0, 1}) {
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
