//===- BlockElement.cpp - Single elements of quantized tensors ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/BlockElement.h"

#include "dialects/LLM/IR/BlockLayout.h"
#include "runtime/base/BlockLevels.h"

using namespace mlir;

namespace weft {

namespace {
/// Decodes as runtime/base/BlockFormat.cpp does, whose words these are; numbers
/// are i32, or vectors of them, where the index is a vector.
class BlockElement {
public:
  BlockElement(ElementEmitter &emitter, const MemoryTensor &tensor,
               ArrayRef<LaneIndex> index);
  Value emit();

private:
  Value number(int64_t value) { return code.integer(type(), value); }
  Type type() {
    return isVector ? Type(code.vectorOf(code.i32())) : Type(code.i32());
  }
  Value divide(Value x, int64_t y) {
    return code.make<arith::DivUIOp>(x, number(y));
  }
  Value rest(Value x, int64_t y) {
    return code.make<arith::RemUIOp>(x, number(y));
  }
  Value times(Value x, int64_t y) {
    return code.make<arith::MulIOp>(x, number(y));
  }
  Value plus(Value x, int64_t y) {
    return code.make<arith::AddIOp>(x, number(y));
  }
  Value plus(Value x, Value y) { return code.make<arith::AddIOp>(x, y); }
  Value bits(Value x, Value shift, int64_t mask) {
    return code.make<arith::AndIOp>(
        code.make<arith::ShRUIOp>(x, shift).getResult(), number(mask));
  }
  Value toFloat(Value x) {
    return code.make<arith::SIToFPOp>(
        CodeBuilder::withElement(type(), code.f32()), x);
  }
  Value isBelow(Value x, int64_t y) {
    return code.compare(arith::CmpIPredicate::ult, x, number(y));
  }

  /// The byte of the block at `offset`, within `plane`.
  Value byteAt(size_t plane, Value offset);
  Value byteAt(size_t plane, int64_t offset) {
    return byteAt(plane, number(offset));
  }
  Value signedByteAt(size_t plane, Value offset) {
    Value byte = byteAt(plane, offset);
    return code.make<arith::ShRSIOp>(
        code.make<arith::ShLIOp>(byte, number(24)).getResult(), number(24));
  }
  Value halfAt(size_t plane, int64_t offset);
  /// d * q, or d * scale * q.
  Value scaled(Value scale, Value integer) {
    return code.mulf(scale, toFloat(integer));
  }
  Value nibbleOf32(size_t plane, int64_t offset);
  Value fifthBit(size_t plane);
  Value levelOf(Value nibble, ArrayRef<int8_t> levels);
  Value sixBits(bool minimum);
  Value emitSmall();
  Value emitLarge();

  ElementEmitter &emitter;
  CodeBuilder &code;
  const BlockType block;
  const BlockFormatInfo &info;
  ArrayRef<BlockPlane> planes;
  bool isVector;
  int64_t blocks;
  Value base;
  /// i64: bytes before the row's panel (or the row), before its block in a
  /// plane of one byte, and the row's place in the panel.
  Value panelStart, blockNumber, lane;
  /// The element's place in its block.
  Value i;
};
} // namespace

BlockElement::BlockElement(ElementEmitter &emitter, const MemoryTensor &tensor,
                           ArrayRef<LaneIndex> index)
    : emitter(emitter), code(emitter.code),
      block(cast<BlockType>(tensor.element)), info(block.getInfo()),
      planes(planesOf(block.getFormat())), base(tensor.base) {
  isVector = llvm::any_of(index, [](LaneIndex at) { return !at.isUniform(); });
  size_t rank = index.size();
  int64_t interleaved = block.getRows();
  blocks = *tensor.sizes[rank - 1].asConstant() / info.elements;
  int64_t rowBytes = blocks * info.bytes;
  auto lanesOf = [&](LaneIndex at) {
    Value value = emitter.asNumber(at);
    return isVector ? code.broadcast(value) : value;
  };
  Value column = lanesOf(index[rank - 1]);
  Value row = rank > 1 ? lanesOf(index[rank - 2]) : code.constant(0);
  int64_t rows = rank > 1 ? *tensor.sizes[rank - 2].asConstant() : 1;
  Value panel = code.floorDiv(row, code.constant(interleaved));
  lane = code.mod(row, code.constant(interleaved));
  panelStart = code.mul(panel, code.constant(interleaved * rowBytes));
  if (rank > 2) {
    // Each matrix of a stack has panels of its own.
    LaneIndex matrix = emitter.linearize(index.drop_back(2),
                                         ArrayRef(tensor.sizes).drop_back(2));
    int64_t matrixBytes = llvm::alignTo(uint64_t(rows), interleaved) * rowBytes;
    panelStart = code.add(panelStart, code.mul(emitter.asNumber(matrix),
                                               code.constant(matrixBytes)));
  }
  blockNumber = code.floorDiv(column, code.constant(info.elements));
  i = code.make<arith::TruncIOp>(
      type(), code.mod(column, code.constant(info.elements)));
}

Value BlockElement::byteAt(size_t plane, Value offset) {
  int64_t rows = block.getRows();
  const BlockPlane &part = planes[plane];
  Type wide = CodeBuilder::withElement(type(), code.i64());
  offset = code.make<arith::ExtUIOp>(wide, offset);
  Value at;
  if (rows == 1) {
    at = code.add(code.mul(blockNumber, code.constant(info.bytes)),
                  code.add(offset, code.constant(part.offset)));
  } else {
    int64_t start = 0;
    for (const BlockPlane &before : planes.take_front(plane))
      start += rows * blocks * before.bytes;
    Value unit = code.constant(part.unit);
    at = code.add(code.mul(blockNumber, code.constant(rows * part.bytes)),
                  code.constant(start));
    at = code.add(at, code.mul(code.floorDiv(offset, unit),
                               code.constant(rows * part.unit)));
    at = code.add(at, code.add(code.mul(lane, unit), code.mod(offset, unit)));
  }
  Type byte = code.builder.getI8Type();
  Value address = code.address(base, byte, code.add(panelStart, at));
  Value loaded = isVector ? code.loadLanes(byte, address, emitter.getMask())
                          : code.load(byte, address);
  return code.make<arith::ExtUIOp>(type(), loaded);
}

Value BlockElement::halfAt(size_t plane, int64_t offset) {
  Value low = byteAt(plane, offset), high = byteAt(plane, offset + 1);
  Value both = code.make<arith::OrIOp>(
      low, code.make<arith::ShLIOp>(high, number(8)).getResult());
  Value half = code.make<arith::TruncIOp>(
      CodeBuilder::withElement(type(), code.builder.getI16Type()), both);
  return emitter.fromStorage(half, code.builder.getF16Type());
}

Value BlockElement::emit() {
  return info.elements == 32 ? emitSmall() : emitLarge();
}

//===----------------------------------------------------------------------===//
// Blocks of 32
//===----------------------------------------------------------------------===//

Value BlockElement::nibbleOf32(size_t plane, int64_t offset) {
  return bits(byteAt(plane, plus(rest(i, 16), offset)), times(divide(i, 16), 4),
              15);
}

Value BlockElement::fifthBit(size_t plane) {
  return times(bits(byteAt(plane, divide(i, 8)), rest(i, 8), 1), 16);
}

Value BlockElement::levelOf(Value nibble, ArrayRef<int8_t> levels) {
  Value result = number(levels[0]);
  for (int64_t level = 1; level < 16; ++level)
    result = code.select(
        code.compare(arith::CmpIPredicate::eq, nibble, number(level)),
        number(levels[level]), result);
  return result;
}

Value BlockElement::emitSmall() {
  switch (block.getFormat()) {
  case BlockFormat::Q4_0:
    return scaled(halfAt(0, 0), plus(nibbleOf32(1, 0), -8));
  case BlockFormat::Q4_1:
    return code.addf(scaled(halfAt(0, 0), nibbleOf32(1, 0)), halfAt(0, 2));
  case BlockFormat::Q5_0:
    return scaled(halfAt(0, 0), plus(plus(nibbleOf32(2, 0), fifthBit(1)), -16));
  case BlockFormat::Q5_1:
    return code.addf(scaled(halfAt(0, 0), plus(nibbleOf32(2, 0), fifthBit(1))),
                     halfAt(0, 2));
  case BlockFormat::Q8_0:
    return scaled(halfAt(0, 0), signedByteAt(1, i));
  case BlockFormat::IQ4_NL:
    return scaled(halfAt(0, 0), levelOf(nibbleOf32(1, 0), iq4nlLevels));
  default: {
    assert(block.getFormat() == BlockFormat::MXFP4);
    // 2^(e - 128): levels are doubled. The two least are no normal numbers.
    Value exponent = byteAt(0, 0);
    Value normal = code.make<arith::ShLIOp>(plus(exponent, -1), number(23));
    Value tiny =
        code.make<arith::ShLIOp>(number(0x00200000), rest(exponent, 2));
    Value scale = code.bitcast(code.select(isBelow(exponent, 2), tiny, normal),
                               code.f32());
    return scaled(scale, levelOf(nibbleOf32(1, 0), mxfp4Levels));
  }
  }
}

//===----------------------------------------------------------------------===//
// Blocks of 256
//===----------------------------------------------------------------------===//

/// A scale or a minimum of q4_k and q5_k, of the 32 elements around i.
Value BlockElement::sixBits(bool minimum) {
  Value group = divide(i, 32);
  Value inFour = rest(group, 4);
  Value first = byteAt(1, plus(inFour, minimum ? 4 : 0));
  Value last = byteAt(1, plus(inFour, 8));
  Value early = bits(first, number(0), 63);
  Value late = plus(bits(last, number(minimum ? 4 : 0), 15),
                    times(bits(first, number(6), 3), 16));
  return code.select(isBelow(group, 4), early, late);
}

Value BlockElement::emitLarge() {
  Value number16 = divide(i, 16), quarter = rest(divide(i, 32), 4);
  Value inLine = rest(i, 32), half = divide(i, 128);
  Value bitOf32 = divide(i, 32);
  // 32 bytes hold 128 elements of two bits, or 64 of four.
  Value ofPairs = plus(times(half, 32), inLine);
  Value ofNibbles = plus(times(divide(i, 64), 32), inLine);
  Value nibbleShift = times(rest(bitOf32, 2), 4);
  switch (block.getFormat()) {
  case BlockFormat::Q2_K: {
    Value both = byteAt(1, number16);
    Value q = bits(byteAt(2, ofPairs), times(quarter, 2), 3);
    Value product = code.make<arith::MulIOp>(bits(both, number(0), 15), q);
    return code.subf(scaled(halfAt(0, 0), product),
                     scaled(halfAt(0, 2), bits(both, number(4), 15)));
  }
  case BlockFormat::Q3_K: {
    Value low = bits(byteAt(3, ofPairs), times(quarter, 2), 3);
    Value high = bits(byteAt(2, inLine), bitOf32, 1);
    Value lowScale =
        bits(byteAt(1, rest(number16, 8)), times(divide(number16, 8), 4), 15);
    Value highScale = bits(byteAt(1, plus(rest(number16, 4), 8)),
                           times(divide(number16, 4), 2), 3);
    Value factor = plus(plus(lowScale, times(highScale, 16)), -32);
    Value q = plus(plus(low, times(high, 4)), -4);
    return scaled(halfAt(0, 0), code.make<arith::MulIOp>(factor, q));
  }
  case BlockFormat::Q4_K:
  case BlockFormat::Q5_K: {
    bool five = block.getFormat() == BlockFormat::Q5_K;
    Value q = bits(byteAt(five ? 3 : 2, ofNibbles), nibbleShift, 15);
    if (five)
      q = plus(q, times(bits(byteAt(2, inLine), bitOf32, 1), 16));
    Value product = code.make<arith::MulIOp>(sixBits(false), q);
    return code.subf(scaled(halfAt(0, 0), product),
                     scaled(halfAt(0, 2), sixBits(true)));
  }
  default: {
    assert(block.getFormat() == BlockFormat::Q6_K);
    Value place =
        plus(plus(times(half, 64), times(rest(quarter, 2), 32)), inLine);
    Value low = bits(byteAt(3, place), times(divide(quarter, 2), 4), 15);
    Value high = bits(byteAt(2, ofPairs), times(quarter, 2), 3);
    Value q = plus(plus(low, times(high, 16)), -32);
    return scaled(halfAt(0, 0),
                  code.make<arith::MulIOp>(signedByteAt(1, number16), q));
  }
  }
}

Value emitBlockElement(ElementEmitter &emitter, const MemoryTensor &tensor,
                       ArrayRef<LaneIndex> index) {
  return BlockElement(emitter, tensor, index).emit();
}

} // namespace weft
