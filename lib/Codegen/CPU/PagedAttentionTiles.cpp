//===- PagedAttentionTiles.cpp - Scores, weights and their products -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/PagedAttention.h"

#include "lib/Codegen/Common/PagedScores.h"
#include "lib/Codegen/Common/VectorMath.h"

using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace weft {

static constexpr double infinity = std::numeric_limits<double>::infinity();
void PagedAttentionKernel::attend(const Item &item, const KeyBlock &block,
                                  const TileShape &shape) {
  auto attendTile = [&](const KeyBlock &block, Value first, Value rows) {
    code.choose(rows, shape.maximumRows, [&](int64_t height) {
      ElementEmitter::Scope scope(emitter);
      emitScores(block, shape, first, height);
    });
    code.loop(code.constant(0), rows, 1, [&](Value row) {
      ElementEmitter::Scope scope(emitter);
      Value scores = element(pointer(weightPlace),
                             code.mul(row, code.constant(blockSize)));
      Value growth =
          emitWeights(block, code.add(first, row), scores,
                      [&](int64_t column, Value weights) {
                        storeWeights(block, shape, row, column, weights);
                      });
      code.store(growth, element(pointer(growthPlace), row));
    });
    code.choose(rows, shape.maximumRows, [&](int64_t height) {
      ElementEmitter::Scope scope(emitter);
      emitProduct(block, shape, first, height);
    });
  };
  forEachRowTile(emitter, shape, item.rows, [&](Value first, Value rows) {
    if (block.nextKeys)
      return attendTile(block, first, rows);
    forSeenPart(block, first, rows,
                [&](const KeyBlock &seen) { attendTile(seen, first, rows); });
  });
}

void PagedAttentionKernel::forSeenPart(
    const KeyBlock &block, Value first, Value rows,
    function_ref<void(const KeyBlock &)> emit) {
  Value end = code.loop(
      first, code.add(first, rows), code.constant(1),
      ValueRange{code.constant(0)}, [&](Value row, ValueRange greatest) {
        Value end = code.load(
            code.i32(), code.address(pointer(endKeyPlace), code.i32(), row));
        end = code.make<arith::ExtSIOp>(code.i64(), end);
        return Values{code.maximum(greatest[0], end)};
      })[0];
  code.branch(code.compare(CmpIPredicate::sgt, end, block.first), [&] {
    ElementEmitter::Scope scope(emitter);
    KeyBlock seen = block;
    seen.count = code.minimum(block.count, code.sub(end, block.first));
    emit(seen);
  });
}

/// `emit(first, count)` for `total` panels, `step` at a time.
static void forEachPanels(CPUCodeBuilder &code, int64_t total, int64_t step,
                          function_ref<void(Value, int64_t)> emit) {
  int64_t whole = total / step * step;
  if (whole == step)
    emit(code.constant(0), step);
  else if (whole)
    code.loop(code.constant(0), code.constant(whole), step,
              [&](Value panel) { emit(panel, step); });
  if (whole < total)
    emit(code.constant(whole), total - whole);
}

void PagedAttentionKernel::emitScores(const KeyBlock &block,
                                      const TileShape &shape, Value firstRow,
                                      int64_t rows) {
  auto emitPanels = [&](Value panel, int64_t count) {
    Value column = code.mul(panel, code.constant(lanes));
    // With scales, the elements that share one are summed first.
    int64_t step = block.keyScales ? scaled : depth;
    for (int64_t from = 0; from < depth; from += step) {
      MicroKernel kernel;
      kernel.rows = rows;
      kernel.panels = count;
      kernel.a =
          element(pointer(queryPlace),
                  code.add(code.mul(firstRow, code.constant(paddedDepth)),
                           code.constant(from)));
      kernel.rowStride = code.constant(paddedDepth);
      Value first =
          code.address(block.keys, block.keyElement,
                       code.add(column, code.constant(from * blockSize)));
      for (int64_t i = 0; i < count; ++i)
        kernel.b.push_back(code.address(first, block.keyElement, i * lanes));
      kernel.bElement = block.keyElement;
      // The values come next; both streams are of about the same length.
      if (block.nextKeys) {
        kernel.other =
            code.address(block.values, block.valueElement,
                         code.add(column, code.constant(from * blockSize)));
        kernel.otherBytes =
            count * lanes * CPUCodeBuilder::storageBytes(block.valueElement);
        kernel.otherStride =
            blockSize * CPUCodeBuilder::storageBytes(block.valueElement);
      }
      kernel.depthStride = code.constant(blockSize);
      kernel.depth = code.constant(std::min(step, depth - from));
      kernel.unroll = 4;
      kernel.result = element(pointer(weightPlace), column);
      kernel.resultStride = code.constant(blockSize);
      for (int64_t i = 0; block.keyScales && i < count; ++i)
        kernel.scales.push_back(
            readScales(block.keyScales, code.constant(from / scaled),
                       code.add(column, code.constant(i * lanes))));
      kernel.isAdded = from > 0;
      emitMicroKernel(emitter, kernel);
    }
  };
  forEachPanels(
      code, blockSize / lanes, shape.panelsFor(rows),
      [&](Value panel, int64_t count) {
        // Other scores are hidden, whatever they are.
        Value column = code.mul(panel, code.constant(lanes));
        code.branch(code.compare(CmpIPredicate::slt, column, block.count), [&] {
          ElementEmitter::Scope scope(emitter);
          emitPanels(panel, count);
        });
      });
}

void PagedAttentionKernel::storeWeights(const KeyBlock &block,
                                        const TileShape &shape, Value row,
                                        int64_t column, Value weights) {
  Value target = element(
      pointer(weightPlace),
      code.add(code.mul(row, code.constant(blockSize)), code.constant(column)));
  if (!block.valueScales)
    return code.store(weights, target);
  for (int64_t group = 0; group < width / scaled; ++group)
    code.store(
        code.mulf(weights, readScales(block.valueScales, code.constant(group),
                                      code.constant(column))),
        element(target, group * shape.maximumRows * blockSize));
}

Value PagedAttentionKernel::emitWeights(
    const KeyBlock &block, Value row, Value scores,
    function_ref<void(int64_t, Value)> store) {
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  VectorType integers = CPUCodeBuilder::vectorOf(code.i32());
  VectorMath math(code);
  // The greater one; a NaN on the right loses, and shows in the weights.
  auto greater = [&](Value lhs, Value rhs) {
    return code.select(code.compare(CmpFPredicate::OGT, rhs, lhs), rhs, lhs);
  };
  Value blockFirst = code.make<arith::TruncIOp>(code.i32(), block.first);
  auto inBlock = [&](Place place) {
    Value key =
        code.load(code.i32(), code.address(pointer(place), code.i32(), row));
    return code.broadcast(code.sub(key, blockFirst));
  };
  Value end = inBlock(endKeyPlace);
  Value begin = op.getWindow() ? inBlock(firstKeyPlace) : Value();
  Values masked;
  Value top = code.number(vector, -infinity);
  for (int64_t panel = 0; panel < blockSize; panel += lanes) {
    SmallVector<int32_t> numbers(lanes);
    std::iota(numbers.begin(), numbers.end(), panel);
    Value slots = code.make<arith::ConstantOp>(
        DenseIntElementsAttr::get(integers, ArrayRef(numbers)));
    Value isSeen = code.compare(CmpIPredicate::slt, slots, end);
    if (begin)
      isSeen = code.make<arith::AndIOp>(
          isSeen, code.compare(CmpIPredicate::sge, slots, begin));
    Value score =
        cappedScore(code, op, code.load(vector, element(scores, panel)));
    masked.push_back(
        code.select(isSeen, score, code.number(vector, -infinity)));
    top = greater(top, masked.back());
  }
  Value before = code.load(code.f32(), element(pointer(greatestPlace), row));
  Value greatest = greater(before, code.foldLanes(top, greater));
  code.store(greatest, element(pointer(greatestPlace), row));
  // Where all are -infinity, any other number makes all weights 0.
  Value lowest = code.number(code.f32(), -infinity);
  greatest = code.select(code.compare(CmpFPredicate::OEQ, greatest, lowest),
                         code.number(code.f32(), 0), greatest);
  Value factor = math.exp2OfNegative(code.subf(before, greatest));
  Value sumPointer =
      element(pointer(sumPlace), code.mul(row, code.constant(lanes)));
  Value sum = code.mulf(code.load(vector, sumPointer), factor);
  for (auto [i, score] : llvm::enumerate(masked)) {
    Value weight = math.exp2OfNegative(code.subf(score, greatest));
    store(int64_t(i) * lanes, weight);
    sum = code.addf(sum, weight);
  }
  code.store(sum, sumPointer);
  return factor;
}

void PagedAttentionKernel::emitProduct(const KeyBlock &block,
                                       const TileShape &shape, Value firstRow,
                                       int64_t rows) {
  // With scales, the panels of a product share their weights.
  int64_t step = shape.panelsFor(rows);
  if (block.valueScales)
    step = std::min(step, scaled / lanes);
  forEachPanels(
      code, paddedWidth / lanes, step, [&](Value panel, int64_t count) {
        MicroKernel kernel;
        kernel.rows = rows;
        kernel.panels = count;
        kernel.a = pointer(weightPlace);
        if (block.valueScales)
          kernel.a = element(
              kernel.a,
              code.mul(code.floorDiv(panel, code.constant(scaled / lanes)),
                       code.constant(shape.maximumRows * blockSize)));
        kernel.rowStride = code.constant(blockSize);
        Value column = code.mul(panel, code.constant(lanes));
        Value first = code.address(block.values, block.valueElement, column);
        for (int64_t i = 0; i < count; ++i)
          kernel.b.push_back(
              code.address(first, block.valueElement, i * lanes));
        // Beyond its last row the pool may end.
        if (block.valueStride % lanes != 0)
          for (int64_t i = 0; i < count; ++i)
            kernel.masks.push_back(code.compare(
                CmpIPredicate::slt, code.laneNumbers(),
                code.sub(code.constant(width - i * lanes), column)));
        kernel.bElement = block.valueElement;
        if (block.nextKeys) {
          kernel.other = code.address(block.nextKeys, block.keyElement, column);
          kernel.otherBytes =
              count * lanes * CPUCodeBuilder::storageBytes(block.keyElement);
          kernel.otherStride =
              width * CPUCodeBuilder::storageBytes(block.keyElement);
        }
        kernel.depthStride = code.constant(block.valueStride);
        kernel.depth = block.count;
        kernel.unroll = 4;
        kernel.result = element(
            pointer(resultPlace),
            code.add(code.mul(firstRow, code.constant(paddedWidth)), column));
        kernel.resultStride = code.constant(paddedWidth);
        kernel.growth = pointer(growthPlace);
        emitMicroKernel(emitter, kernel);
      });
}

} // namespace weft
