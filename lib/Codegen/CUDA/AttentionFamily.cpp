//===- AttentionFamily.cpp - Attention without scores in memory -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is not 16 bits (AttentionTile.h): a block of threads computes 32 rows of
// one head in f32, each warp 8 of them.
// Keys and values go through shared memory 32 at a time; of scores a lane has
// one key, of results every 32nd column.
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/AttentionTile.h"
#include "lib/Codegen/CUDA/Number32.h"
#include "lib/Codegen/Common/ElementModels.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <numbers>

using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace weft::cuda {

namespace {
class AttentionEmitter {
public:
  using Values = CodeBuilder::Values;

  AttentionEmitter(ElementEmitter &emitter, const KernelOutput &output,
                   AttentionOp op);
  Grid emit();

private:
  static constexpr int64_t threads = 128, blockRows = 32, warpRows = 8;
  /// Keys of a block: one for each lane.
  static constexpr int64_t blockKeys = CUDACodeBuilder::warpLanes;

  /// Of each row: the greatest score, the lane's sum and its columns.
  struct State {
    Values greatest, sums, results;
    Values list() const;
  };
  State stateOf(ValueRange values) const;

  /// `store(row, column)` for all of 32 rows of `width` elements.
  void forElements(int64_t width, function_ref<void(Value, Value)> store);
  void stageQuery();
  void stageBlock(Value first);
  Values emitScores();
  Value hide(Value score, int64_t row, Value key);
  void emitWeights(Values scores, Value first, State &state);
  void emitProduct(State &state);
  void storeResult(const State &state);
  Value rowOf(int64_t row);
  Value at(int64_t base, Value index) {
    return code.address(code.address(shared, code.f32(), base), code.f32(),
                        index);
  }
  Number32 number(int64_t value) { return {code, value}; }
  Value narrow(Value wide) {
    return code.make<arith::TruncIOp>(code.i32(), wide);
  }
  Value lowest() {
    return code.number(code.f32(), -std::numeric_limits<double>::infinity());
  }

  ElementEmitter &emitter;
  CUDACodeBuilder &code;
  const KernelOutput &output;
  AttentionOp op;
  SizeExpr batch, rows, heads, keys, groups;
  int64_t depth, width;
  /// Of keys, odd: lanes read the same element of different keys.
  int64_t keyStride;
  /// Columns of a lane.
  int64_t columns;
  /// Where they begin in shared memory, in f32.
  int64_t keyPlace, valuePlace, weightPlace, sharedSize;
  Value shared, lane, warp, item, head, group, firstRow;
};
} // namespace

bool canEmitAttentionKernel(ElementEmitter &emitter, AttentionOp op) {
  auto fits = [&](Value tensor) {
    std::optional<int64_t> size = emitter.sizesOf(tensor)[3].asConstant();
    return size && *size > 0 && *size <= 128;
  };
  return fits(op.getQuery()) && fits(op.getValue()) &&
         ElementEmitter::computeType(elementTypeOf(op.getQuery())).isF32();
}

Grid emitAttentionKernel(ElementEmitter &emitter, const KernelOutput &output,
                         AttentionOp op) {
  if (AttentionTile::canEmit(emitter, op))
    return AttentionTile(emitter, output, op).emit();
  return AttentionEmitter(emitter, output, op).emit();
}

AttentionEmitter::AttentionEmitter(ElementEmitter &emitter,
                                   const KernelOutput &output, AttentionOp op)
    : emitter(emitter), code(cudaCodeOf(emitter)), output(output), op(op) {
  const Sizes &query = emitter.sizesOf(op.getQuery());
  batch = query[0], rows = query[1], heads = query[2];
  keys = emitter.sizesOf(op.getKey())[1];
  groups = emitter.sizesOf(op.getKey())[2];
  depth = *query[3].asConstant();
  width = *emitter.sizesOf(op.getValue())[3].asConstant();
  keyStride = depth | 1;
  columns = llvm::divideCeil(width, CUDACodeBuilder::warpLanes);
  keyPlace = blockRows * depth;
  valuePlace = keyPlace + blockKeys * keyStride;
  weightPlace = valuePlace + blockKeys * width;
  sharedSize = weightPlace + blockRows * blockKeys;
  code.setBlockThreads(threads);
  code.lanes = 1;
  shared = code.dynamicShared();
  lane = Number32(code, code.threadId32()) % CUDACodeBuilder::warpLanes;
  warp = Number32(code, code.threadId32()) / CUDACodeBuilder::warpLanes;
}

AttentionEmitter::Values AttentionEmitter::State::list() const {
  Values all = greatest;
  llvm::append_range(all, sums);
  llvm::append_range(all, results);
  return all;
}

AttentionEmitter::State AttentionEmitter::stateOf(ValueRange values) const {
  return {Values(values.take_front(warpRows)),
          Values(values.slice(warpRows, warpRows)),
          Values(values.drop_front(2 * warpRows))};
}

Grid AttentionEmitter::emit() {
  SizeExpr blocks = ceilDiv(rows, blockRows);
  Value pair = code.floorDiv(code.blockId(), code.size(blocks));
  firstRow = code.mul(code.mod(code.blockId(), code.size(blocks)),
                      code.constant(blockRows));
  head = code.mod(pair, code.size(heads));
  item = code.floorDiv(pair, code.size(heads));
  group = heads == groups
              ? head
              : code.floorDiv(
                    head, code.floorDiv(code.size(heads), code.size(groups)));
  stageQuery();
  Value end = code.size(keys);
  // A causal block ends at the last key that its last row sees.
  if (op.getCausal())
    end =
        code.minimum(end, code.add(code.add(firstRow, code.constant(blockRows)),
                                   code.size(keys - rows)));
  Value zero = code.number(code.f32(), 0);
  State start{Values(warpRows, lowest()), Values(warpRows, zero),
              Values(warpRows * columns, zero)};
  storeResult(
      stateOf(code.loop(code.constant(0), end, code.constant(blockKeys),
                        start.list(), [&](Value first, ValueRange carried) {
                          ElementEmitter::Scope scope(emitter);
                          State state = stateOf(carried);
                          stageBlock(first);
                          emitWeights(emitScores(), first, state);
                          emitProduct(state);
                          return state.list();
                        })));
  return {batch * heads * blocks, 1, 1, sharedSize * 4};
}

void AttentionEmitter::forElements(int64_t size,
                                   function_ref<void(Value, Value)> store) {
  Value end = code.constant(blockRows * size);
  code.loop(code.constant(0), end, threads, [&](Value start) {
    Value i = code.add(start, code.threadId());
    auto emit = [&] {
      ElementEmitter::Scope scope(emitter);
      store(code.floorDiv(i, code.constant(size)),
            code.mod(i, code.constant(size)));
    };
    if (blockRows * size % threads == 0)
      return emit();
    code.branch(code.compare(CmpIPredicate::slt, i, end), emit);
  });
}

void AttentionEmitter::stageQuery() {
  Value last = code.sub(code.size(rows), code.constant(1));
  forElements(depth, [&](Value row, Value d) {
    Value loaded = emitter.element(
        op.getQuery(),
        {LaneIndex::uniform(item),
         LaneIndex::uniform(code.minimum(code.add(firstRow, row), last)),
         LaneIndex::uniform(head), LaneIndex::uniform(d)});
    Value scale = code.number(code.f32(), op.getScale().convertToDouble());
    Value place = code.add(code.mul(row, code.constant(depth)), d);
    code.store(code.mulf(loaded, scale), at(0, narrow(place)));
  });
}

void AttentionEmitter::stageBlock(Value first) {
  // What the block before is read by others until here.
  code.barrier();
  Value last = code.sub(code.size(keys), code.constant(1));
  auto stage = [&](Value tensor, int64_t size, int64_t base, int64_t stride) {
    forElements(size, [&](Value key, Value d) {
      Value loaded = emitter.element(
          tensor, {LaneIndex::uniform(item),
                   LaneIndex::uniform(code.minimum(code.add(first, key), last)),
                   LaneIndex::uniform(group), LaneIndex::uniform(d)});
      Value place = code.add(code.mul(key, code.constant(stride)), d);
      code.store(loaded, at(base, narrow(place)));
    });
  };
  stage(op.getKey(), depth, keyPlace, keyStride);
  stage(op.getValue(), width, valuePlace, width);
  code.barrier();
}

/// Of the lane's key and each of the warp's rows.
AttentionEmitter::Values AttentionEmitter::emitScores() {
  Number32 ownKey = Number32(code, lane) * keyStride;
  Number32 ownRows = Number32(code, warp) * (warpRows * depth);
  int64_t unroll = depth % 4 == 0 ? 4 : 1;
  return code.loop(
      number(0), number(depth), number(unroll),
      Values(warpRows, code.number(code.f32(), 0)),
      [&](Value d, ValueRange carried) {
        Values sums(carried);
        for (int64_t i = 0; i < unroll; ++i) {
          Value key = code.load(code.f32(),
                                at(keyPlace + i, ownKey + Number32(code, d)));
          for (int64_t row = 0; row < warpRows; ++row)
            sums[row] =
                code.fma(key,
                         code.load(code.f32(), at(row * depth + i,
                                                  ownRows + Number32(code, d))),
                         sums[row]);
        }
        return sums;
      });
}

/// Surplus rows repeat the last one.
Value AttentionEmitter::rowOf(int64_t row) {
  Value own = code.make<arith::ExtUIOp>(code.i64(),
                                        Number32(code, warp) * warpRows + row);
  return code.minimum(code.add(firstRow, own),
                      code.sub(code.size(rows), code.constant(1)));
}

Value AttentionEmitter::hide(Value score, int64_t row, Value key) {
  Value isSeen = code.compare(CmpIPredicate::slt, key, code.size(keys));
  if (Value mask = op.getMask()) {
    Value last = code.sub(code.size(keys), code.constant(1));
    score = code.addf(
        score, emitter.broadcastElement(
                   mask, {LaneIndex::uniform(item), LaneIndex::uniform(head),
                          LaneIndex::uniform(rowOf(row)),
                          LaneIndex::uniform(code.minimum(key, last))}));
  }
  if (op.getCausal())
    isSeen = code.make<arith::AndIOp>(
        isSeen, code.compare(CmpIPredicate::sle, key,
                             code.add(rowOf(row), code.size(keys - rows))));
  return code.select(isSeen, score, lowest());
}

void AttentionEmitter::emitWeights(Values scores, Value first, State &state) {
  Value zero = code.number(code.f32(), 0);
  Value key =
      code.add(first, code.make<arith::ExtUIOp>(code.i64(), lane).getResult());
  auto power = [&](Value below) {
    return code.exp2(
        code.mulf(below, code.number(code.f32(), std::numbers::log2e)));
  };
  Number32 place =
      Number32(code, warp) * (warpRows * blockKeys) + Number32(code, lane);
  for (int64_t row = 0; row < warpRows; ++row) {
    Value score = hide(scores[row], row, key), top = score;
    // A NaN on the right loses, and shows in the weights.
    auto greater = [&](Value lhs, Value rhs) {
      return code.select(code.compare(CmpFPredicate::OGT, rhs, lhs), rhs, lhs);
    };
    top = greater(lowest(), top);
    for (int64_t mask = CUDACodeBuilder::warpLanes / 2; mask > 0; mask /= 2)
      top = greater(top, code.shuffleXor(top, mask));
    Value before = state.greatest[row];
    top = state.greatest[row] = greater(before, top);
    // Where all are -infinity, any other number makes all weights 0.
    Value isNothing = code.compare(CmpFPredicate::OEQ, top, lowest());
    top = code.select(isNothing, zero, top);
    Value growth = power(code.subf(before, top));
    Value weight = power(code.subf(score, top));
    state.sums[row] = code.fma(state.sums[row], growth, weight);
    for (int64_t i = 0; i < columns; ++i) {
      Value &result = state.results[row * columns + i];
      result = code.mulf(result, growth);
    }
    code.store(weight, at(weightPlace + row * blockKeys, place));
  }
  code.make<NVVM::SyncWarpOp>(number(-1));
}

void AttentionEmitter::emitProduct(State &state) {
  static constexpr int64_t unroll = 4;
  Number32 ownRows = Number32(code, warp) * (warpRows * blockKeys);
  Values own;
  for (int64_t i = 0; i < columns; ++i) {
    Value column = Number32(code, lane) + i * CUDACodeBuilder::warpLanes;
    own.push_back(code.minimum(column, number(width - 1)));
  }
  state.results = code.loop(
      number(0), number(blockKeys), number(unroll), state.results,
      [&](Value key, ValueRange carried) {
        Values next(carried);
        for (int64_t k = 0; k < unroll; ++k) {
          Values values;
          for (Value column : own)
            values.push_back(code.load(
                code.f32(),
                at(valuePlace + k * width,
                   Number32(code, key) * width + Number32(code, column))));
          for (int64_t row = 0; row < warpRows; ++row) {
            Value weight =
                code.load(code.f32(), at(weightPlace + row * blockKeys + k,
                                         ownRows + Number32(code, key)));
            for (int64_t i = 0; i < columns; ++i) {
              Value &result = next[row * columns + i];
              result = code.fma(values[i], weight, result);
            }
          }
        }
        return next;
      });
}

void AttentionEmitter::storeResult(const State &state) {
  Value zero = code.number(code.f32(), 0), one = code.number(code.f32(), 1);
  for (int64_t row = 0; row < warpRows; ++row) {
    Value sum = state.sums[row];
    for (int64_t mask = CUDACodeBuilder::warpLanes / 2; mask > 0; mask /= 2)
      sum = code.addf(sum, code.shuffleXor(sum, mask));
    // A row that sees no key is zero.
    Value isEmpty = code.compare(CmpFPredicate::OEQ, sum, zero);
    Value inverse = code.divf(one, code.select(isEmpty, one, sum));
    Value place = code.add(
        firstRow, code.make<arith::ExtUIOp>(
                          code.i64(), Number32(code, warp) * warpRows + row)
                      .getResult());
    Value isRow = code.compare(CmpIPredicate::slt, place, code.size(rows));
    for (int64_t i = 0; i < columns; ++i) {
      Value column = code.make<arith::ExtUIOp>(
          code.i64(), Number32(code, lane) + i * CUDACodeBuilder::warpLanes);
      Value isHere = code.make<arith::AndIOp>(
          isRow,
          code.compare(CmpIPredicate::slt, column, code.constant(width)));
      code.branch(isHere, [&] {
        ElementEmitter::Scope scope(emitter);
        LaneIndices index = {
            LaneIndex::uniform(item), LaneIndex::uniform(place),
            LaneIndex::uniform(head), LaneIndex::uniform(column)};
        emitter.provide(op.getResult(), index,
                        code.mulf(state.results[row * columns + i], inverse));
        Value stored = emitter.element(output.value, index);
        LaneIndex position = emitter.linearize(index, output.memory.sizes);
        code.store(emitter.toStorage(stored, output.memory.element),
                   code.address(output.memory.base, output.memory.element,
                                position.value));
      });
    }
  }
}

} // namespace weft::cuda
