//===- Attention.cpp - Attention without scores in memory -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/Attention.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft {

bool canEmitAttentionKernel(AttentionOp anchor) {
  // The general form computes f64 in f64.
  return ElementEmitter::computeType(
             anchor.getQuery().getType().getElementType())
      .isF32();
}

Division emitAttentionKernel(ElementEmitter &emitter,
                             const KernelOutput &output, AttentionOp anchor) {
  return AttentionKernel(emitter, output, anchor).emit();
}

static SizeExpr wholeVectors(const SizeExpr &size) {
  return ceilDiv(size, CPUCodeBuilder::lanes) * CPUCodeBuilder::lanes;
}

AttentionKernel::AttentionKernel(ElementEmitter &emitter,
                                 const KernelOutput &output, AttentionOp op)
    : emitter(emitter), code(codeOf(emitter)), output(output), op(op) {
  const Sizes &query = emitter.sizesOf(op.getQuery());
  const Sizes &key = emitter.sizesOf(op.getKey());
  batch = query[0], rows = query[1], heads = query[2], depth = query[3];
  keys = key[1], groups = key[2];
  width = emitter.sizesOf(op.getValue())[3];
  paddedDepth = wholeVectors(depth), paddedWidth = wholeVectors(width);
  if (Value mask = op.getMask()) {
    const Sizes &sizes = emitter.sizesOf(mask);
    masksRows = sizes.size() >= 2 && sizes[sizes.size() - 2].asConstant() != 1;
  }

  // Eight sums hide the latency of a multiply-add on two ports; wider tiles
  // load less for each.
  tilePanels = code.target.registers >= 32 ? 2 : 1;
  tileHeight = code.target.registerLanes == 16  ? 8
               : code.target.registerLanes == 8 ? 4
                                                : 2;

  queryPlace = allocate(paddedDepth * itemRows);
  keyPlace = allocate(paddedDepth * blockKeys);
  valuePlace = allocate(paddedWidth * blockKeys);
  keyMaskPlace = allocate(blockKeys);
  weightPlace = allocate(blockKeys * lanes * tilePanels);
  resultPlace = allocate(paddedWidth * itemRows);
  greatestPlace = allocate(itemRows);
  sumPlace = allocate(itemRows);
  transposePlace = allocate(lanes * lanes);
}

AttentionKernel::Place AttentionKernel::allocate(SizeExpr size) {
  Place place{scratchSize, size};
  scratchSize = scratchSize + size;
  return place;
}

Value AttentionKernel::pointer(const Place &place) {
  return element(code.scratch, code.size(place.offset));
}

Division AttentionKernel::emit() {
  SizeExpr blocks = ceilDiv(rows, itemRows);
  code.loop(code.begin, code.end, 1, [&](Value item) { emitItem(item); });
  Division division;
  division.items = batch * heads * blocks;
  division.scratchBytes = scratchSize * 4;
  division.split = artifact::DYNAMIC;
  return division;
}

Value AttentionKernel::queryRow(Value panel, Value lane) {
  Value row = code.add(firstRow, code.mul(panel, code.constant(lanes)));
  Value last = code.sub(code.size(rows), code.constant(1));
  return code.minimum(code.add(row, lane), last);
}

void AttentionKernel::forEachRowTile(function_ref<void(const RowTile &)> body) {
  Value zero = code.constant(0);
  Value whole = code.mul(code.floorDiv(rowPanels, code.constant(tilePanels)),
                         code.constant(tilePanels));
  code.loop(zero, whole, tilePanels, [&](Value panel) {
    ElementEmitter::Scope scope(emitter);
    body({panel, tilePanels});
  });
  if (tilePanels == 1)
    return;
  code.loop(whole, rowPanels, 1, [&](Value panel) {
    ElementEmitter::Scope scope(emitter);
    body({panel, 1});
  });
}

Value AttentionKernel::groupOf(Value head) {
  if (heads == groups)
    return head;
  return code.floorDiv(head,
                       code.floorDiv(code.size(heads), code.size(groups)));
}

void AttentionKernel::emitItem(Value item) {
  ElementEmitter::Scope scope(emitter);
  Value zero = code.constant(0);
  // Neighbouring items share their keys.
  Value blocks = code.size(ceilDiv(rows, itemRows));
  Value pair = code.floorDiv(item, blocks);
  itemHead = code.mod(pair, code.size(heads));
  itemBatch = code.floorDiv(pair, code.size(heads));
  itemGroup = groupOf(itemHead);
  firstRow = code.mul(code.mod(item, blocks), code.constant(itemRows));
  Value next = code.add(item, code.constant(1));
  Value nextPair =
      code.minimum(code.floorDiv(next, blocks),
                   code.sub(code.size(batch * heads), code.constant(1)));
  nextHead = code.mod(nextPair, code.size(heads));
  nextBatch = code.floorDiv(nextPair, code.size(heads));
  nextGroup = groupOf(nextHead);
  nextRow = code.mul(code.mod(next, blocks), code.constant(itemRows));
  Value endRow = code.minimum(code.add(firstRow, code.constant(itemRows)),
                              code.size(rows));
  rowPanels = code.floorDiv(
      code.add(code.sub(endRow, firstRow), code.constant(lanes - 1)),
      code.constant(lanes));

  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  code.loop(zero, rowPanels, 1, [&](Value panel) {
    packQuery(panel);
    Value first = code.mul(panel, code.constant(lanes));
    code.store(code.number(vector, -std::numeric_limits<double>::infinity()),
               element(pointer(greatestPlace), first));
    code.store(code.number(vector, 0), element(pointer(sumPlace), first));
    Value result =
        element(pointer(resultPlace), code.mul(first, code.size(paddedWidth)));
    code.loop(zero, code.size(paddedWidth * lanes), lanes, [&](Value at) {
      code.store(code.number(vector, 0), element(result, at));
    });
  });

  // A causal item ends at the last key that its last row sees.
  Value endKey = code.size(keys);
  if (op.getCausal())
    endKey = code.minimum(endKey, code.add(endRow, code.size(keys - rows)));
  code.loop(zero, endKey, blockKeys, [&](Value first) {
    ElementEmitter::Scope scope(emitter);
    KeyBlock block;
    block.first = first;
    block.count =
        code.minimum(code.sub(endKey, first), code.constant(blockKeys));
    block.padded = code.mul(
        code.floorDiv(code.add(block.count, code.constant(tileHeight - 1)),
                      code.constant(tileHeight)),
        code.constant(tileHeight));
    copyRows(op.getKey(), block, keyPlace, depth);
    copyRows(op.getValue(), block, valuePlace, width);
    packKeyMask(block);
    forEachRowTile([&](const RowTile &tile) {
      if (!op.getCausal())
        return attend(tile, block);
      // The tile's last row sees keys up to its own number.
      Value rowsEnd =
          code.mul(code.add(tile.firstPanel, code.constant(tile.panels)),
                   code.constant(lanes));
      Value seen =
          code.add(code.add(firstRow, rowsEnd), code.size(keys - rows));
      code.branch(code.compare(CmpIPredicate::slt, first, seen), [&] {
        ElementEmitter::Scope inner(emitter);
        attend(tile, block);
      });
    });
  });
  code.loop(zero, rowPanels, 1, [&](Value panel) { storeResult(panel); });
}

} // namespace weft
