//===- PagedSequences.cpp - Where the tokens of a step belong -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/PagedSequences.h"

#include "lib/Codegen/Common/ElementModels.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft {

Value loadNumber(ElementEmitter &emitter, Value table, ArrayRef<Value> index) {
  CodeBuilder &code = emitter.code;
  LaneIndices uniform;
  for (Value i : index)
    uniform.push_back(LaneIndex::uniform(i));
  Value number = emitter.element(table, uniform);
  Type type = elementTypeOf(table);
  if (type.getIntOrFloatBitWidth() == 64)
    return number;
  if (type.isUnsignedInteger())
    return code.make<arith::ExtUIOp>(code.i64(), number);
  return code.make<arith::ExtSIOp>(code.i64(), number);
}

SizeExpr PagedSequences::countTiles(int64_t height) const {
  return min(tokens, ceilDiv(tokens, height) + sequences + 2);
}

PagedSequences::FoundTile PagedSequences::findTile(Value number,
                                                   int64_t height) {
  Value zero = code.constant(0), one = code.constant(1);
  Value count = code.size(tokens), last = code.size(sequences);
  // Region r holds the tokens up to sequence_start[r], and one more the rest:
  // sequence s is region s + 1. Carried: where the region starts, the number of
  // its first tile, the region and the tokens of the tile that was found.
  CodeBuilder::Values found = code.loop(
      zero, code.add(last, code.constant(2)), 1,
      ValueRange{zero, zero, code.constant(-1), zero, zero},
      [&](Value region, ValueRange carried) {
        ElementEmitter::Scope scope(emitter);
        Value start = carried[0], firstTile = carried[1];
        Value given = load(sequenceStart, {code.minimum(region, last)});
        given = code.select(code.compare(CmpIPredicate::sgt, region, last),
                            count, given);
        Value stop = code.minimum(code.maximum(given, start), count);
        emitter.reportError(code.compare(CmpIPredicate::ne, given, stop),
                            WEFT_ERROR_INDEX_OUT_OF_RANGE);
        Value tiles = code.floorDiv(
            code.add(code.sub(stop, start), code.constant(height - 1)),
            code.constant(height));
        Value inside = code.sub(number, firstTile);
        // One unsigned comparison sees both ends.
        Value isHere = code.compare(CmpIPredicate::ult, inside, tiles);
        Value first = code.add(start, code.mul(inside, code.constant(height)));
        Value end = code.minimum(code.add(first, code.constant(height)), stop);
        return CodeBuilder::Values{stop, code.add(firstTile, tiles),
                                   code.select(isHere, region, carried[2]),
                                   code.select(isHere, first, carried[3]),
                                   code.select(isHere, end, carried[4])};
      });
  Value sequence = code.sub(found[2], one);
  Value isInside = code.compare(CmpIPredicate::ult, sequence, last);
  sequence = code.minimum(code.maximum(sequence, zero), code.sub(last, one));
  return {code.compare(CmpIPredicate::sge, found[2], zero),
          {sequence, isInside, found[3], found[4]}};
}

void PagedSequences::forTile(Value number, int64_t height,
                             function_ref<void(const Tile &)> body) {
  FoundTile found = findTile(number, height);
  code.branch(found.exists, [&] {
    ElementEmitter::Scope scope(emitter);
    body(found.tile);
  });
}

Value PagedSequences::isAlone(Value sequence) {
  Value one = code.constant(1);
  Value start = load(sequenceStart, {sequence});
  Value end = load(sequenceStart, {code.add(sequence, one)});
  return code.compare(CmpIPredicate::eq, code.sub(end, start), one);
}

void PagedSequences::ifInside(Value number, Value size,
                              function_ref<void()> body) {
  // One unsigned comparison sees both ends.
  emitter.reportError(code.compare(CmpIPredicate::uge, number, size),
                      WEFT_ERROR_INDEX_OUT_OF_RANGE);
  code.branch(code.compare(CmpIPredicate::ult, number, size), [&] {
    ElementEmitter::Scope scope(emitter);
    body();
  });
}

void PagedSequences::forPlace(Value sequence, Value token, Value blocks,
                              function_ref<void(Value, Value)> body) {
  Value position = load(positions, {token});
  ifInside(position, capacity(), [&] {
    Value size = code.constant(blockSize);
    Value block = load(blockTable, {sequence, code.floorDiv(position, size)});
    ifInside(block, blocks, [&] { body(block, code.mod(position, size)); });
  });
}

Value PagedSequences::block(Value sequence, Value index, Value blocks) {
  Value number = emitter.element(
      blockTable, {LaneIndex::uniform(sequence), LaneIndex::uniform(index)});
  return checkedIndex(emitter, number, elementTypeOf(blockTable), blocks);
}

Value PagedSequences::keyCount(PagedAttention op, const Tile &tile) {
  Value length = load(op.getKvLength(), {tile.sequence});
  return code.select(tile.isInside, length, code.constant(0));
}

PagedSequences::Keys PagedSequences::seenKeys(PagedAttention op, Value token,
                                              Value keyCount) {
  Value zero = code.constant(0), one = code.constant(1), room = capacity();
  Value position = load(op.getPositions(), {token});
  Value end = code.minimum(code.add(position, one), keyCount);
  emitter.reportError(code.compare(arith::CmpIPredicate::sgt, end, room),
                      WEFT_ERROR_INDEX_OUT_OF_RANGE);
  end = code.minimum(code.maximum(end, zero), room);
  Value first = zero;
  if (std::optional<int64_t> window = op.getWindow())
    first = code.minimum(
        code.maximum(code.sub(code.add(position, one), code.constant(*window)),
                     zero),
        end);
  return {first, end};
}

} // namespace weft
