//===- PagedAttentionRows.cpp - A warp's blocks of the cache --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/PagedAttention.h"
#include "lib/Codegen/Common/PagedScores.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <numeric>

using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace weft::cuda {

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// The greater one; a NaN on the right loses, and shows in the weights.
static Value greater(CodeBuilder &code, Value lhs, Value rhs) {
  return code.select(code.compare(CmpFPredicate::OGT, rhs, lhs), rhs, lhs);
}

PagedAttentionKernel::Sums PagedAttentionKernel::emitBlocks(const Item &item) {
  Values start(rows, code.number(code.f32(), -infinity));
  start.append(rows, code.number(code.f32(), 0));
  start.append(rows, code.number(code.vectorOf(code.f32()), 0));
  auto split = [&](ValueRange all) {
    return Sums{Values(all.take_front(rows)),
                Values(all.drop_front(rows).take_front(rows)),
                Values(all.take_back(rows))};
  };
  Value endBlock =
      quotient(plus(item.endKey, number(blockSize - 1)), blockSize);
  Value first = plus(quotient(item.firstKey, blockSize), warp);
  Values end = code.loop(first, endBlock, number(warps), start,
                         [&](Value index, ValueRange carried) {
                           ElementEmitter::Scope scope(emitter);
                           Sums sums = emitBlock(item, index, split(carried));
                           Values next = sums.greatest;
                           next.append(sums.sums);
                           next.append(sums.results);
                           return next;
                         });
  return split(end);
}

PagedAttentionKernel::Values PagedAttentionKernel::emitScores(Value block) {
  static constexpr int64_t greatestUnroll = 8;
  Value firstDepth = quotient(lane, keyLanes);
  Value column = times(rest(lane, keyLanes), vectorSize);
  Values start(rows, code.number(code.vectorOf(code.f32()), 0));
  auto accumulate = [&](Value at, Values scores) {
    Value loaded = code.loadLanes(
        keys.element,
        code.address(block, keys.element, plus(times(at, blockSize), column)),
        Value(), /*isAligned=*/true);
    Value key = emitter.fromStorage(loaded, keys.element);
    for (int64_t row = 0; row < rows; ++row)
      scores[row] = code.fma(
          key,
          code.load(code.f32(), sharedAt(query, plus(at, number(row * depth)))),
          scores[row]);
    return scores;
  };
  int64_t unroll = greatestUnroll;
  while (unroll > 1 && depth % (unroll * keyRows) != 0)
    unroll /= 2;
  // Where all lanes have as much to do, they stay together.
  bool isEven = depth % keyRows == 0;
  Values scores = code.loop(
      isEven ? number(0) : firstDepth, number(depth), number(unroll * keyRows),
      start, [&](Value at, ValueRange carried) {
        Value own = isEven ? plus(at, firstDepth) : at;
        Values next(carried);
        for (int64_t i = 0; i < unroll; ++i)
          next = accumulate(plus(own, number(i * keyRows)), next);
        return next;
      });
  // Lanes of other rows of the block have the same positions.
  for (Value &row : scores) {
    Values parts;
    for (int64_t i = 0; i < vectorSize; ++i) {
      Value part = code.make<vector::ExtractOp>(row, ArrayRef<int64_t>{i});
      for (int64_t mask = keyLanes; mask < warpLanes; mask *= 2)
        part = code.addf(part, code.shuffleXor(part, mask));
      parts.push_back(part);
    }
    row = code.make<vector::FromElementsOp>(code.vectorOf(code.f32()), parts);
  }
  return scores;
}

PagedAttentionKernel::Values
PagedAttentionKernel::emitProduct(Value block, Value from, Value to,
                                  Value ownWeights, Values sums) {
  static constexpr int64_t unroll = 4;
  Value column = times(rest(lane, valueLanes), vectorSize);
  Value inRows = quotient(lane, valueLanes);
  // Lanes that are too many for whole rows repeat the last one's work.
  inRows = code.minimum(inRows, number(valueRows - 1));
  auto accumulate = [&](Value at, Value isSeen, Values sums) {
    Value loaded = code.loadLanes(
        values.element,
        code.address(block, values.element, plus(times(at, width), column)),
        Value(), /*isAligned=*/true);
    Value value = emitter.fromStorage(loaded, values.element);
    for (int64_t row = 0; row < rows; ++row) {
      Value weight = code.load(
          code.f32(), sharedAt(ownWeights, plus(at, number(row * blockSize))));
      if (isSeen)
        weight = code.select(isSeen, weight, code.number(code.f32(), 0));
      sums[row] = code.fma(value, weight, sums[row]);
    }
    return sums;
  };
  Value whole =
      times(quotient(code.make<arith::SubIOp>(to, from), unroll * valueRows),
            unroll * valueRows);
  Value middle = plus(from, whole);
  sums = code.loop(from, middle, number(unroll * valueRows), sums,
                   [&](Value first, ValueRange carried) {
                     Values next(carried);
                     for (int64_t i = 0; i < unroll; ++i)
                       next = accumulate(
                           plus(plus(first, inRows), number(i * valueRows)),
                           Value(), next);
                     return next;
                   });
  // Lanes stay together: those beyond the end repeat the last row without
  // weight.
  Value last = code.make<arith::SubIOp>(to, number(1));
  return code.loop(middle, to, number(valueRows), sums,
                   [&](Value first, ValueRange carried) {
                     Value at = plus(first, inRows);
                     Value isSeen = code.compare(CmpIPredicate::sle, at, last);
                     return accumulate(code.minimum(at, last), isSeen,
                                       Values(carried));
                   });
}

PagedAttentionKernel::Sums PagedAttentionKernel::emitBlock(const Item &item,
                                                           Value index,
                                                           const Sums &before) {
  Value block = sequences.block(item.tile.sequence, widen(index),
                                code.size(keys.sizes[0]));
  Value inPool = code.add(code.mul(block, code.constant(groups)), item.group);
  auto locate = [&](const MemoryTensor &pool, int64_t size) {
    return code.address(pool.base, pool.element,
                        code.mul(inPool, code.constant(size * blockSize)));
  };
  Values scores = emitScores(locate(keys, depth));

  Value start = times(index, blockSize);
  Value from = code.maximum(
      code.make<arith::SubIOp>(item.firstKey, start).getResult(), number(0));
  Value to =
      code.minimum(code.make<arith::SubIOp>(item.endKey, start).getResult(),
                   number(blockSize));
  SmallVector<int32_t> counted(vectorSize);
  std::iota(counted.begin(), counted.end(), 0);
  VectorType integers = code.vectorOf(code.i32());
  Value slots = code.make<arith::ConstantOp>(
      DenseIntElementsAttr::get(integers, ArrayRef(counted)));
  Value column = times(rest(lane, keyLanes), vectorSize);
  slots = code.add(slots, column);
  Value isSeen =
      code.make<arith::AndIOp>(code.compare(CmpIPredicate::sge, slots, from),
                               code.compare(CmpIPredicate::slt, slots, to));

  Value ownWeights = sharedAt(weights, times(warp, rows * blockSize));
  Value stores = code.compare(CmpIPredicate::slt, lane, number(keyLanes));
  Sums after;
  Values parts;
  for (int64_t row = 0; row < rows; ++row) {
    Value score =
        code.select(isSeen, cappedScore(code, op, scores[row]),
                    code.number(code.vectorOf(code.f32()), -infinity));
    Value top = code.foldLanes(
        score, [&](Value lhs, Value rhs) { return greater(code, lhs, rhs); });
    for (int64_t mask = keyLanes / 2; mask > 0; mask /= 2)
      top = greater(code, top, code.shuffleXor(top, mask));
    top = greater(code, before.greatest[row], top);
    after.greatest.push_back(top);
    // Where all are -infinity, any other number makes all weights 0.
    Value isNothing = code.compare(CmpFPredicate::OEQ, top,
                                   code.number(code.f32(), -infinity));
    top = code.select(isNothing, code.number(code.f32(), 0), top);
    Value growth = code.exp2(code.subf(before.greatest[row], top));
    Value sum = code.mulf(before.sums[row], growth);
    Value below = code.subf(score, top);
    Values weight;
    for (int64_t i = 0; i < vectorSize; ++i) {
      weight.push_back(
          code.exp2(code.make<vector::ExtractOp>(below, ArrayRef<int64_t>{i})));
      sum = code.addf(sum, weight.back());
    }
    after.sums.push_back(sum);
    parts.push_back(
        code.make<vector::FromElementsOp>(code.vectorOf(code.f32()), weight));
    after.results.push_back(code.mulf(before.results[row], growth));
  }
  // What the lanes read before was of the block before.
  Value all = number(-1);
  code.make<NVVM::SyncWarpOp>(all);
  code.branch(stores, [&] {
    for (int64_t row = 0; row < rows; ++row)
      storeFloats(code, parts[row],
                  sharedAt(ownWeights, plus(column, number(row * blockSize))));
  });
  code.make<NVVM::SyncWarpOp>(all);
  after.results =
      emitProduct(locate(values, width), from, to, ownWeights, after.results);
  return after;
}

} // namespace weft::cuda
