//===- NormTail.cpp - A norm behind a product -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/NormTail.h"
#include "lib/Codegen/Common/ElementModels.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace weft {

std::optional<NormTail> NormTail::find(ElementEmitter &emitter,
                                       const KernelOutput &output) {
  Operation *norm = output.value.getDefiningOp();
  if (!isa_and_present<LayerNormOp, RMSNormOp>(norm))
    return std::nullopt;
  Value input = norm->getOperand(0);
  Operation *anchor = findAnchor(emitter, input);
  // Only the input is computed: the scale and the bias are there.
  auto isGiven = [](Value value) {
    auto constant = value.getDefiningOp<ConstantOp>();
    return isa<BlockArgument>(value) ||
           (constant && isa<SplatElementsAttr>(constant.getValue()));
  };
  if (!isa_and_present<LinearOp>(anchor) || !input.hasOneUse() ||
      !elementTypeOf(input).isF32() || !elementTypeOf(output.value).isF32() ||
      !llvm::all_of(norm->getOperands().drop_front(), isGiven) ||
      !canEmitMatMulKernel(emitter, anchor))
    return std::nullopt;
  return NormTail(norm, anchor, output.memory);
}

KernelOutput NormTail::sums() const { return {norm->getOperand(0), memory}; }

void NormTail::emitArrival(ElementEmitter &emitter, Value block, Value blocks,
                           Value groups, Value rows) {
  CPUCodeBuilder &code = codeOf(emitter);
  // More blocks than counters share them: counter i is that of the blocks b
  // with floor(b * counters / blocks) = i.
  Value counters = code.minimum(blocks, code.constant(WEFT_ARRIVALS));
  Value number = code.floorDiv(code.mul(block, counters), blocks);
  auto firstBlock = [&](Value counter) {
    Value up = code.sub(counters, code.constant(1));
    return code.floorDiv(code.add(code.mul(counter, blocks), up), counters);
  };
  auto firstRow = [&](Value block) {
    return code.floorDiv(code.mul(block, rows), blocks);
  };
  Value first = firstBlock(number);
  Value last = firstBlock(code.add(number, code.constant(1)));
  Value place = code.address(code.error, code.i32(),
                             code.add(number, code.constant(WEFT_ARRIVALS_AT)));
  // Others' rows are seen by who is last, his own by whoever is.
  Value before = code.make<LLVM::AtomicRMWOp>(LLVM::AtomicBinOp::add, place,
                                              code.integer(code.i32(), 1),
                                              LLVM::AtomicOrdering::acq_rel);
  Value others =
      code.sub(code.mul(code.sub(last, first), groups), code.constant(1));
  Value isLast =
      code.compare(arith::CmpIPredicate::eq, before,
                   code.make<arith::TruncIOp>(code.i32(), others).getResult());
  code.branch(isLast, [&] {
    ElementEmitter::Scope scope(emitter);
    code.store(code.integer(code.i32(), 0), place);
    emitRows(emitter, firstRow(first), firstRow(last));
  });
}

void NormTail::emitRows(ElementEmitter &emitter, Value first, Value last) {
  CPUCodeBuilder &code = codeOf(emitter);
  // A body of its own, to which the sums are an argument in the output's
  // memory: each element is read before it is written.
  Block body;
  KernelSource source{"", &body, {}, 0, norm->getLoc()};
  IRMapping mapping;
  for (BlockArgument argument : norm->getBlock()->getArguments()) {
    mapping.map(argument,
                body.addArgument(argument.getType(), argument.getLoc()));
    source.argumentSizes.push_back(emitter.sizesOf(argument));
  }
  Value input = norm->getOperand(0);
  mapping.map(input, body.addArgument(input.getType(), input.getLoc()));
  source.argumentSizes.push_back(memory.sizes);
  OpBuilder builder(norm->getContext());
  builder.setInsertionPointToEnd(&body);
  for (Value operand : norm->getOperands().drop_front())
    if (Operation *constant = operand.getDefiningOp())
      builder.clone(*constant, mapping);
  Value result = builder.clone(*norm, mapping)->getResult(0);
  YieldOp::create(builder, norm->getLoc(), result);

  ElementEmitter rowEmitter(code, source);
  Value columns = code.size(memory.sizes.back());
  bool isWhole =
      memory.sizes.back().asConstant().value_or(1) % CPUCodeBuilder::lanes == 0;
  code.loop(first, last, 1, [&](Value row) {
    ElementEmitter::Scope scope(rowEmitter);
    LaneIndices index = rowEmitter.delinearize(
        LaneIndex::uniform(row), ArrayRef(memory.sizes).drop_back());
    Operation *rowPoint =
        code.make<arith::ConstantOp>(code.builder.getI64IntegerAttr(0));
    rowEmitter.startRow(rowPoint);
    Value target =
        code.address(memory.base, memory.element, code.mul(row, columns));
    forEachVector(rowEmitter, code.constant(0), columns, isWhole,
                  [&](Value column) {
                    LaneIndices at = index;
                    at.push_back(LaneIndex::consecutive(column));
                    Value element = rowEmitter.element(result, at);
                    code.store(code.broadcast(element),
                               code.address(target, memory.element, column),
                               rowEmitter.getMask());
                  });
    rowPoint->erase();
    rowEmitter.startRow(nullptr);
  });
}

} // namespace weft
