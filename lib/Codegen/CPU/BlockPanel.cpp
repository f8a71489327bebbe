//===- BlockPanel.cpp - Quantized rows, 16 side by side -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/BlockPanel.h"
#include "lib/Codegen/CPU/IntegerDot.h"

#include "runtime/base/BlockLevels.h"

using namespace mlir;

namespace weft {

static constexpr int64_t rows = CPUCodeBuilder::lanes;

BlockTraits BlockTraits::of(BlockFormat format) {
  switch (format) {
  case BlockFormat::Q4_0:
    return {1, false, 8, 15};
  case BlockFormat::Q4_1:
    return {1, true, 0, 15};
  case BlockFormat::Q5_0:
    return {1, false, 16, 31};
  case BlockFormat::Q5_1:
    return {1, true, 0, 31};
  case BlockFormat::Q8_0:
    return {1, false, 128, 255};
  case BlockFormat::Q2_K:
    return {2, true, 0, 3};
  case BlockFormat::Q3_K:
    return {2, false, 4, 7};
  case BlockFormat::Q4_K:
    return {1, true, 0, 15};
  case BlockFormat::Q5_K:
    return {1, true, 0, 31};
  case BlockFormat::Q6_K:
    return {2, false, 32, 63};
  case BlockFormat::IQ4_NL:
    return {1, false, 128, 255};
  case BlockFormat::MXFP4:
    return {1, false, 12, 24};
  }
  llvm_unreachable("every format has traits");
}

BlockPanels::BlockPanels(ElementEmitter &emitter, BlockFormat format,
                         Value base, int64_t depth)
    : traits(BlockTraits::of(format)), emitter(emitter), code(codeOf(emitter)),
      format(format), info(infoOf(format)), planes(planesOf(format)),
      base(base), blocks(depth / info.elements) {}

Value BlockPanels::panel(Value number) {
  Value offset = code.mul(number, code.constant(blocks * blockBytes()));
  return code.address(base, code.builder.getI8Type(), offset);
}

int64_t BlockPanels::stepsTogether() const {
  return stepsPerBlock() == 1 ? 1 : 2;
}

SmallVector<int64_t, 8> BlockPanels::stepOrder() const {
  SmallVector<int64_t, 8> order;
  // Low and high nibbles of Q6_K are two steps apart.
  for (int64_t i = 0; i < stepsPerBlock(); ++i)
    order.push_back(
        format == BlockFormat::Q6_K ? i / 4 * 4 + i % 2 * 2 + i % 4 / 2 : i);
  return order;
}

BlockStep BlockPanels::read(Value panel, Value block, int64_t number) {
  currentPanel = panel;
  currentBlock = block;
  BlockStep step;
  if (stepsPerBlock() == 1)
    readSmall(step);
  else
    readLarge(step, number);
  readScales(step, number);
  return step;
}

//===----------------------------------------------------------------------===//
// Bytes of a plane
//===----------------------------------------------------------------------===//

Value BlockPanels::address(size_t plane, int64_t offset) {
  int64_t start = 0;
  for (const BlockPlane &before : planes.take_front(plane))
    start += rows * blocks * before.bytes;
  Type byte = code.builder.getI8Type();
  Value inPlane =
      code.mul(currentBlock, code.constant(rows * planes[plane].bytes));
  return code.address(code.address(currentPanel, byte, inPlane), byte,
                      start + rows * offset);
}

Value BlockPanels::words(size_t plane, int64_t number) {
  return code.loadLanes(code.i32(), address(plane, 4 * number), Value());
}

Value BlockPanels::bytes(size_t plane, int64_t number) {
  Value loaded =
      code.loadLanes(code.builder.getI8Type(), address(plane, number), Value());
  return code.make<arith::ExtUIOp>(CPUCodeBuilder::vectorOf(code.i32()),
                                   loaded);
}

Value BlockPanels::halves(size_t plane, int64_t number) {
  Type half = code.builder.getF16Type();
  return emitter.fromStorage(
      code.loadLanes(half, address(plane, 2 * number), Value()), half);
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

Value BlockPanels::masked(Value words, int64_t shift, int64_t mask) {
  Type type = words.getType();
  if (shift)
    words = code.make<arith::ShRUIOp>(words, code.integer(type, shift));
  int64_t everyByte = mask * 0x01010101;
  return code.make<arith::AndIOp>(
      words, code.integer(type, static_cast<int32_t>(everyByte)));
}

Value BlockPanels::nibbles(Value words, bool high) {
  return masked(words, high ? 4 : 0, 15);
}

Value BlockPanels::pairs(Value words, int64_t shift) {
  return masked(words, shift, 3);
}

/// Bits 4 * number to 4 * number + 3 of each lane, as bit 4 of its four bytes.
Value BlockPanels::fifthBits(Value bits, int64_t number) {
  Type type = bits.getType();
  if (number)
    bits = code.make<arith::ShRUIOp>(bits, code.integer(type, 4 * number));
  bits = code.make<arith::AndIOp>(bits, code.integer(type, 15));
  // Bit i moves to bit 8 * i + 4, and the copies beside it are masked.
  bits = code.make<arith::MulIOp>(bits, code.integer(type, 0x02040810));
  return code.make<arith::AndIOp>(bits, code.integer(type, 0x10101010));
}

Value BlockPanels::lookUp(Value words, ArrayRef<uint8_t> table) {
  return emitByteLookUp(code, words, table);
}

static Value combine(CPUCodeBuilder &code, Value low, Value high,
                     int64_t shift) {
  high = code.make<arith::ShLIOp>(high, code.integer(high.getType(), shift));
  return code.make<arith::OrIOp>(low, high);
}

/// Formats with blocks of 32: quants are the last plane.
void BlockPanels::readSmall(BlockStep &step) {
  size_t quants = planes.size() - 1;
  if (format == BlockFormat::Q8_0) {
    for (int64_t j = 0; j < 8; ++j) {
      Value word = words(quants, j);
      step.words.push_back(code.make<arith::XOrIOp>(
          word, code.integer(word.getType(), int32_t(0x80808080))));
    }
    return;
  }
  for (bool high : {false, true})
    for (int64_t j = 0; j < 4; ++j)
      step.words.push_back(nibbles(words(quants, j), high));
  if (format == BlockFormat::Q5_0 || format == BlockFormat::Q5_1) {
    Value bits = words(1, 0);
    for (int64_t j = 0; j < 8; ++j)
      step.words[j] =
          code.make<arith::OrIOp>(step.words[j], fifthBits(bits, j));
  }
  if (format == BlockFormat::IQ4_NL || format == BlockFormat::MXFP4) {
    // Moved above zero.
    std::array<uint8_t, 16> table;
    llvm::transform(format == BlockFormat::MXFP4 ? mxfp4Levels : iq4nlLevels,
                    table.begin(),
                    [&](int8_t level) { return level + traits.zero; });
    for (Value &word : step.words)
      word = lookUp(word, table);
  }
}

/// High nibbles of Q4_K stay where they are, which saves shifts, and the scale
/// is a sixteenth: sums of such bytes need 32 bits.
bool BlockPanels::isTimes16(int64_t number) const {
  return format == BlockFormat::Q4_K && number % 2 && code.target.hasByteDot;
}

/// Formats with blocks of 256.
void BlockPanels::readLarge(BlockStep &step, int64_t number) {
  for (int64_t j = 0; j < 8; ++j) {
    Value word;
    switch (format) {
    case BlockFormat::Q2_K:
      word = pairs(words(2, number / 4 * 8 + j), number % 4 * 2);
      break;
    case BlockFormat::Q3_K:
      word = combine(code, pairs(words(3, number / 4 * 8 + j), number % 4 * 2),
                     masked(words(2, j), number, 1), 2);
      break;
    case BlockFormat::Q4_K:
      word = words(2, number / 2 * 8 + j);
      word =
          isTimes16(number) ? masked(word, 0, 0xF0) : nibbles(word, number % 2);
      break;
    case BlockFormat::Q5_K:
      word = combine(code, nibbles(words(3, number / 2 * 8 + j), number % 2),
                     masked(words(2, j), number, 1), 4);
      break;
    default:
      assert(format == BlockFormat::Q6_K && "the last of these formats");
      word = combine(code,
                     nibbles(words(3, number / 4 * 16 + number % 2 * 8 + j),
                             number % 4 / 2),
                     pairs(words(2, number / 4 * 8 + j), number % 4 * 2), 4);
    }
    step.words.push_back(word);
  }
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

static Value toFloat(CPUCodeBuilder &code, Value integers) {
  return code.make<arith::SIToFPOp>(
      CPUCodeBuilder::withElement(integers.getType(), code.f32()), integers);
}

void BlockPanels::readScales(BlockStep &step, int64_t number) {
  auto bitsOf = [&](Value value, int64_t shift, int64_t mask) -> Value {
    Type type = value.getType();
    if (shift)
      value = code.make<arith::ShRUIOp>(value, code.integer(type, shift));
    return code.make<arith::AndIOp>(value, code.integer(type, mask));
  };
  auto scaled = [&](Value factor, Value integers) {
    return code.mulf(factor, toFloat(code, integers));
  };
  auto negated = [&](Value value) -> Value {
    return code.make<arith::NegFOp>(value);
  };
  switch (format) {
  case BlockFormat::Q2_K:
    for (int64_t part = 0; part < 2; ++part) {
      Value both = bytes(1, 2 * number + part);
      step.scales.push_back(scaled(halves(0, 0), bitsOf(both, 0, 15)));
      step.minima.push_back(scaled(negated(halves(0, 1)), bitsOf(both, 4, 15)));
    }
    return;
  case BlockFormat::Q3_K:
    for (int64_t part = 0; part < 2; ++part) {
      int64_t i = 2 * number + part;
      Value factor = combine(code, bitsOf(bytes(1, i % 8), i / 8 * 4, 15),
                             bitsOf(bytes(1, 8 + i % 4), i / 4 * 2, 3), 4);
      factor = code.sub(factor, code.integer(factor.getType(), 32));
      step.scales.push_back(scaled(halves(0, 0), factor));
    }
    return;
  case BlockFormat::Q4_K:
  case BlockFormat::Q5_K: {
    Value scale, minimum;
    if (number < 4) {
      scale = bitsOf(bytes(1, number), 0, 63);
      minimum = bitsOf(bytes(1, number + 4), 0, 63);
    } else {
      Value low = bytes(1, number + 4);
      scale = combine(code, bitsOf(low, 0, 15),
                      bitsOf(bytes(1, number - 4), 6, 3), 4);
      minimum =
          combine(code, bitsOf(low, 4, 15), bitsOf(bytes(1, number), 6, 3), 4);
    }
    Value factor = halves(0, 0);
    if (isTimes16(number))
      factor = code.mulf(factor, code.number(factor.getType(), 1.0 / 16));
    step.scales.push_back(scaled(factor, scale));
    step.minima.push_back(scaled(negated(halves(0, 1)), minimum));
    return;
  }
  case BlockFormat::Q6_K:
    for (int64_t part = 0; part < 2; ++part) {
      Value loaded = code.loadLanes(code.builder.getI8Type(),
                                    address(1, 2 * number + part), Value());
      Value factor = code.make<arith::ExtSIOp>(
          CPUCodeBuilder::vectorOf(code.i32()), loaded);
      step.scales.push_back(scaled(halves(0, 0), factor));
    }
    return;
  case BlockFormat::MXFP4: {
    // 2^(e - 128): levels are doubled. The two least are no normal numbers.
    Value exponent = bytes(0, 0);
    Type type = exponent.getType();
    Value normal = code.make<arith::ShLIOp>(
        code.sub(exponent, code.integer(type, 1)), code.integer(type, 23));
    Value tiny =
        code.make<arith::ShLIOp>(code.integer(type, 0x00200000), exponent);
    Value isTiny = code.compare(arith::CmpIPredicate::ult, exponent,
                                code.integer(type, 2));
    step.scales.push_back(
        code.bitcast(code.select(isTiny, tiny, normal), code.f32()));
    return;
  }
  default:
    step.scales.push_back(halves(0, 0));
    if (traits.hasMinima)
      step.minima.push_back(halves(0, 1));
  }
}

} // namespace weft
