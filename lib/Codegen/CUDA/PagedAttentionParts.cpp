//===- PagedAttentionParts.cpp - Attention of one token in parts ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/PagedAttention.h"
#include "lib/Codegen/CUDA/PartLogarithm.h"

using namespace mlir;
using arith::CmpIPredicate;

namespace weft::cuda {

void PagedAttentionKernel::emitPart(Item item, Value ofAll) {
  Value each = code.size(furtherParts + 1), one = code.constant(1);
  Value zero = code.constant(0), part = code.mod(ofAll, each);
  Value sequence = code.floorDiv(ofAll, each);
  Value token = sequences.load(op.getSequenceStart(), {sequence});
  item.tile = {sequence, code.integer(code.i1(), 1), token,
               code.add(token, one)};
  item.firstInPart = code.mul(part, code.constant(*op.getSpan()));
  Value isFirst = code.compare(CmpIPredicate::eq, part, zero);
  Value tokens = emitter.size(op.getPositions(), 0);
  // Rows behind those of the tokens: no first parts.
  Value behind = code.add(
      tokens,
      code.sub(code.add(code.mul(sequence, code.size(furtherParts)), part),
               one));
  item.rowShift = code.select(isFirst, zero, code.sub(behind, token));
  Value length = sequences.load(op.getKvLength(), {sequence});
  Value hasKeys = code.make<arith::OrIOp>(
      isFirst, code.compare(CmpIPredicate::slt, item.firstInPart, length));
  // One unsigned comparison sees both ends of the tokens.
  Value exists = code.make<arith::AndIOp>(
      code.compare(CmpIPredicate::ult, token, tokens),
      code.make<arith::AndIOp>(sequences.isAlone(sequence), hasKeys));
  code.branch(
      exists,
      [&] {
        ElementEmitter::Scope scope(emitter);
        emitItem(item);
        return Values();
      },
      [&] {
        // The first part of others is their row, which a tile computes.
        code.branch(code.compare(CmpIPredicate::sgt, part, zero), [&] {
          ElementEmitter::Scope scope(emitter);
          for (int64_t row = 0; row < rows; ++row)
            storeRowLogarithm(item, row, code.number(code.f32(), 0),
                              code.number(code.f32(), 0));
        });
        return Values();
      });
}

Value PagedAttentionKernel::resultRow(const Item &item) {
  return item.rowShift ? code.add(item.tile.firstToken, item.rowShift)
                       : item.tile.firstToken;
}

void PagedAttentionKernel::storeRowLogarithm(const Item &item, int64_t row,
                                             Value greatest, Value sum) {
  Value isOne = code.compare(CmpIPredicate::eq, code.threadId32(), number(0));
  code.branch(isOne, [&] {
    ifRow(item, row, [&] {
      storePartLogarithm(emitter, output, resultRow(item),
                         headOf(item, code.constant(row)),
                         partLogarithm(code, greatest, sum));
    });
  });
}

} // namespace weft::cuda
