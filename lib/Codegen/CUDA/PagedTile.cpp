//===- PagedTile.cpp - Queries, their keys, and results -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/PagedTile.h"

#include "lib/Codegen/CUDA/MatrixInstructions.h"
#include "lib/Codegen/CUDA/PartLogarithm.h"
#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/PagedScores.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft::cuda {

/// Elements of a query that a thread computes together.
static constexpr int64_t queryLanes = 8;
/// Of shared memory between rows of results, against bank conflicts.
static constexpr int64_t resultPadding = 8;
/// What every GPU has of shared memory for one block.
static constexpr int64_t greatestShared = 96 * 1024;

bool PagedTile::canEmit(ElementEmitter &emitter, PagedAttention op) {
  const Sizes &keys = emitter.sizesOf(op.getKeys());
  const Sizes &values = emitter.sizesOf(op.getValues());
  Type element = elementTypeOf(op.getKeys());
  // More columns don't fit into the registers. The code for f32 is long, and
  // narrow heads have little of it to win.
  int64_t least = element.isF32() ? 32 : 16, most = element.isF32() ? 96 : 128;
  auto fits = [&](const SizeExpr &size) {
    int64_t count = *size.asConstant();
    return count % 16 == 0 && count >= least && count <= most;
  };
  int64_t share =
      *emitter.sizesOf(op.getQuery())[1].asConstant() / *keys[1].asConstant();
  return (element.isF16() || element.isBF16() || element.isF32()) &&
         elementTypeOf(op.getValues()) == element && fits(keys[2]) &&
         fits(values[3]) && keys[3].asConstant() == blockSize &&
         share <= tileRows / 2;
}

PagedTile::PagedTile(ElementEmitter &emitter, const KernelOutput &output,
                     PagedAttention op, PagedSequences &sequences)
    : emitter(emitter), code(cudaCodeOf(emitter)), output(output), op(op),
      sequences(sequences), keys(*emitter.inMemory(op.getKeys())),
      values(*emitter.inMemory(op.getValues())),
      groups(*keys.sizes[1].asConstant()),
      share(*emitter.sizesOf(op.getQuery())[1].asConstant() / groups),
      depth(*keys.sizes[2].asConstant()), width(*values.sizes[3].asConstant()),
      isFloat(keys.element.isF32()), pieceSize(isFloat ? 4 : 8),
      queryRows{depth / pieceSize, !isFloat},
      keyRows{blockSize / pieceSize, !isFloat},
      valueRows{width / pieceSize, !isFloat},
      stageBytes(depth * keyRows.stride() + blockSize * valueRows.stride()) {
  // The results pass through it at the end.
  stageBytes = std::max(stageBytes, tileRows * (width + resultPadding) * 4 / 2);
  stages = 2 * stageBytes <= greatestShared ? 2 : 1;
  code.preferRegisters();
  shared = code.dynamicShared();
  // Behind the query, and read before a block is copied there.
  int64_t keyBytes = tileRows * 2 * 4, allBytes = keyBytes + warps * 4 * 4;
  assert(queryPlace() + tileRows * queryRows.stride() + allBytes <=
             sharedBytes() &&
         "a stage is larger than the query");
  rowKeys = sharedAt(number(sharedBytes() - allBytes));
  warpKeys = sharedAt(number(sharedBytes() - allBytes + keyBytes));
}

Value PagedTile::rowToken(Value row) {
  Value token =
      code.add(tile.firstToken, code.floorDiv(row, code.constant(share)));
  // Surplus rows repeat the last token.
  return code.minimum(token, code.sub(tile.endToken, code.constant(1)));
}

Value PagedTile::rowHead(Value row) {
  return code.add(code.mul(group, code.constant(share)),
                  code.mod(row, code.constant(share)));
}

void PagedTile::emit(const PagedSequences::Tile &emitted, Value ofGroup) {
  tile = emitted, group = ofGroup;
  lane = Number32(code, code.threadId32()) % CUDACodeBuilder::warpLanes;
  warp = Number32(code, code.threadId32()) / CUDACodeBuilder::warpLanes;
  findKeys();
  stageQuery();
  code.barrier();
  Values query = loadQuery();
  code.barrier();
  storeResult(emitBlocks(query));
}

void PagedTile::stageQuery() {
  double factor = queryFactor(op);
  Value vectors = code.constant(depth / queryLanes);
  code.loop(
      code.constant(0), code.constant(tileRows * depth / queryLanes), threads,
      [&](Value start) {
        ElementEmitter::Scope scope(emitter);
        Value i = code.add(start, code.threadId());
        Value row = code.floorDiv(i, vectors);
        Value vector = code.mod(i, vectors);
        Value first = code.mul(vector, code.constant(queryLanes));
        Value loaded =
            emitter.element(op.getQuery(), {LaneIndex::uniform(rowToken(row)),
                                            LaneIndex::uniform(rowHead(row)),
                                            LaneIndex::consecutive(first)});
        Value scaled =
            code.mulf(code.broadcast(loaded), code.number(code.f32(), factor));
        Value place =
            sharedAt(queryRows.at(narrow(row),
                                  narrow(vector) * (queryLanes / pieceSize)) +
                     queryPlace());
        if (isFloat)
          storeFloats(code, scaled, place);
        else
          code.store(emitter.toStorage(scaled, keys.element), place, Value(),
                     /*isAligned=*/true);
      });
}

/// The fragments of this warp's rows, four registers for 16 elements.
PagedTile::Values PagedTile::loadQuery() {
  if (isFloat)
    return loadFloatQuery();
  // Matrices: upper and lower rows of 8 elements, then those of the next 8.
  Number32 matrix = Number32(code, lane) / 8,
           inMatrix = Number32(code, lane) % 8;
  Number32 row = Number32(code, warp) * 16 + (matrix & 1) * 8 + inMatrix;
  Values query;
  for (int64_t first = 0; first < depth; first += 16) {
    Number32 piece = (matrix >> 1) + first / pieceSize;
    llvm::append_range(
        query,
        loadMatrices(code, sharedAt(queryRows.at(row, piece) + queryPlace())));
  }
  return query;
}

void PagedTile::findKeys() {
  Value count = sequences.keyCount(op, tile);
  // A thread for each row, and those beyond for the last ones again.
  Value row = code.mod(code.threadId(), code.constant(tileRows));
  auto [first, end] = sequences.seenKeys(op, rowToken(row), count);
  first = narrow(first), end = narrow(end);
  auto place = [&](Value base, Value index) {
    return code.address(base, code.i32(), index);
  };
  Number32 number = Number32(code, code.threadId32()) % tileRows;
  Value isRow = code.compare(CmpIPredicate::slt, code.threadId32(),
                             this->number(tileRows));
  Value ranges[] = {first, end, first, end};
  for (int64_t mask = CUDACodeBuilder::warpLanes / 2; mask > 0; mask /= 2)
    for (int64_t i = 0; i < 4; ++i) {
      Value other = code.shuffleXor(ranges[i], mask);
      // Of any: from the least to the greatest.
      ranges[i] = i == 0 || i == 3 ? code.minimum(ranges[i], other)
                                   : code.maximum(ranges[i], other);
    }
  code.branch(isRow, [&] {
    code.store(first, place(rowKeys, number * 2));
    code.store(end, place(rowKeys, number * 2 + 1));
  });
  Value isLane = code.compare(CmpIPredicate::eq, lane, this->number(0));
  code.branch(isLane, [&] {
    for (int64_t i = 0; i < 4; ++i)
      code.store(ranges[i], place(warpKeys, Number32(code, warp) * 4 + i));
  });
  code.barrier();
  for (int64_t i = 0; i < 4; ++i) {
    Value all = code.load(code.i32(), place(warpKeys, this->number(i)));
    // Half of the warps have all rows.
    Value other = code.load(code.i32(), place(warpKeys, this->number(4 + i)));
    ranges[i] =
        i == 0 || i == 3 ? code.minimum(all, other) : code.maximum(all, other);
  }
  seen.anyFirst = ranges[0], seen.anyEnd = ranges[1];
  seen.allFirst = ranges[2], seen.allEnd = ranges[3];
  for (int64_t half = 0; half < 2; ++half) {
    Number32 own =
        Number32(code, warp) * 16 + Number32(code, lane) / 4 + half * 8;
    seen.first[half] = code.load(code.i32(), place(rowKeys, own * 2));
    seen.end[half] = code.load(code.i32(), place(rowKeys, own * 2 + 1));
  }
}

void PagedTile::storeResult(const State &state) {
  int64_t stride = width + resultPadding;
  for (int64_t half = 0; half < 2; ++half) {
    Value sum = state.rowSum(code, half);
    Number32 row =
        Number32(code, warp) * 16 + Number32(code, lane) / 4 + half * 8;
    // Behind the row's elements, by the lane that has the first ones.
    if (op.getSpan()) {
      Value isFirst =
          code.compare(CmpIPredicate::eq, Number32(code, lane) % 4, number(0));
      code.branch(isFirst, [&] {
        code.store(partLogarithm(code, state.greatest[half], sum),
                   sharedAt((row * stride + width) * 4));
      });
    }
    state.storeRow(code, half, sum, shared,
                   row * stride + (Number32(code, lane) % 4) * 2);
  }
  code.barrier();
  // 16 bytes of the sums or of the output, where a warp's lie side by side;
  // rows of parts are not aligned to that.
  int64_t lanes = op.getSpan() ? 1 : 4;
  int64_t before = std::exchange(code.lanes, lanes);
  Value pieces = code.constant(width / lanes);
  Value count =
      code.mul(code.sub(tile.endToken, tile.firstToken), code.constant(share));
  code.loop(code.constant(0), code.constant(tileRows * (width / lanes)),
            threads, [&](Value start) {
              Value i = code.add(start, code.threadId());
              Value row = code.floorDiv(i, pieces);
              code.branch(code.compare(CmpIPredicate::slt, row, count), [&] {
                ElementEmitter::Scope scope(emitter);
                Value column =
                    code.mul(code.mod(i, pieces), code.constant(lanes));
                LaneIndices index = {LaneIndex::uniform(rowToken(row)),
                                     LaneIndex::uniform(rowHead(row)),
                                     LaneIndex::consecutive(column)};
                Number32 place = narrow(row) * stride + narrow(column);
                Value result =
                    code.loadLanes(code.f32(), sharedAt(place * 4), Value(),
                                   /*isAligned=*/true);
                emitter.provide(op.getResult(), index, result);
                storeLanes(emitter, output, index);
              });
            });
  code.lanes = before;
  if (!op.getSpan())
    return;
  Value row = code.mod(code.threadId(), code.constant(tileRows));
  code.branch(code.compare(CmpIPredicate::slt, row, count), [&] {
    ElementEmitter::Scope scope(emitter);
    Value value =
        code.load(code.f32(), sharedAt((narrow(row) * stride + width) * 4));
    storePartLogarithm(emitter, output, rowToken(row), rowHead(row), value);
  });
}

} // namespace weft::cuda
