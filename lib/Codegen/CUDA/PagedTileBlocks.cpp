//===- PagedTileBlocks.cpp - A tile's products with the cache -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/MatrixInstructions.h"
#include "lib/Codegen/CUDA/PagedTile.h"
#include "lib/Codegen/Common/PagedScores.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft::cuda {

static constexpr double infinity = std::numeric_limits<double>::infinity();

PagedTile::State PagedTile::emitBlocks(ValueRange query) {
  State start = State::start(code, width);
  Number32 first = Number32(code, seen.anyFirst) / blockSize;
  Number32 end = (Number32(code, seen.anyEnd) + (blockSize - 1)) / blockSize;
  auto copyIf = [&](Value index, Value stage) {
    code.branch(code.compare(CmpIPredicate::slt, index, end), [&] {
      ElementEmitter::Scope scope(emitter);
      copyBlock(index, stage);
    });
    commitCopies(code);
  };
  if (stages > 1)
    copyIf(first, number(0));
  return State::of(
      code.loop(first, end, number(1), start.list(),
                [&](Value index, ValueRange carried) {
                  ElementEmitter::Scope scope(emitter);
                  Number32 stage = number(0);
                  if (stages > 1) {
                    stage = (Number32(code, index) - first) & 1;
                    copyIf(Number32(code, index) + 1, (stage ^ 1) * stageBytes);
                  } else {
                    copyIf(index, stage);
                  }
                  waitForCopies(code, stages - 1);
                  code.barrier();
                  Value place = stage * stageBytes;
                  State state = State::of(carried);
                  Values scores = hideUnseen(index, emitScores(query, place));
                  state.addScores(code, scores);
                  emitProduct(scores, place, state);
                  // The next copies go where this block was.
                  code.barrier();
                  return state.list();
                }));
}

/// A thread has the same piece of every so many rows, whose addresses differ by
/// constants: with all of them in registers there were not enough.
void PagedTile::copyRows(const MemoryTensor &pool, SharedRows rows,
                         int64_t count, Value block, Number32 target,
                         function_ref<Value(Number32)> bytesOf) {
  Number32 thread(code, code.threadId32());
  int64_t together = threads / rows.pieces, rowSize = rows.pieces * pieceSize;
  assert((!rows.isSwizzled() || together % 8 == 0) && "rows swizzle alike");
  Number32 row = thread / rows.pieces, piece = thread % rows.pieces;
  Value source = code.address(
      code.address(pool.base, pool.element,
                   code.mul(block, code.constant(count * rowSize))),
      pool.element, Value(thread * pieceSize));
  Value place = sharedAt(target + rows.at(row, piece));
  for (int64_t first = 0; first < count; first += together) {
    auto emit = [&] {
      copyAsync(code, below(place, first, rows),
                code.address(source, pool.element, first * rowSize),
                bytesOf(row + first));
    };
    int64_t ours = std::min(together, count - first);
    if (ours * rows.pieces == threads)
      emit();
    else
      code.branch(code.compare(CmpIPredicate::ult, row, number(ours)), emit);
  }
}

void PagedTile::copyBlock(Value index, Value stage) {
  Value block =
      sequences.block(tile.sequence, widen(index), code.size(keys.sizes[0]));
  Value inPool = code.add(code.mul(block, code.constant(groups)), group);
  Number32 place(code, stage);
  copyRows(keys, keyRows, depth, inPool, place,
           [&](Number32) { return number(16); });
  // What nothing sees has no weight, but could be infinite.
  Number32 start = Number32(code, index) * blockSize;
  copyRows(values, valueRows, blockSize, inPool,
           place + depth * keyRows.stride(), [&](Number32 row) {
             Value position = row + start;
             Value isSeen = code.make<arith::AndIOp>(
                 code.compare(CmpIPredicate::sge, position, seen.anyFirst),
                 code.compare(CmpIPredicate::slt, position, seen.anyEnd));
             return code.select(isSeen, number(16), number(0));
           });
}

/// Where this lane finds rows of matrices at `columns` of the rows from `base`
/// on. Those of further rows lie a constant behind: as constants they cost no
/// registers.
PagedTile::Values PagedTile::findMatrices(Number32 base, SharedRows rows,
                                          int64_t columns) {
  // Matrices: 8 rows and the next 8, then of the next 8 columns.
  Number32 matrix = Number32(code, lane) / 8,
           inMatrix = Number32(code, lane) % 8;
  Values places;
  for (int64_t column = 0; column < columns; column += 16)
    places.push_back(sharedAt(base + rows.at((matrix & 1) * 8 + inMatrix,
                                             (matrix >> 1) + column / 8)));
  return places;
}

/// Four f32 for each 8 positions.
PagedTile::Values PagedTile::emitScores(ValueRange query, Value stage) {
  if (isFloat)
    return emitFloatScores(query, stage);
  Values scores(blockSize / 2, code.number(code.f32(), 0));
  Values places = findMatrices(Number32(code, stage), keyRows, blockSize);
  for (int64_t term = 0; term < depth; term += 16)
    for (auto [i, place] : llvm::enumerate(places)) {
      Values loaded = loadMatrices(code, below(place, term, keyRows),
                                   /*transposed=*/true);
      addProducts(code, keys.element, query.slice(term / 4, 4), loaded, scores,
                  i * 8);
    }
  return scores;
}

PagedTile::Values PagedTile::hideUnseen(Value index, Values scores) {
  for (Value &score : scores)
    score = cappedScore(code, op, score);
  Number32 start = Number32(code, index) * blockSize;
  Value isWhole = code.make<arith::AndIOp>(
      code.compare(CmpIPredicate::sge, start, seen.allFirst),
      code.compare(CmpIPredicate::sle, start + blockSize, seen.allEnd));
  Value lowest = code.number(code.f32(), -infinity);
  return code.branch(
      isWhole, [&] { return scores; },
      [&] {
        Values hidden = scores;
        Number32 own = start + (Number32(code, lane) % 4) * 2;
        for (int64_t i = 0; i < blockSize / 2; ++i) {
          int64_t half = i / 2 % 2;
          Value position = own + (i / 4 * 8 + i % 2);
          Value isSeen =
              code.compare(CmpIPredicate::slt, position, seen.end[half]);
          if (op.getWindow())
            isSeen = code.make<arith::AndIOp>(
                isSeen,
                code.compare(CmpIPredicate::sge, position, seen.first[half]));
          hidden[i] = code.select(isSeen, hidden[i], lowest);
        }
        return hidden;
      });
}

void PagedTile::emitProduct(ValueRange weights, Value stage, State &state) {
  if (isFloat)
    return emitFloatProduct(weights, stage, state);
  Values places = findMatrices(Number32(code, stage) + depth * keyRows.stride(),
                               valueRows, width);
  for (int64_t term = 0; term < blockSize; term += 16) {
    // The rows' weights of 16 positions lie as a left operand does.
    Values left =
        weightFragments(code, values.element, weights.slice(term / 2, 8));
    for (auto [i, place] : llvm::enumerate(places)) {
      Values loaded = loadMatrices(code, below(place, term, valueRows),
                                   /*transposed=*/true);
      addProducts(code, values.element, left, loaded, state.results, i * 8);
    }
  }
}

} // namespace weft::cuda
