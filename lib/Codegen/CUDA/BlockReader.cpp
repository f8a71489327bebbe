//===- BlockReader.cpp - Quantized rows, 16 side by side ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/BlockReader.h"

#include "dialects/LLM/IR/LLM.h"
#include "runtime/base/BlockLevels.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace weft::cuda {

static constexpr int64_t nibble = 0x0f0f0f0f;
/// Of a line of a large block, in each row.
static constexpr int64_t stepBytes = 32;

bool BlockReader::knows(Type type) {
  auto block = dyn_cast<BlockType>(type);
  return block && block.getRows() == panelRows;
}

BlockReader::BlockReader(CUDACodeBuilder &code, BlockFormat format, Value base,
                         int64_t depth, int64_t rows)
    : code(code), format(format), info(infoOf(format)),
      planes(planesOf(format)), base(base), blocks(depth / info.elements),
      rows(rows) {}

void BlockReader::moveTo(Value panel, Number32 first) {
  panelBase = code.address(
      base, code.builder.getI8Type(),
      code.mul(panel, code.constant(panelRows * blocks * int64_t(info.bytes))));
  row = first;
}

//===----------------------------------------------------------------------===//
// Planes
//===----------------------------------------------------------------------===//

Type BlockReader::typeOf(Type element) const {
  return rows == 1 ? element : Type(CodeBuilder::vectorOf(element, rows));
}

/// Units of a plane lie [block][unit][16 rows].
Value BlockReader::load(Type element, size_t plane, Number32 block,
                        Number32 unit) {
  int64_t start = 0;
  for (const BlockPlane &before : planes.take_front(plane))
    start += panelRows * blocks * before.bytes;
  const BlockPlane &part = planes[plane];
  Number32 offset = block * (panelRows * part.bytes) +
                    unit * (panelRows * part.unit) + *row * part.unit + start;
  Value address =
      code.address(panelBase, code.builder.getI8Type(), Value(offset));
  return code.make<LLVM::LoadOp>(typeOf(element), address, rows * part.unit);
}

Value BlockReader::words(size_t plane, Number32 block, Number32 number) {
  return load(code.i32(), plane, block, number);
}

Value BlockReader::bytes(size_t plane, Number32 block, Number32 number,
                         bool isSigned) {
  Value loaded = load(code.builder.getI8Type(), plane, block, number);
  Type type = typeOf(code.i32());
  return isSigned ? Value(code.make<arith::ExtSIOp>(type, loaded))
                  : Value(code.make<arith::ExtUIOp>(type, loaded));
}

Value BlockReader::halves(size_t plane, Number32 block, int64_t number) {
  Value loaded =
      load(code.builder.getI16Type(), plane, block, Number32(code, number));
  Value half = code.bitcast(loaded, code.builder.getF16Type());
  return code.make<arith::ExtFOp>(typeOf(code.f32()), half);
}

Value BlockReader::shifted(Value words, Number32 shift) {
  Value amount = shift;
  return code.binary<arith::ShRUIOp>(words, amount);
}

Value BlockReader::masked(Value words, int64_t mask) {
  return code.make<arith::AndIOp>(words, code.integer(words.getType(), mask));
}

Value BlockReader::combined(Value low, Value high, int64_t shift) {
  high = code.make<arith::ShLIOp>(high, code.integer(high.getType(), shift));
  return code.make<arith::OrIOp>(low, high);
}

//===----------------------------------------------------------------------===//
// Quants
//===----------------------------------------------------------------------===//

int64_t BlockReader::zero() const {
  switch (format) {
  case BlockFormat::Q4_0:
    return 8;
  case BlockFormat::Q5_0:
    return 16;
  case BlockFormat::Q8_0:
  case BlockFormat::IQ4_NL:
  case BlockFormat::MXFP4:
    return 128;
  case BlockFormat::Q6_K:
    return 32;
  case BlockFormat::Q3_K:
    return 4;
  default:
    return 0;
  }
}

int64_t BlockReader::lineWords() const {
  return groups() == 1 && format != BlockFormat::Q8_0 ? 4 : 8;
}

int64_t BlockReader::lines() const {
  return groups() == 1 ? 1 : planes.back().bytes / stepBytes;
}

Value BlockReader::levelsOf(Value nibbles) {
  const BlockLevels &levels =
      format == BlockFormat::MXFP4 ? mxfp4Levels : iq4nlLevels;
  auto four = [&](int64_t first) {
    uint32_t word = 0;
    for (int64_t i = 0; i < 4; ++i)
      word |= uint32_t(levels[first + i] + 128) << (8 * i);
    return Number32(code, int32_t(word));
  };
  // Picks bytes of two words, which are those 0 to 7, by nibbles.
  auto pick = [&](Value low, Value high, Value places) {
    return Number32(code, code.make<LLVM::CallIntrinsicOp>(
                                  code.i32(),
                                  code.builder.getStringAttr("llvm.nvvm.prmt"),
                                  ValueRange{low, high, places})
                              ->getResult(0));
  };
  auto look = [&](Value each) -> Value {
    // Four nibbles side by side: those of two bytes do not overlap.
    Number32 apart(code, each), none(code, int64_t(0));
    Number32 places = pick(apart + (apart >> 4), none, Number32(code, 0x4420));
    Number32 inHalf = places & 0x7777;
    Value lower = pick(four(0), four(4), inHalf);
    Value upper = pick(four(8), four(12), inHalf);
    return pick(lower, upper, ((places & 0x8888) >> 1) | 0x3210);
  };
  if (rows == 1)
    return look(nibbles);
  SmallVector<Value, 4> results;
  for (int64_t i = 0; i < rows; ++i)
    results.push_back(
        look(code.make<vector::ExtractOp>(nibbles, ArrayRef<int64_t>{i})));
  return code.make<vector::FromElementsOp>(cast<VectorType>(nibbles.getType()),
                                           results);
}

Value BlockReader::pairs(Number32 block, Number32 group, Number32 four) {
  Value loaded = words(planes.size() - 1, block, (group / 4) * 8 + four);
  return masked(shifted(loaded, (group & 3) * 2), 0x03030303);
}

BlockQuants BlockReader::withThirdBits(Number32 block, BlockQuants quants) {
  if (format != BlockFormat::Q3_K)
    return quants;
  // A byte has those of one element in each group.
  Value bits = shifted(words(2, block, quants.four), quants.group);
  quants.words = combined(quants.words, masked(bits, 0x01010101), 2);
  return quants;
}

/// With the fifth bits of q5_0, q5_1 and q5_k.
BlockQuants BlockReader::withFifthBits(Number32 block, BlockQuants quants) {
  if (format == BlockFormat::Q5_K) {
    // A byte has those of one element in each group.
    Value bits = shifted(words(2, block, quants.four), quants.group);
    quants.words = combined(quants.words, masked(bits, 0x01010101), 4);
  } else if (format == BlockFormat::Q5_0 || format == BlockFormat::Q5_1) {
    Value bits = words(1, block, Number32(code, int64_t(0)));
    bits = masked(shifted(bits, quants.four * 4), 15);
    // Bit i moves to bit 8 * i + 4, and the copies beside it are masked.
    bits = code.make<arith::MulIOp>(bits,
                                    code.integer(bits.getType(), 0x02040810));
    quants.words =
        code.make<arith::OrIOp>(quants.words, masked(bits, 0x10101010));
  }
  return quants;
}

SmallVector<BlockQuants, 4> BlockReader::readLine(Number32 block, Number32 line,
                                                  Number32 word) {
  Number32 none(code, int64_t(0));
  size_t last = planes.size() - 1;
  Value loaded = words(last, block, line * 8 + word);
  auto nibbles = [&](int64_t shift) {
    return masked(shifted(loaded, Number32(code, shift)), nibble);
  };
  switch (format) {
  case BlockFormat::Q8_0:
    // Moved above zero.
    return {{code.make<arith::XOrIOp>(
                 loaded, code.integer(loaded.getType(), int32_t(0x80808080))),
             none, word}};
  case BlockFormat::Q4_K:
  case BlockFormat::Q5_K:
    return {withFifthBits(block, {nibbles(0), line * 2, word}),
            withFifthBits(block, {nibbles(4), line * 2 + 1, word})};
  case BlockFormat::Q6_K: {
    // Two lines hold 128 elements; two bits of each are in another word.
    Number32 half = line / 2, odd = line & 1;
    Number32 group = half * 4 + odd;
    Value high = shifted(words(2, block, half * 8 + word), odd * 2);
    auto pairs = [&](int64_t shift) {
      return masked(shifted(high, Number32(code, shift)), 0x03030303);
    };
    return {{combined(nibbles(0), pairs(0), 4), group, word},
            {combined(nibbles(4), pairs(4), 4), group + 2, word}};
  }
  case BlockFormat::Q2_K:
  case BlockFormat::Q3_K: {
    SmallVector<BlockQuants, 4> quants;
    for (int64_t i = 0; i < 4; ++i)
      quants.push_back(withThirdBits(
          block, {masked(shifted(loaded, Number32(code, 2 * i)), 0x03030303),
                  line * 4 + i, word}));
    return quants;
  }
  case BlockFormat::IQ4_NL:
  case BlockFormat::MXFP4:
    return {{levelsOf(nibbles(0)), none, word},
            {levelsOf(nibbles(4)), none, word + 4}};
  default:
    return {withFifthBits(block, {nibbles(0), none, word}),
            withFifthBits(block, {nibbles(4), none, word + 4})};
  }
}

BlockQuants BlockReader::read(Number32 block, Number32 group, Number32 four) {
  size_t last = planes.size() - 1;
  auto nibbles = [&](Number32 word, Number32 shift) {
    return masked(shifted(words(last, block, word), shift), nibble);
  };
  switch (format) {
  case BlockFormat::Q8_0: {
    Value loaded = words(last, block, four);
    return {code.make<arith::XOrIOp>(
                loaded, code.integer(loaded.getType(), int32_t(0x80808080))),
            group, four};
  }
  case BlockFormat::Q4_K:
  case BlockFormat::Q5_K:
    return withFifthBits(
        block, {nibbles((group / 2) * 8 + four, (group & 1) * 4), group, four});
  case BlockFormat::Q6_K: {
    Number32 inHalf = group & 3, half = group / 4;
    Value low = nibbles(half * 16 + (group & 1) * 8 + four, (inHalf / 2) * 4);
    Value high = masked(shifted(words(2, block, half * 8 + four), inHalf * 2),
                        0x03030303);
    return {combined(low, high, 4), group, four};
  }
  case BlockFormat::Q2_K:
  case BlockFormat::Q3_K:
    return withThirdBits(block, {pairs(block, group, four), group, four});
  case BlockFormat::IQ4_NL:
  case BlockFormat::MXFP4:
    return {levelsOf(nibbles(four & 3, (four / 4) * 4)), group, four};
  default:
    return withFifthBits(block,
                         {nibbles(four & 3, (four / 4) * 4), group, four});
  }
}

std::pair<Value, Value> BlockReader::toHalves(Value word) {
  Type pair = CodeBuilder::vectorOf(code.builder.getF16Type(), 2);
  // 0x6400 is 1024, whose last bit is 1: a byte in its place is added to it.
  auto ofBytes = [&](Number32 bytes) -> Value {
    Value halves =
        code.make<LLVM::BitcastOp>(pair, (bytes & 0x00ff00ff) | 0x64006400);
    return code.make<arith::SubFOp>(halves, code.number(pair, 1024 + zero()));
  };
  Number32 bytes(code, word);
  return {ofBytes(bytes), ofBytes(bytes >> 8)};
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

Value BlockReader::scaled(Value factor, Value integers) {
  return code.mulf(factor,
                   code.make<arith::SIToFPOp>(typeOf(code.f32()), integers));
}

Value BlockReader::sixBits(Number32 block, Number32 group, bool minimum) {
  Number32 inFour = group & 3;
  Value first =
      bytes(1, block, minimum ? inFour + 4 : inFour, /*isSigned=*/false);
  Value last = bytes(1, block, inFour + 8, /*isSigned=*/false);
  if (minimum)
    last = shifted(last, Number32(code, 4));
  Value late = combined(masked(last, 15), shifted(first, Number32(code, 6)), 4);
  Value isEarly =
      code.compare(arith::CmpIPredicate::ult, group, Number32(code, 4));
  return code.make<arith::SelectOp>(isEarly, masked(first, 63), late);
}

Value BlockReader::scaleOfQ3(Number32 block, Number32 part) {
  Value low = bytes(1, block, part & 7, /*isSigned=*/false);
  Value high = bytes(1, block, (part & 3) + 8, /*isSigned=*/false);
  low = masked(shifted(low, (part / 8) * 4), 15);
  high = masked(shifted(high, (part / 4) * 2), 3);
  Value six = combined(low, high, 4);
  return code.make<arith::SubIOp>(six, code.integer(six.getType(), 32));
}

Value BlockReader::scalesOfQ2(Number32 block, const BlockQuants &quants) {
  return bytes(1, block, quants.group * 2 + quants.four / 4,
               /*isSigned=*/false);
}

/// 2^(e - 128) of a byte: levels are doubled. The two least are no normal
/// numbers.
Value BlockReader::powerOfTwo(Value exponent) {
  Type type = exponent.getType();
  auto number = [&](int64_t value) { return code.integer(type, value); };
  Value normal = code.make<arith::ShLIOp>(
      code.make<arith::SubIOp>(exponent, number(1)).getResult(), number(23));
  Value tiny =
      code.make<arith::ShLIOp>(number(0x00200000), masked(exponent, 1));
  Value isTiny = code.compare(arith::CmpIPredicate::ult, exponent, number(2));
  return code.bitcast(code.make<arith::SelectOp>(isTiny, tiny, normal),
                      code.f32());
}

Value BlockReader::scale(Number32 block, const BlockQuants &quants) {
  if (format == BlockFormat::MXFP4)
    return powerOfTwo(bytes(0, block, Number32(code, int64_t(0)),
                            /*isSigned=*/false));
  Value factor = halves(0, block, 0);
  switch (format) {
  case BlockFormat::Q2_K:
    return scaled(factor, masked(scalesOfQ2(block, quants), 15));
  case BlockFormat::Q3_K:
    return scaled(factor, scaleOfQ3(block, quants.group * 2 + quants.four / 4));
  case BlockFormat::Q4_K:
  case BlockFormat::Q5_K:
    return scaled(factor, sixBits(block, quants.group, false));
  case BlockFormat::Q6_K:
    return scaled(factor, bytes(1, block, quants.group * 2 + quants.four / 4,
                                /*isSigned=*/true));
  default:
    return factor;
  }
}

Value BlockReader::minimum(Number32 block, const BlockQuants &quants) {
  Value integers;
  switch (format) {
  case BlockFormat::Q4_1:
  case BlockFormat::Q5_1:
    return halves(0, block, 1);
  case BlockFormat::Q2_K:
    integers = shifted(scalesOfQ2(block, quants), Number32(code, 4));
    break;
  case BlockFormat::Q4_K:
  case BlockFormat::Q5_K:
    integers = sixBits(block, quants.group, true);
    break;
  default:
    return {};
  }
  return code.make<arith::NegFOp>(scaled(halves(0, block, 1), integers));
}

} // namespace weft::cuda
