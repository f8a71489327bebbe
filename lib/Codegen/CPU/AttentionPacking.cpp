//===- AttentionPacking.cpp - What attention copies and transposes --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/Attention.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft {

void AttentionKernel::forEachVectorOfRow(const SizeExpr &width,
                                         function_ref<void(Value)> emit) {
  std::optional<int64_t> constant = width.asConstant();
  bool isWhole = constant && *constant % lanes == 0;
  forEachVector(emitter, code.constant(0), code.size(width), isWhole, emit);
}

/// Four rounds of interleaving rows i and i + 8 transpose 16 rows of 16.
void AttentionKernel::transpose(Value from, Value to, int64_t stride,
                                function_ref<Value(Value)> change) {
  constexpr int64_t half = lanes / 2;
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < half; ++i) {
    low.append({i, lanes + i});
    high.append({half + i, lanes + half + i});
  }
  Values tile;
  for (int64_t i = 0; i < lanes; ++i) {
    Value row = code.load(vector, element(from, i * lanes));
    tile.push_back(change ? change(row) : row);
  }
  for (int64_t round = 1; round < lanes; round *= 2) {
    Values next;
    for (int64_t i = 0; i < half; ++i)
      for (ArrayRef<int64_t> order : {low, high})
        next.push_back(
            code.make<vector::ShuffleOp>(tile[i], tile[i + half], order));
    tile = next;
  }
  for (int64_t i = 0; i < lanes; ++i)
    code.store(tile[i], element(to, i * stride));
}

void AttentionKernel::packQuery(Value panel) {
  ElementEmitter::Scope scope(emitter);
  Value rowsOfPanel = pointer(transposePlace);
  Value packed = element(pointer(queryPlace),
                         code.mul(panel, code.size(paddedDepth * lanes)));
  // The scale here costs less than one at each score.
  Value scale = code.number(code.f32(), op.getScale().convertToFloat());
  forEachVectorOfRow(depth, [&](Value first) {
    code.loop(code.constant(0), code.constant(lanes), 1, [&](Value lane) {
      ElementEmitter::Scope inner(emitter);
      Value loaded = emitter.element(op.getQuery(),
                                     {LaneIndex::uniform(itemBatch),
                                      LaneIndex::uniform(queryRow(panel, lane)),
                                      LaneIndex::uniform(itemHead),
                                      LaneIndex::consecutive(first)});
      code.store(code.mulf(code.broadcast(loaded), scale),
                 element(rowsOfPanel, code.mul(lane, code.constant(lanes))));
    });
    transpose(rowsOfPanel,
              element(packed, code.mul(first, code.constant(lanes))), lanes);
  });
}

void AttentionKernel::copyRows(Value tensor, const KeyBlock &block,
                               const Place &to, const SizeExpr &size) {
  Value base = pointer(to);
  Value stride = code.size(ceilDiv(size, lanes) * lanes);
  code.loop(code.constant(0), block.count, 1, [&](Value row) {
    ElementEmitter::Scope scope(emitter);
    Value copy = element(base, code.mul(row, stride));
    Value key = code.add(block.first, row);
    forEachVectorOfRow(size, [&](Value first) {
      Value loaded = emitter.element(tensor, {LaneIndex::uniform(itemBatch),
                                              LaneIndex::uniform(key),
                                              LaneIndex::uniform(itemGroup),
                                              LaneIndex::consecutive(first)});
      code.store(code.broadcast(loaded), element(copy, first));
    });
  });
  // A product with a surplus key must be finite.
  Value zeros = code.number(CPUCodeBuilder::vectorOf(code.f32()), 0);
  code.loop(code.mul(block.count, stride), code.mul(block.padded, stride),
            lanes, [&](Value at) { code.store(zeros, element(base, at)); });
}

void AttentionKernel::packKeyMask(const KeyBlock &block) {
  Type vector = CPUCodeBuilder::vectorOf(code.f32());
  Value hidden = code.number(vector, -std::numeric_limits<double>::infinity());
  code.loop(code.constant(0), block.padded, lanes, [&](Value first) {
    Value exists = code.compare(CmpIPredicate::slt, code.laneNumbers(),
                                code.sub(block.count, first));
    ElementEmitter::Scope scope(emitter, exists);
    Value added = code.number(vector, 0);
    if (op.getMask() && !masksRows)
      added = code.broadcast(emitter.broadcastElement(
          op.getMask(),
          ArrayRef<LaneIndex>{
              LaneIndex::uniform(itemBatch), LaneIndex::uniform(itemHead),
              LaneIndex::uniform(code.constant(0)),
              LaneIndex::consecutive(code.add(block.first, first))}));
    code.store(code.select(exists, added, hidden),
               element(pointer(keyMaskPlace), first));
  });
}

void AttentionKernel::packRowMask(const RowTile &tile, const KeyBlock &block) {
  Value rowsOfPanel = pointer(transposePlace);
  int64_t tileRows = tile.panels * lanes;
  code.loop(code.constant(0), block.padded, lanes, [&](Value first) {
    Value exists = code.compare(CmpIPredicate::slt, code.laneNumbers(),
                                code.sub(block.count, first));
    ElementEmitter::Scope scope(emitter, exists);
    for (int64_t i = 0; i < tile.panels; ++i) {
      Value panel = code.add(tile.firstPanel, code.constant(i));
      code.loop(code.constant(0), code.constant(lanes), 1, [&](Value lane) {
        ElementEmitter::Scope inner(emitter);
        Value added = emitter.broadcastElement(
            op.getMask(),
            ArrayRef<LaneIndex>{
                LaneIndex::uniform(itemBatch), LaneIndex::uniform(itemHead),
                LaneIndex::uniform(queryRow(panel, lane)),
                LaneIndex::consecutive(code.add(block.first, first))});
        // Surplus keys are hidden by the keys' mask.
        added =
            code.select(exists, code.broadcast(added),
                        code.number(CPUCodeBuilder::vectorOf(code.f32()), 0));
        code.store(added,
                   element(rowsOfPanel, code.mul(lane, code.constant(lanes))));
      });
      Value scores = element(pointer(weightPlace),
                             code.mul(first, code.constant(tileRows)));
      transpose(rowsOfPanel, element(scores, i * lanes), tileRows);
    }
  });
}

void AttentionKernel::storeResult(Value panel) {
  ElementEmitter::Scope scope(emitter);
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  Value first = code.mul(panel, code.constant(lanes));
  Value sum = code.load(vector, element(pointer(sumPlace), first));
  Value inverse = code.divf(code.number(vector, 1), sum);
  // A row without keys, or with all of them hidden, is zero. Others have a
  // weight of 1.
  Value isEmpty =
      code.compare(arith::CmpFPredicate::OEQ, sum, code.number(vector, 0));
  Value result =
      element(pointer(resultPlace), code.mul(first, code.size(paddedWidth)));
  Value rowsOfPanel = pointer(transposePlace);
  Value firstQuery = code.add(firstRow, first);
  Value endLane =
      code.minimum(code.sub(code.size(rows), firstQuery), code.constant(lanes));
  forEachVectorOfRow(width, [&](Value column) {
    Value columns = element(result, code.mul(column, code.constant(lanes)));
    transpose(columns, rowsOfPanel, lanes, [&](Value column) {
      return code.select(isEmpty, code.number(vector, 0),
                         code.mulf(column, inverse));
    });
    code.loop(code.constant(0), endLane, 1, [&](Value lane) {
      ElementEmitter::Scope inner(emitter);
      LaneIndices index = {LaneIndex::uniform(itemBatch),
                           LaneIndex::uniform(code.add(firstQuery, lane)),
                           LaneIndex::uniform(itemHead),
                           LaneIndex::consecutive(column)};
      Value mean = code.load(
          vector, element(rowsOfPanel, code.mul(lane, code.constant(lanes))));
      emitter.provide(op.getResult(), index, mean);
      Value stored = code.broadcast(emitter.element(output.value, index));
      LaneIndex position = emitter.linearize(index, output.memory.sizes);
      code.store(emitter.toStorage(stored, output.memory.element),
                 code.address(output.memory.base, output.memory.element,
                              position.value),
                 emitter.getMask());
    });
  });
}

void AttentionKernel::prefetchRow(Value tensor, const LaneIndices &row,
                                  const SizeExpr &size) {
  std::optional<int64_t> columns = size.asConstant();
  if (!columns)
    return;
  ElementEmitter::Scope scope(emitter);
  for (int64_t column = 0; column < *columns; column += lanes) {
    LaneIndices index = row;
    index.push_back(LaneIndex::consecutive(code.constant(column)));
    // What is computed on the way would be computed for nothing.
    auto load = emitter.element(tensor, index).getDefiningOp<LLVM::LoadOp>();
    if (load)
      code.prefetchToSecondCache(load.getAddr());
  }
}

void AttentionKernel::prefetchAhead(const RowTile &tile, const KeyBlock &block,
                                    Value key) {
  // The tiles take turns: tile t of T fetches the keys t, t + T, ...
  Value tilePanelCount = code.constant(tilePanels);
  Value tiles = code.floorDiv(
      code.add(rowPanels, code.sub(tilePanelCount, code.constant(1))),
      tilePanelCount);
  Value turn = code.floorDiv(tile.firstPanel, tilePanelCount);
  Value first = code.add(block.first, key);
  Value end =
      code.minimum(code.add(key, code.constant(tileHeight)), block.count);
  code.loop(code.add(first, turn), code.add(block.first, end), tiles,
            [&](Value row) {
              ElementEmitter::Scope scope(emitter);
              LaneIndices index = {LaneIndex::uniform(nextBatch),
                                   LaneIndex::uniform(row),
                                   LaneIndex::uniform(nextGroup)};
              prefetchRow(op.getKey(), index, depth);
              prefetchRow(op.getValue(), index, width);
            });
  // While they multiply with the first keys, tiles fetch rows like their own.
  Value isFirst =
      code.compare(CmpIPredicate::eq, block.first, code.constant(0));
  code.branch(isFirst, [&] {
    Value tileRow = code.mul(tile.firstPanel, code.constant(lanes));
    int64_t rowsOfTile = tile.panels * lanes;
    Value firstOfKey = code.floorDiv(code.mul(key, code.constant(rowsOfTile)),
                                     code.constant(blockKeys));
    int64_t rowsOfKeys =
        std::max<int64_t>(1, tileHeight * rowsOfTile / blockKeys);
    Value endOfKey = code.add(firstOfKey, code.constant(rowsOfKeys));
    Value last = code.sub(code.size(rows), code.constant(1));
    code.loop(
        code.add(tileRow, firstOfKey), code.add(tileRow, endOfKey), 1,
        [&](Value row) {
          ElementEmitter::Scope scope(emitter);
          Value next = code.minimum(code.add(nextRow, row), last);
          prefetchRow(op.getQuery(),
                      {LaneIndex::uniform(nextBatch), LaneIndex::uniform(next),
                       LaneIndex::uniform(nextHead)},
                      depth);
          Value own = code.minimum(code.add(firstRow, row), last);
          LaneIndex result = emitter.linearize(
              {LaneIndex::uniform(itemBatch), LaneIndex::uniform(own),
               LaneIndex::uniform(itemHead),
               LaneIndex::uniform(code.constant(0))},
              output.memory.sizes);
          for (int64_t column = 0; column < width.asConstant().value_or(0);
               column += lanes)
            code.prefetchToSecondCache(
                code.address(output.memory.base, output.memory.element,
                             code.add(result.value, code.constant(column))));
        });
  });
}

} // namespace weft
