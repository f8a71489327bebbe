//===- ProductEpilogue.cpp - What follows a matrix product ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/ProductEpilogue.h"

using namespace mlir;

namespace weft {

static constexpr int64_t lanes = CPUCodeBuilder::lanes;

/// Stores the output of each row and panel, of which there are `panels`, once
/// `provide` has said what it is computed from.
static void
storeOutput(ElementEmitter &emitter, const KernelOutput &output,
            const ProductSums &sums, Value panels,
            function_ref<void(ArrayRef<LaneIndex> at, Value row, Value panel)>
                provide) {
  CPUCodeBuilder &code = codeOf(emitter);
  const Sizes &sizes = output.memory.sizes;
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
    code.loop(code.constant(0), panels, 1, [&](Value i) {
      Value column = code.mul(sums.panelNumber(i), code.constant(lanes));
      Value mask;
      if (!isWhole)
        mask = code.compare(arith::CmpIPredicate::slt, code.laneNumbers(),
                            code.sub(columns, column));
      ElementEmitter::Scope scope(emitter, mask);
      LaneIndices at = index;
      at.push_back(LaneIndex::consecutive(column));
      provide(at, source, i);
      Value element = code.broadcast(emitter.element(output.value, at));
      code.store(emitter.toStorage(element, output.memory.element),
                 code.address(target, output.memory.element, column), mask);
    });
  });
}

/// The sum of a panel in a row of sums, with the bias of its columns.
static Value sumOf(ElementEmitter &emitter, Value row, Value panel, Value bias,
                   LaneIndex column) {
  CPUCodeBuilder &code = codeOf(emitter);
  Value sum = code.loadLanes(
      code.f32(),
      code.address(row, code.f32(), code.mul(panel, code.constant(lanes))),
      Value());
  return bias ? code.addf(sum, emitter.element(bias, {column})) : sum;
}

void emitProductEpilogue(ElementEmitter &emitter, const KernelOutput &output,
                         Operation *anchor, Value bias,
                         const ProductSums &sums) {
  storeOutput(emitter, output, sums, sums.panels,
              [&](ArrayRef<LaneIndex> at, Value row, Value panel) {
                emitter.provide(anchor->getResult(0), at,
                                sumOf(emitter, row, panel, bias, at.back()));
              });
}

void emitHalvesEpilogue(ElementEmitter &emitter, const KernelOutput &output,
                        LinearHalves &halves, const ProductSums &sums) {
  CPUCodeBuilder &code = codeOf(emitter);
  Value panels = code.floorDiv(sums.panels, code.constant(2));
  Value bias = halves.linear.getBias();
  LaneIndex columns = LaneIndex::uniform(
      code.constant(halves.first.getType().getShape().back()));
  storeOutput(emitter, output, sums, panels,
              [&](ArrayRef<LaneIndex> at, Value row, Value panel) {
                emitter.provide(halves.first, at,
                                sumOf(emitter, row, panel, bias, at.back()));
                emitter.provide(halves.second, at,
                                sumOf(emitter, row, code.add(panel, panels),
                                      bias, emitter.add(at.back(), columns)));
              });
}

} // namespace weft
