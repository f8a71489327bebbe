//===- PagedAttention.cpp - Attention to paged caches ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/PagedAttention.h"

#include "lib/Codegen/Common/ElementModels.h"
#include "lib/Codegen/Common/PagedScores.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using arith::CmpFPredicate;
using arith::CmpIPredicate;

namespace weft::cuda {

static constexpr double infinity = std::numeric_limits<double>::infinity();

static bool isNarrowFloat(Value tensor) {
  Type type = elementTypeOf(tensor);
  return isa<FloatType>(type) && ElementEmitter::computeType(type).isF32();
}

bool canEmitPagedAttentionKernel(ElementEmitter &emitter,
                                 const KernelOutput &output,
                                 PagedAttention anchor) {
  // Parts are rows of another kind, which nothing follows.
  if (anchor.getSpan() && output.value != anchor.getResult())
    return false;
  Value keys = anchor.getKeys(), values = anchor.getValues();
  if (!isNarrowFloat(anchor.getQuery()) || !isNarrowFloat(keys) ||
      !isNarrowFloat(values) || !emitter.inMemory(keys) ||
      !emitter.inMemory(values))
    return false;
  auto isStatic = [&](Value tensor) {
    return llvm::all_of(
        ArrayRef(emitter.sizesOf(tensor)).drop_front(1),
        [](const SizeExpr &size) { return size.asConstant().value_or(0) > 0; });
  };
  if (!isStatic(anchor.getQuery()) || !isStatic(keys) || !isStatic(values))
    return false;
  const Sizes &key = emitter.sizesOf(keys);
  int64_t depth = *key[2].asConstant(), block = *key[3].asConstant();
  int64_t width = *emitter.sizesOf(values)[3].asConstant();
  // Whole vectors, as llm-pad-cache-heads gives, and no more of a row than a
  // warp's lanes hold.
  constexpr int64_t vectorSize = PagedAttentionKernel::vectorSize;
  constexpr int64_t most = vectorSize * CUDACodeBuilder::warpLanes;
  auto isWhole = [&](int64_t size) { return size % vectorSize == 0; };
  return isWhole(depth) && isWhole(width) && width <= most && isWhole(block) &&
         llvm::isPowerOf2_64(block) && block <= most;
}

Grid emitPagedAttentionKernel(ElementEmitter &emitter,
                              const KernelOutput &output,
                              PagedAttention anchor) {
  return PagedAttentionKernel(emitter, output, anchor).emit();
}

PagedAttentionKernel::PagedAttentionKernel(ElementEmitter &emitter,
                                           const KernelOutput &output,
                                           PagedAttention op)
    : emitter(emitter), code(cudaCodeOf(emitter)), output(output), op(op),
      keys(*emitter.inMemory(op.getKeys())),
      values(*emitter.inMemory(op.getValues())),
      heads(*emitter.sizesOf(op.getQuery())[1].asConstant()),
      groups(*keys.sizes[1].asConstant()), depth(*keys.sizes[2].asConstant()),
      width(*values.sizes[3].asConstant()),
      blockSize(*keys.sizes[3].asConstant()), share(heads / groups),
      rows(llvm::divideCeil(share, llvm::divideCeil(share, maximumRows))),
      itemsOfGroup(llvm::divideCeil(share, rows)),
      keyLanes(blockSize / vectorSize), keyRows(warpLanes / keyLanes),
      valueLanes(width / vectorSize), valueRows(warpLanes / valueLanes),
      sequences(emitter, op.getPositions(), op.getSequenceStart(),
                op.getBlockTable(), blockSize) {
  code.setBlockThreads(threads);
  code.lanes = vectorSize;
  lane = rest(code.threadId32(), warpLanes);
  warp = quotient(code.threadId32(), warpLanes);
  if (PagedTile::canEmit(emitter, op))
    manyTokens.emplace(emitter, output, op, sequences);
  query = allocate(rows * depth);
  weights = allocate(warps * rows * blockSize);
  results = allocate(warps * valueRows * width);
  greatest = allocate(warps * rows);
  sums = allocate(warps * rows);
  if (std::optional<int64_t> span = op.getSpan()) {
    SizeExpr capacity = emitter.sizesOf(op.getBlockTable())[1] * blockSize;
    furtherParts = max(ceilDiv(capacity, *span), 1) - 1;
  }
}

/// A block of threads computes a token or a tile, in the same shared memory.
Value PagedAttentionKernel::allocate(int64_t floats) {
  constexpr int64_t alignment = 32;
  if (!manyTokens)
    return code.allocateShared(floats * 4, alignment);
  int64_t place = std::exchange(
      sharedBytes, sharedBytes + llvm::alignTo(floats * 4, alignment));
  return code.address(manyTokens->sharedMemory(), code.builder.getI8Type(),
                      place);
}

int64_t itemsOfToken(int64_t heads, int64_t groups) {
  return groups *
         llvm::divideCeil(heads / groups, PagedAttentionKernel::maximumRows);
}

Grid PagedAttentionKernel::emit() {
  Value number = code.blockId(), each = code.constant(groups * itemsOfGroup);
  Value inToken = code.mod(number, each);
  Item item;
  item.group = code.floorDiv(inToken, code.constant(itemsOfGroup));
  item.firstHead = code.mul(code.mod(inToken, code.constant(itemsOfGroup)),
                            code.constant(rows));
  int64_t height = manyTokens ? manyTokens->tokens() : 1;
  auto emitMany = [&] {
    ElementEmitter::Scope scope(emitter);
    // One block has all heads of the group.
    code.branch(
        code.compare(CmpIPredicate::eq, item.firstHead, code.constant(0)), [&] {
          ElementEmitter::Scope inner(emitter);
          manyTokens->emit(item.tile, item.group);
        });
    return Values();
  };
  auto emitOne = [&] {
    ElementEmitter::Scope scope(emitter);
    emitItem(item);
    return Values();
  };
  auto emitTile = [&](const PagedSequences::Tile &tile) {
    item.tile = tile;
    if (op.getSpan()) {
      // A token that is alone is computed in parts.
      Value isAlone = code.make<arith::AndIOp>(
          tile.isInside, sequences.isAlone(tile.sequence));
      code.branch(
          isAlone, [] { return Values(); },
          [&] { return manyTokens ? emitMany() : emitOne(); });
      return;
    }
    if (!manyTokens) {
      emitOne();
      return;
    }
    Value count = code.sub(tile.endToken, tile.firstToken);
    code.branch(code.compare(CmpIPredicate::eq, count, code.constant(1)),
                emitOne, emitMany);
  };
  Value tile = code.floorDiv(number, each);
  SizeExpr parts;
  if (op.getSpan()) {
    parts = emitter.sizesOf(op.getKvLength())[0] * (furtherParts + 1);
    code.branch(
        code.compare(CmpIPredicate::slt, tile, code.size(parts)),
        [&] {
          ElementEmitter::Scope scope(emitter);
          emitPart(item, tile);
          return Values();
        },
        [&] {
          ElementEmitter::Scope scope(emitter);
          sequences.forTile(code.sub(tile, code.size(parts)), height, emitTile);
          return Values();
        });
  } else {
    sequences.forTile(tile, height, emitTile);
  }
  Grid grid{(sequences.countTiles(height) + parts) * (groups * itemsOfGroup)};
  if (manyTokens)
    grid.sharedBytes = std::max(sharedBytes, manyTokens->sharedBytes());
  return grid;
}

void PagedAttentionKernel::emitItem(Item item) {
  findKeys(item);
  stageQuery(item);
  code.barrier();
  merge(item, emitBlocks(item));
}

void PagedAttentionKernel::findKeys(Item &item) {
  auto [first, end] = sequences.seenKeys(op, item.tile.firstToken,
                                         sequences.keyCount(op, item.tile));
  if (item.firstInPart) {
    // What sees nothing begins and ends in the part: no block is left.
    Value endOfPart = code.add(item.firstInPart, code.constant(*op.getSpan()));
    end = code.maximum(code.minimum(end, endOfPart), item.firstInPart);
    first = code.minimum(code.maximum(first, item.firstInPart), end);
  }
  item.firstKey = narrow(first), item.endKey = narrow(end);
}

/// The head of the query; surplus rows repeat the last one.
Value PagedAttentionKernel::headOf(const Item &item, Value row) {
  Value inGroup = code.add(item.firstHead, row);
  if (share % rows != 0)
    inGroup = code.minimum(inGroup, code.constant(share - 1));
  return code.add(code.mul(item.group, code.constant(share)), inGroup);
}

void PagedAttentionKernel::stageQuery(const Item &item) {
  double factor = queryFactor(op);
  int64_t vectors = depth / vectorSize;
  code.loop(
      code.threadId(), code.constant(rows * vectors), threads, [&](Value i) {
        ElementEmitter::Scope scope(emitter);
        Value row = code.floorDiv(i, code.constant(vectors));
        Value first = code.mul(code.mod(i, code.constant(vectors)),
                               code.constant(vectorSize));
        Value loaded = emitter.element(
            op.getQuery(), {LaneIndex::uniform(item.tile.firstToken),
                            LaneIndex::uniform(headOf(item, row)),
                            LaneIndex::consecutive(first)});
        storeFloats(
            code,
            code.mulf(code.broadcast(loaded), code.number(code.f32(), factor)),
            sharedAt(query, code.mul(i, code.constant(vectorSize))));
      });
}

/// Adds what the warps have, and stores the rows.
void PagedAttentionKernel::merge(const Item &item, const Sums &own) {
  auto add = [&](Value lhs, Value rhs) { return code.addf(lhs, rhs); };
  Value zero = code.number(code.f32(), 0), one = code.number(code.f32(), 1);
  Value isFirst = code.compare(CmpIPredicate::eq, lane, number(0));
  Value place = times(warp, rows);
  for (int64_t row = 0; row < rows; ++row) {
    Value sum = own.sums[row];
    // Lanes beyond these have the same keys.
    for (int64_t mask = keyLanes / 2; mask > 0; mask /= 2)
      sum = add(sum, code.shuffleXor(sum, mask));
    code.branch(isFirst, [&] {
      Value at = plus(place, number(row));
      code.store(own.greatest[row], sharedAt(greatest, at));
      code.store(sum, sharedAt(sums, at));
    });
  }
  code.barrier();
  // Of a lane: a vector of columns of every `valueRows`th position.
  Value ownPlace =
      plus(times(warp, valueRows * width), times(lane, vectorSize));
  Value hasColumns =
      code.compare(CmpIPredicate::slt, lane, number(valueRows * valueLanes));
  // Then of a thread: 16 bytes of the sums, or 4 where rows of parts are not
  // aligned.
  int64_t mergedLanes = op.getSpan() && width <= threads ? 1 : 4;
  Value isColumn = code.compare(CmpIPredicate::slt, code.threadId32(),
                                number(width / mergedLanes));
  Value column = code.mul(code.threadId(), code.constant(mergedLanes));
  for (int64_t row = 0; row < rows; ++row) {
    Values tops, parts;
    for (int64_t i = 0; i < warps; ++i) {
      tops.push_back(
          code.load(code.f32(), sharedAt(greatest, number(i * rows + row))));
      parts.push_back(
          code.load(code.f32(), sharedAt(sums, number(i * rows + row))));
    }
    Value top = tops[0];
    for (Value other : ArrayRef(tops).drop_front())
      top =
          code.select(code.compare(CmpFPredicate::OGT, other, top), other, top);
    // Where all are -infinity, any other number makes all weights 0.
    Value isNothing = code.compare(CmpFPredicate::OEQ, top,
                                   code.number(code.f32(), -infinity));
    top = code.select(isNothing, zero, top);
    Value sum = zero;
    for (auto [other, part] : llvm::zip_equal(tops, parts))
      sum = code.fma(code.exp2(code.subf(other, top)), part, sum);
    if (op.getSpan())
      storeRowLogarithm(item, row, top, sum);
    Value factor = code.exp2(code.subf(own.greatest[row], top));
    code.branch(hasColumns, [&] {
      storeFloats(code, code.mulf(own.results[row], factor),
                  sharedAt(results, ownPlace));
    });
    code.barrier();
    int64_t lanes = std::exchange(code.lanes, mergedLanes);
    code.branch(isColumn, [&] {
      ElementEmitter::Scope scope(emitter);
      Value result = code.loop(
          code.constant(0), code.constant(warps * valueRows * width),
          code.constant(width),
          ValueRange{code.number(code.vectorOf(code.f32()), 0)},
          [&](Value place, ValueRange carried) {
            Value part = code.loadLanes(
                code.f32(), sharedAt(results, code.add(place, column)), Value(),
                /*isAligned=*/true);
            return Values{add(carried[0], part)};
          })[0];
      // A row that sees no key is zero.
      Value isEmpty = code.compare(CmpFPredicate::OEQ, sum, zero);
      Value inverse = code.divf(one, code.select(isEmpty, one, sum));
      storeResult(item, row, column, code.mulf(result, inverse));
    });
    code.lanes = lanes;
    code.barrier();
  }
}

void PagedAttentionKernel::storeResult(const Item &item, int64_t row,
                                       Value column, Value result) {
  ifRow(item, row, [&] {
    LaneIndices index = {LaneIndex::uniform(resultRow(item)),
                         LaneIndex::uniform(headOf(item, code.constant(row))),
                         LaneIndex::consecutive(column)};
    emitter.provide(op.getResult(), index, result);
    storeLanes(emitter, output, index);
  });
}

void PagedAttentionKernel::ifRow(const Item &item, int64_t row,
                                 function_ref<void()> body) {
  auto emit = [&] {
    ElementEmitter::Scope scope(emitter);
    body();
  };
  if (share % rows == 0)
    return emit();
  Value isRow = code.compare(CmpIPredicate::slt,
                             code.add(item.firstHead, code.constant(row)),
                             code.constant(share));
  code.branch(isRow, emit);
}

} // namespace weft::cuda
