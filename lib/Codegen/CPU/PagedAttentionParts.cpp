//===- PagedAttentionParts.cpp - Attention of one token in parts ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/PagedAttention.h"

#include "lib/Codegen/Common/VectorMath.h"

#include <numbers>

using namespace mlir;
using arith::CmpIPredicate;

namespace weft {

PagedAttentionKernel::FoundItem PagedAttentionKernel::findTile(Item item,
                                                               Value number) {
  auto [exists, tile] = sequences.findTile(number, itemTokens);
  item.tile = tile;
  Value isAlone =
      code.make<arith::AndIOp>(tile.isInside, sequences.isAlone(tile.sequence));
  item.firstInPart = item.rowShift = code.constant(0);
  item.endOfPart =
      code.select(isAlone, code.constant(*op.getSpan()), sequences.capacity());
  return {exists, item};
}

PagedAttentionKernel::FoundItem PagedAttentionKernel::findPart(Item item,
                                                               Value number) {
  Value each = code.size(furtherParts), one = code.constant(1);
  Value part = code.add(code.mod(number, each), one);
  Value sequence = code.floorDiv(number, each);
  Value token = sequences.load(op.getSequenceStart(), {sequence});
  item.tile = {sequence, code.integer(code.i1(), 1), token,
               code.add(token, one)};
  Value span = code.constant(*op.getSpan());
  item.firstInPart = code.mul(part, span);
  item.endOfPart = code.add(item.firstInPart, span);
  Value tokens = emitter.size(op.getPositions(), 0);
  item.rowShift = code.sub(code.add(tokens, number), token);
  Value length = sequences.load(op.getKvLength(), {sequence});
  // One unsigned comparison sees both ends of the tokens.
  Value exists = code.make<arith::AndIOp>(
      code.compare(CmpIPredicate::ult, token, tokens),
      code.make<arith::AndIOp>(
          sequences.isAlone(sequence),
          code.compare(CmpIPredicate::slt, item.firstInPart, length)));
  return {exists, item};
}

void PagedAttentionKernel::emitPartOrTile(Item item, Value number,
                                          Value parts) {
  auto valuesOf = [](const FoundItem &found) {
    const Item &item = found.item;
    return Values{found.exists,         item.tile.sequence, item.tile.isInside,
                  item.tile.firstToken, item.tile.endToken, item.firstInPart,
                  item.endOfPart,       item.rowShift};
  };
  Value isPart = code.compare(CmpIPredicate::slt, number, parts);
  Values found = code.branch(
      isPart,
      [&] {
        ElementEmitter::Scope scope(emitter);
        return valuesOf(findPart(item, number));
      },
      [&] {
        ElementEmitter::Scope scope(emitter);
        return valuesOf(findTile(item, code.sub(number, parts)));
      });
  item.tile = {found[1], found[2], found[3], found[4]};
  item.firstInPart = found[5], item.endOfPart = found[6];
  item.rowShift = found[7];
  code.branch(
      found[0],
      [&] {
        ElementEmitter::Scope scope(emitter);
        emitItem(item);
        return Values();
      },
      [&] {
        code.branch(isPart, [&] {
          ElementEmitter::Scope scope(emitter);
          leaveOut(item);
        });
        return Values();
      });
}

void PagedAttentionKernel::leaveOut(const Item &item) {
  Value nothing = code.number(code.f32(), 0);
  Value lowest =
      code.number(code.f32(), -std::numeric_limits<double>::infinity());
  code.loop(code.constant(0), code.constant(share), 1, [&](Value i) {
    ElementEmitter::Scope scope(emitter);
    Value head = code.add(code.mul(item.group, code.constant(share)), i);
    storeLogarithm(item, item.tile.firstToken, head, lowest, nothing);
  });
}

void PagedAttentionKernel::storeLogarithm(const Item &item, Value token,
                                          Value head, Value greatest,
                                          Value sum) {
  // Scores are those of powers of 2.
  Value scaled =
      code.mulf(greatest, code.number(code.f32(), std::numbers::ln2));
  Value logarithm = code.addf(scaled, VectorMath(code).log(sum));
  LaneIndex position = emitter.linearize(
      {LaneIndex::uniform(code.add(token, item.rowShift)),
       LaneIndex::uniform(head), LaneIndex::uniform(code.constant(width))},
      output.memory.sizes);
  code.store(
      emitter.toStorage(logarithm, output.memory.element),
      code.address(output.memory.base, output.memory.element, position.value));
}

} // namespace weft
