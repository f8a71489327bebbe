//===- ProductEpilogue.cpp - What follows a matrix product ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/ProductEpilogue.h"

using namespace mlir;

namespace weft {

void emitProductEpilogue(ElementEmitter &emitter, const KernelOutput &output,
                         Operation *anchor, Value bias,
                         const ProductSums &sums) {
  CPUCodeBuilder &code = codeOf(emitter);
  constexpr int64_t lanes = CPUCodeBuilder::lanes;
  Value result = anchor->getResult(0);
  const Sizes &sizes = emitter.sizesOf(result);
  Value columns = code.size(sizes.back());
  bool isWhole = sizes.back().asConstant().value_or(1) % lanes == 0;
  code.loop(code.constant(0), sums.rows, 1, [&](Value row) {
    ElementEmitter::Scope scope(emitter);
    LaneIndices index = sums.rowIndex(row);
    LaneIndices start = index;
    start.push_back(LaneIndex::uniform(code.constant(0)));
    Value target = code.address(output.memory.base, output.memory.element,
                                emitter.linearize(start, sizes).value);
    Value source =
        code.address(sums.base, code.f32(), code.mul(row, sums.rowStride));
    code.loop(code.constant(0), sums.panels, 1, [&](Value i) {
      Value column = code.mul(sums.panelNumber(i), code.constant(lanes));
      Value mask;
      if (!isWhole)
        mask = code.compare(arith::CmpIPredicate::slt, code.laneNumbers(),
                            code.sub(columns, column));
      ElementEmitter::Scope scope(emitter, mask);
      LaneIndices at = index;
      at.push_back(LaneIndex::consecutive(column));
      Value sum = code.loadLanes(
          code.f32(),
          code.address(source, code.f32(), code.mul(i, code.constant(lanes))),
          Value());
      if (bias)
        sum = code.addf(sum, emitter.element(bias, {at.back()}));
      emitter.provide(result, at, sum);
      Value element = code.broadcast(emitter.element(output.value, at));
      code.store(emitter.toStorage(element, output.memory.element),
                 code.address(target, output.memory.element, column), mask);
    });
  });
}

} // namespace weft
