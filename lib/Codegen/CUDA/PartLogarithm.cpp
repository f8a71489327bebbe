//===- PartLogarithm.cpp - How much a part of attention weighs ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/PartLogarithm.h"

#include "lib/Codegen/Common/VectorMath.h"

#include <limits>
#include <numbers>

using namespace mlir;

namespace weft::cuda {

Value partLogarithm(CUDACodeBuilder &code, Value greatest, Value sum) {
  Type f32 = code.f32();
  Value isEmpty =
      code.compare(arith::CmpFPredicate::OEQ, sum, code.number(f32, 0));
  Value some = code.select(isEmpty, code.number(f32, 1), sum);
  Value scaled = code.mulf(greatest, code.number(f32, std::numbers::ln2));
  return code.select(isEmpty,
                     code.number(f32, -std::numeric_limits<double>::infinity()),
                     code.addf(scaled, VectorMath(code).log(some)));
}

void storePartLogarithm(ElementEmitter &emitter, const KernelOutput &output,
                        Value row, Value head, Value logarithm) {
  CodeBuilder &code = emitter.code;
  Value last = code.size(output.memory.sizes.back() - 1);
  LaneIndex position =
      emitter.linearize({LaneIndex::uniform(row), LaneIndex::uniform(head),
                         LaneIndex::uniform(last)},
                        output.memory.sizes);
  code.store(
      emitter.toStorage(logarithm, output.memory.element),
      code.address(output.memory.base, output.memory.element, position.value));
}

} // namespace weft::cuda
