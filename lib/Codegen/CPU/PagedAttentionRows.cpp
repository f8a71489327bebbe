//===- PagedAttentionRows.cpp - Queries, their keys, and results ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/PagedAttention.h"
#include "lib/Codegen/Common/PagedScores.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft {

void PagedAttentionKernel::forEachVectorOfRow(int64_t size,
                                              function_ref<void(Value)> emit) {
  forEachVector(emitter, code.constant(0), code.constant(size),
                size % lanes == 0, emit);
}

void PagedAttentionKernel::packQuery(const Item &item) {
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  double factor = queryFactor(op);
  forEachRow(item, [&](Value token, Value head, Value row) {
    Value packed =
        element(pointer(queryPlace), code.mul(row, code.constant(paddedDepth)));
    forEachVectorOfRow(depth, [&](Value first) {
      Value loaded = emitter.element(
          op.getQuery(), {LaneIndex::uniform(token), LaneIndex::uniform(head),
                          LaneIndex::consecutive(first)});
      code.store(
          code.mulf(code.broadcast(loaded), code.number(code.f32(), factor)),
          element(packed, first));
    });
    code.store(
        code.number(code.f32(), -std::numeric_limits<double>::infinity()),
        element(pointer(greatestPlace), row));
    Value zero = code.number(vector, 0);
    code.store(zero,
               element(pointer(sumPlace), code.mul(row, code.constant(lanes))));
    Value result = element(pointer(resultPlace),
                           code.mul(row, code.constant(paddedWidth)));
    for (int64_t column = 0; column < paddedWidth; column += lanes)
      code.store(zero, element(result, column));
  });
}

void PagedAttentionKernel::findKeys(Item &item) {
  Value zero = code.constant(0), one = code.constant(1);
  Value capacity = sequences.capacity();
  Value count = sequences.keyCount(op, item.tile);
  Values range = code.loop(
      item.tile.firstToken, item.tile.endToken, one, ValueRange{capacity, zero},
      [&](Value token, ValueRange carried) {
        ElementEmitter::Scope scope(emitter);
        PagedSequences::Keys seen = sequences.seenKeys(op, token, count);
        if (op.getSpan()) {
          // What sees nothing begins and ends in the part: no block is left.
          seen.end = code.maximum(code.minimum(seen.end, item.endOfPart),
                                  item.firstInPart);
          seen.first = code.minimum(code.maximum(seen.first, item.firstInPart),
                                    seen.end);
        }
        Value firstRow = code.mul(code.sub(token, item.tile.firstToken),
                                  code.constant(share));
        code.loop(zero, code.constant(share), 1, [&](Value i) {
          Value row = code.add(firstRow, i);
          auto store = [&](Value number, Place place) {
            code.store(code.make<arith::TruncIOp>(code.i32(), number),
                       code.address(pointer(place), code.i32(), row));
          };
          store(seen.first, firstKeyPlace);
          store(seen.end, endKeyPlace);
        });
        return Values{code.minimum(carried[0], seen.first),
                      code.maximum(carried[1], seen.end)};
      });
  item.firstKey = code.minimum(range[0], range[1]);
  item.endKey = range[1];
}

Value PagedAttentionKernel::readScales(Value scales, Value group,
                                       Value position) {
  Type f16 = code.builder.getF16Type();
  Value at = code.add(code.mul(group, code.constant(blockSize)), position);
  return emitter.fromStorage(
      code.loadLanes(f16, code.address(scales, f16, at), {}), f16);
}

Value PagedAttentionKernel::readKeys(const KeyBlock &block, Value row,
                                     Value column) {
  Value at = code.add(code.mul(row, code.constant(blockSize)), column);
  Value loaded = code.loadLanes(
      block.keyElement, code.address(block.keys, block.keyElement, at), {});
  if (!block.keyScales)
    return emitter.fromStorage(loaded, block.keyElement);
  Value scale = readScales(block.keyScales,
                           code.floorDiv(row, code.constant(scaled)), column);
  return code.mulf(code.make<arith::SIToFPOp>(scale.getType(), loaded), scale);
}

Value PagedAttentionKernel::readValues(const KeyBlock &block, Value position,
                                       Value column, Value mask) {
  Value at = code.add(code.mul(position, code.constant(width)), column);
  Value loaded =
      code.loadLanes(block.valueElement,
                     code.address(block.values, block.valueElement, at), mask);
  if (!block.valueScales)
    return emitter.fromStorage(loaded, block.valueElement);
  Type f16 = code.builder.getF16Type();
  Value group = code.floorDiv(column, code.constant(scaled));
  Value scale = emitter.fromStorage(
      code.load(CPUCodeBuilder::storage(f16),
                code.address(block.valueScales, f16,
                             code.add(code.mul(group, code.constant(blockSize)),
                                      position))),
      f16);
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  Value scaledUp = code.mulf(code.make<arith::SIToFPOp>(vector, loaded), scale);
  // A position that was never written may have any scale.
  return mask ? code.select(mask, scaledUp, code.number(vector, 0)) : scaledUp;
}

PagedAttentionKernel::KeyBlock
PagedAttentionKernel::convert(const KeyBlock &block) {
  KeyBlock converted = block;
  if (!block.keyElement.isF32()) {
    converted.keys = pointer(keyPlace), converted.keyElement = code.f32();
    converted.keyScales = {};
    code.loop(code.constant(0), code.constant(depth), 1, [&](Value row) {
      ElementEmitter::Scope scope(emitter);
      Value target =
          element(converted.keys, code.mul(row, code.constant(blockSize)));
      for (int64_t column = 0; column < blockSize; column += lanes)
        code.store(readKeys(block, row, code.constant(column)),
                   element(target, column));
    });
  }
  if (!block.valueElement.isF32()) {
    converted.values = pointer(valuePlace);
    converted.valueElement = code.f32();
    converted.valueScales = {};
    converted.valueStride = paddedWidth;
    code.loop(code.constant(0), block.count, 1, [&](Value position) {
      ElementEmitter::Scope scope(emitter);
      Value target = element(converted.values,
                             code.mul(position, code.constant(paddedWidth)));
      forEachVectorOfRow(width, [&](Value first) {
        code.store(readValues(block, position, first, emitter.getMask()),
                   element(target, first));
      });
    });
  }
  return converted;
}

void PagedAttentionKernel::storeResult(const Item &item) {
  VectorType vector = CPUCodeBuilder::vectorOf(code.f32());
  forEachRow(item, [&](Value token, Value head, Value row) {
    Value sums =
        code.load(vector, element(pointer(sumPlace),
                                  code.mul(row, code.constant(lanes))));
    Value sum = code.foldLanes(
        sums, [&](Value lhs, Value rhs) { return code.addf(lhs, rhs); });
    // A row that sees no key is zero. Others have a weight of 1.
    Value zero = code.number(code.f32(), 0), one = code.number(code.f32(), 1);
    Value isEmpty = code.compare(arith::CmpFPredicate::OEQ, sum, zero);
    Value inverse = code.divf(one, code.select(isEmpty, one, sum));
    Value result = element(pointer(resultPlace),
                           code.mul(row, code.constant(paddedWidth)));
    Value resultRow = token;
    if (op.getSpan()) {
      resultRow = code.add(token, item.rowShift);
      Value greatest =
          code.load(code.f32(), element(pointer(greatestPlace), row));
      storeLogarithm(item, token, head, greatest, sum);
    }
    forEachVectorOfRow(width, [&](Value column) {
      LaneIndices index = {LaneIndex::uniform(resultRow),
                           LaneIndex::uniform(head),
                           LaneIndex::consecutive(column)};
      Value mean =
          code.mulf(code.load(vector, element(result, column)), inverse);
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

} // namespace weft
