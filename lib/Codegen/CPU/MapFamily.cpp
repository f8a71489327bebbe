//===- MapFamily.cpp - Kernels that go row by row -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/Family.h"

using namespace mlir;

namespace weft {

/// Rows longer than this are several items.
static constexpr int64_t blockColumns = 4096;
/// Elements that are worth a worker's turn.
static constexpr int64_t chunkElements = 8192;

void forEachVector(ElementEmitter &emitter, Value from, Value to, bool isWhole,
                   function_ref<void(Value)> store) {
  CPUCodeBuilder &code = codeOf(emitter);
  constexpr int64_t lanes = CPUCodeBuilder::lanes;
  Value count = code.sub(to, from);
  Value whole = code.mul(code.floorDiv(count, code.constant(lanes)),
                         code.constant(lanes));
  Value wholeEnd = isWhole ? to : code.add(from, whole);
  code.loop(from, wholeEnd, lanes, [&](Value first) {
    ElementEmitter::Scope scope(emitter);
    store(first);
  });
  if (isWhole)
    return;
  code.branch(code.compare(arith::CmpIPredicate::slt, wholeEnd, to), [&] {
    Value mask = code.compare(arith::CmpIPredicate::slt, code.laneNumbers(),
                              code.sub(to, wholeEnd));
    ElementEmitter::Scope scope(emitter, mask);
    store(wholeEnd);
  });
}

Division emitMapKernel(ElementEmitter &emitter, const KernelOutput &output) {
  CPUCodeBuilder &code = codeOf(emitter);
  const Sizes &sizes = emitter.sizesOf(output.value);
  SizeExpr total = 1;
  for (const SizeExpr &size : sizes)
    total = total * size;
  bool flat = isFlat(emitter, output);
  SizeExpr columns = flat ? total : sizes.empty() ? SizeExpr(1) : sizes.back();
  SizeExpr rows = 1;
  Sizes outer;
  if (!flat && !sizes.empty())
    outer.assign(sizes.begin(), sizes.end() - 1);
  for (const SizeExpr &size : outer)
    rows = rows * size;
  std::optional<int64_t> width = columns.asConstant();
  SizeExpr blocks =
      width && *width <= blockColumns ? 1 : ceilDiv(columns, blockColumns);

  code.loop(code.begin, code.end, 1, [&](Value item) {
    ElementEmitter::Scope rowScope(emitter);
    Value row = code.floorDiv(item, code.size(blocks));
    Value from = code.mul(code.mod(item, code.size(blocks)),
                          code.constant(blockColumns));
    Value to = code.minimum(code.add(from, code.constant(blockColumns)),
                            code.size(columns));
    if (blocks.asConstant() == 1)
      to = code.size(columns);
    LaneIndices index = emitter.delinearize(LaneIndex::uniform(row), outer);
    // What a row computes once goes before this op.
    Operation *rowPoint =
        code.make<arith::ConstantOp>(code.builder.getI64IntegerAttr(0));
    emitter.startRow(rowPoint);
    Value rowBase = code.address(output.memory.base, output.memory.element,
                                 code.mul(row, code.size(columns)));
    auto storeAt = [&](LaneIndex column) {
      LaneIndices at;
      if (flat) {
        // All tensors are read at the same number, which stands in a dimension
        // that may be greater than 1.
        at = LaneIndices(sizes.size(), LaneIndex::uniform(code.constant(0)));
        for (auto [i, size] :
             llvm::zip_equal(llvm::reverse(at), llvm::reverse(sizes)))
          if (size.asConstant() != 1) {
            i = column;
            break;
          }
        emitter.recordLinear(at, sizes, column);
      } else {
        at = index;
        if (!sizes.empty())
          at.push_back(column);
      }
      Value element = emitter.element(output.value, at);
      if (!column.isUniform())
        element = code.broadcast(element);
      code.store(emitter.toStorage(element, output.memory.element),
                 code.address(rowBase, output.memory.element, column.value),
                 column.isUniform() ? Value() : emitter.getMask());
    };
    if (width == 1)
      storeAt(LaneIndex::uniform(code.constant(0)));
    else
      forEachVector(
          emitter, from, to, width && *width % CPUCodeBuilder::lanes == 0,
          [&](Value first) { storeAt(LaneIndex::consecutive(first)); });
    rowPoint->erase();
    emitter.startRow(nullptr);
  });

  Division division;
  division.items = rows * blocks;
  if (width && *width <= blockColumns)
    division.chunk =
        std::max<int64_t>(1, chunkElements / std::max<int64_t>(1, *width));
  else if (!flat)
    division.chunk =
        ceilDiv(chunkElements, max(1, min(columns, chunkElements)));
  return division;
}

} // namespace weft
