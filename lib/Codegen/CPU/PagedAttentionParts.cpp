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

void PagedAttentionKernel::emitTileItem(Item item) {
  if (std::optional<int64_t> span = op.getSpan()) {
    Value isAlone = code.make<arith::AndIOp>(
        item.tile.isInside, sequences.isAlone(item.tile.sequence));
    item.firstInPart = item.rowShift = code.constant(0);
    item.endOfPart =
        code.select(isAlone, code.constant(*span), sequences.capacity());
  }
  emitItem(item);
}

void PagedAttentionKernel::emitPartItem(Item item, Value number) {
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
  Value row = code.add(tokens, number);
  Value length = sequences.load(op.getKvLength(), {sequence});
  // One unsigned comparison sees both ends of the tokens.
  Value exists = code.make<arith::AndIOp>(
      code.compare(CmpIPredicate::ult, token, tokens),
      code.make<arith::AndIOp>(
          sequences.isAlone(sequence),
          code.compare(CmpIPredicate::slt, item.firstInPart, length)));
  code.branch(
      exists,
      [&] {
        ElementEmitter::Scope scope(emitter);
        item.rowShift = code.sub(row, token);
        emitItem(item);
        return Values();
      },
      [&] {
        ElementEmitter::Scope scope(emitter);
        item.rowShift = row;
        Value nothing = code.number(code.f32(), 0);
        Value lowest =
            code.number(code.f32(), -std::numeric_limits<double>::infinity());
        code.loop(code.constant(0), code.constant(share), 1, [&](Value i) {
          ElementEmitter::Scope scope(emitter);
          Value head = code.add(code.mul(item.group, code.constant(share)), i);
          storeLogarithm(item, code.constant(0), head, lowest, nothing);
        });
        return Values();
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
