//===- AttentionTile.cpp - Attention of 16 bits by mma.sync ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/AttentionTile.h"

#include "lib/Codegen/CUDA/MatrixInstructions.h"
#include "lib/Codegen/Common/ElementModels.h"

#include <numbers>

using namespace mlir;
using arith::CmpIPredicate;

namespace weft::cuda {

/// Elements of a piece of 16 bytes, and terms of a product of fragments.
static constexpr int64_t pieceSize = 8, fragmentTerms = 16;
static constexpr double infinity = std::numeric_limits<double>::infinity();

bool AttentionTile::canEmit(ElementEmitter &emitter, AttentionOp op) {
  Type element = elementTypeOf(op.getQuery());
  bool isHalf = element.isF16() || element.isBF16();
  return isHalf && elementTypeOf(op.getKey()) == element &&
         elementTypeOf(op.getValue()) == element &&
         llvm::all_of(ValueRange{op.getQuery(), op.getValue()}, [&](Value v) {
           return *emitter.sizesOf(v)[3].asConstant() % fragmentTerms == 0;
         });
}

AttentionTile::AttentionTile(ElementEmitter &emitter,
                             const KernelOutput &output, AttentionOp op)
    : emitter(emitter), code(cudaCodeOf(emitter)), output(output), op(op),
      half(elementTypeOf(op.getQuery())),
      batch(emitter.sizesOf(op.getQuery())[0]),
      rows(emitter.sizesOf(op.getQuery())[1]),
      heads(emitter.sizesOf(op.getQuery())[2]),
      keys(emitter.sizesOf(op.getKey())[1]),
      groups(emitter.sizesOf(op.getKey())[2]),
      depth(*emitter.sizesOf(op.getQuery())[3].asConstant()),
      width(*emitter.sizesOf(op.getValue())[3].asConstant()),
      keyRows{depth / pieceSize}, valueRows{width / pieceSize},
      valuePlace(blockKeys * keyRows.stride()),
      sharedSize(valuePlace + blockKeys * valueRows.stride()), lane(code, 0),
      warp(code, 0) {
  // The results pass through it at the end.
  sharedSize = std::max(sharedSize, tileRows * (width + pieceSize) * 4);
  code.setBlockThreads(threads);
  code.preferRegisters();
  shared = code.dynamicShared();
  Number32 thread(code, code.threadId32());
  lane = thread % CUDACodeBuilder::warpLanes;
  warp = thread / CUDACodeBuilder::warpLanes;
}

Grid AttentionTile::emit() {
  SizeExpr tiles = ceilDiv(rows, tileRows);
  Value pair = code.floorDiv(code.blockId(), code.size(tiles));
  firstRow = code.mul(code.mod(code.blockId(), code.size(tiles)),
                      code.constant(tileRows));
  head = code.mod(pair, code.size(heads));
  item = code.floorDiv(pair, code.size(heads));
  group = heads == groups
              ? head
              : code.floorDiv(
                    head, code.floorDiv(code.size(heads), code.size(groups)));
  stage(op.getQuery(), rows, firstRow, head, keyRows, 0);
  code.barrier();
  Values query = loadQuery();
  Value end = code.size(keys);
  // A causal tile ends at the last key that its last row sees.
  if (op.getCausal())
    end =
        code.minimum(end, code.add(code.add(firstRow, code.constant(tileRows)),
                                   code.size(keys - rows)));
  State start = State::start(code, width);
  Values last = code.loop(
      code.constant(0), end, blockKeys, start.list(),
      [&](Value firstKey, ValueRange carried) {
        ElementEmitter::Scope scope(emitter);
        // What the block before is read by others until here.
        code.barrier();
        stage(op.getKey(), keys, firstKey, group, keyRows, 0);
        stage(op.getValue(), keys, firstKey, group, valueRows, valuePlace);
        code.barrier();
        State state = State::of(carried);
        Values scores = finishScores(firstKey, emitScores(query));
        state.addScores(code, scores);
        emitProduct(scores, state);
        return state.list();
      });
  code.barrier();
  storeResult(State::of(last));
  return {batch * heads * tiles, 1, 1, sharedSize};
}

void AttentionTile::stage(Value tensor, const SizeExpr &count, Value first,
                          Value ofHead, SharedRows target, int64_t place) {
  Value last = code.size(count - 1);
  Value pieces = code.constant(target.pieces);
  int64_t before = std::exchange(code.lanes, pieceSize);
  code.loop(
      code.constant(0), code.constant(tileRows * target.pieces), threads,
      [&](Value start) {
        ElementEmitter::Scope scope(emitter);
        Value i = code.add(start, code.threadId());
        Value row = code.floorDiv(i, pieces), piece = code.mod(i, pieces);
        Value loaded = emitter.element(
            tensor,
            {LaneIndex::uniform(item),
             LaneIndex::uniform(code.minimum(code.add(first, row), last)),
             LaneIndex::uniform(ofHead),
             LaneIndex::consecutive(
                 code.mul(piece, code.constant(pieceSize)))});
        auto narrow = [&](Value wide) {
          return Number32(code, code.make<arith::TruncIOp>(code.i32(), wide));
        };
        code.store(emitter.toStorage(code.broadcast(loaded), half),
                   sharedAt(target.at(narrow(row), narrow(piece)) + place),
                   Value(), /*isAligned=*/true);
      });
  code.lanes = before;
}

/// The fragments of this warp's rows, four registers for 16 elements.
AttentionTile::Values AttentionTile::loadQuery() {
  Values query;
  for (int64_t first = 0; first < depth; first += fragmentTerms)
    llvm::append_range(
        query, loadMatrices(code, sharedAt(keyRows.at(warp * 16 + lane % 16,
                                                      lane / 16 + first / 8))));
  return query;
}

/// Four f32 for each 8 keys.
AttentionTile::Values AttentionTile::emitScores(ValueRange query) {
  Values scores(blockKeys / 2, code.number(code.f32(), 0));
  // Matrices: 8 terms and the next 8, then of the next 8 keys.
  Number32 key = lane % 8 + (lane / 16) * 8, piece = (lane / 8) & 1;
  for (int64_t term = 0; term < depth; term += fragmentTerms)
    for (int64_t column = 0; column < blockKeys; column += 16) {
      Values loaded = loadMatrices(
          code, sharedAt(keyRows.at(key + column, piece + term / 8)));
      addProducts(code, half, query.slice(term / 4, 4), loaded, scores,
                  column / 2);
    }
  return scores;
}

Value AttentionTile::rowOf(int64_t part) {
  Value own = code.add(firstRow, widen(warp * 16 + lane / 4 + part * 8));
  return code.minimum(own, code.size(rows - 1));
}

AttentionTile::Values AttentionTile::finishScores(Value firstKey,
                                                  Values scores) {
  Value lowest = code.number(code.f32(), -infinity);
  auto factor = [&](double value) { return code.number(code.f32(), value); };
  code.lanes = 1;
  for (int64_t i = 0; i < blockKeys / 2; ++i) {
    Value row = rowOf(i / 2 % 2);
    Value key = code.add(firstKey, widen((lane % 4) * 2 + (i / 4 * 8 + i % 2)));
    Value &score = scores[i];
    score = code.mulf(
        score, factor(op.getScale().convertToDouble() * std::numbers::log2e));
    if (Value mask = op.getMask()) {
      Value added = emitter.broadcastElement(
          mask, {LaneIndex::uniform(item), LaneIndex::uniform(head),
                 LaneIndex::uniform(row),
                 LaneIndex::uniform(code.minimum(key, code.size(keys - 1)))});
      score = code.fma(added, factor(std::numbers::log2e), score);
    }
    Value isSeen = code.compare(CmpIPredicate::slt, key, code.size(keys));
    if (op.getCausal())
      isSeen = code.make<arith::AndIOp>(
          isSeen, code.compare(CmpIPredicate::sle, key,
                               code.add(row, code.size(keys - rows))));
    score = code.select(isSeen, score, lowest);
  }
  return scores;
}

void AttentionTile::emitProduct(ValueRange weights, State &state) {
  for (int64_t term = 0; term < blockKeys; term += fragmentTerms) {
    // The rows' weights of 16 keys lie as a left operand does.
    Values left = weightFragments(code, half, weights.slice(term / 2, 8));
    for (int64_t column = 0; column < width; column += 16) {
      Values loaded = loadMatrices(
          code,
          sharedAt(valueRows.at(lane % 16 + term, lane / 16 + column / 8) +
                   valuePlace),
          /*transposed=*/true);
      addProducts(code, half, left, loaded, state.results, column / 2);
    }
  }
}

void AttentionTile::storeResult(const State &state) {
  int64_t stride = width + pieceSize;
  for (int64_t part = 0; part < 2; ++part)
    state.storeRow(code, part, state.rowSum(code, part), shared,
                   (warp * 16 + lane / 4 + part * 8) * stride + (lane % 4) * 2);
  code.barrier();
  // 16 bytes of the output, where a warp's lie side by side.
  code.lanes = pieceSize;
  Value pieces = code.constant(width / pieceSize);
  code.loop(
      code.constant(0), code.constant(tileRows * width / pieceSize), threads,
      [&](Value start) {
        Value i = code.add(start, code.threadId());
        Value inTile = code.floorDiv(i, pieces);
        Value row = code.add(firstRow, inTile);
        code.branch(
            code.compare(CmpIPredicate::slt, row, code.size(rows)), [&] {
              ElementEmitter::Scope scope(emitter);
              Value column =
                  code.mul(code.mod(i, pieces), code.constant(pieceSize));
              LaneIndices index = {
                  LaneIndex::uniform(item), LaneIndex::uniform(row),
                  LaneIndex::uniform(head), LaneIndex::consecutive(column)};
              Value place =
                  code.add(code.mul(inTile, code.constant(stride)), column);
              emitter.provide(
                  op.getResult(), index,
                  loadEight(code, code.address(shared, code.f32(), place)));
              storeLanes(emitter, output, index);
            });
      });
}

} // namespace weft::cuda
