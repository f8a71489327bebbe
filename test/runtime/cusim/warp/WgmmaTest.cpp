//===- WgmmaTest.cpp - wgmma.mma_async ------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/Wgmma.h"
#include "test/runtime/cusim/warp/MatrixModel.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace weft::cusim;
using ptx::MatrixShape;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

/// D of a warp (PTX ISA, "Register Fragments and Shared Memory Matrix Layouts",
/// wgmma .m64nNk16 D): its 16 rows.
RowColumn accumulator(unsigned lane, unsigned i) {
  return {lane / 4 + 8 * (i / 2 % 2), i / 4 * 8 + lane % 4 * 2 + i % 2};
}
/// A in registers, 16 rows of 32 bytes: `e` elements a register.
Layout aLayout(unsigned e) {
  return [e](unsigned lane, unsigned i) -> RowColumn {
    unsigned which = i / e;
    return {lane / 4 + (which % 2 ? 8 : 0),
            lane % 4 * e + i % e + (which >= 2 ? 4 * e : 0)};
  };
}

/// A matrix in shared memory in one of the canonical layouts of the manual
/// ("Strides", "Canonical layouts"), which `rows` x 32 bytes of k fill.
struct SharedLayout {
  uint32_t start;
  uint32_t leading, stride;
  unsigned swizzle;
  bool isTransposed;

  uint32_t offsetOf(unsigned row, unsigned k, unsigned size) const {
    uint32_t at;
    if (!isTransposed) {
      unsigned byte = k * size;
      at = row / 8 * stride + row % 8 * swizzle;
      at += swizzle == 16 ? byte / 16 * leading + byte % 16 : byte;
    } else {
      // Runs of `swizzle` bytes along the rows, 8 of them along k.
      unsigned run = swizzle / size;
      at = k % 8 * swizzle + row % run * size;
      at += swizzle == 16 ? row / run * stride + k / 8 * leading
                          : row / run * leading + k / 8 * stride;
    }
    at += start;
    // The Swizzle<B, 4, 3> of CUTLASS: B bits from 7 on change those from 4 on.
    unsigned bits = swizzle == 128 ? 3 : swizzle == 64 ? 2 : swizzle == 32;
    return at ^ (at >> 7 & ((1u << bits) - 1)) << 4;
  }
  uint64_t descriptor() const {
    uint64_t mode = swizzle == 128  ? 1
                    : swizzle == 64 ? 2
                    : swizzle == 32 ? 3
                                    : 0;
    return (start >> 4) | uint64_t(leading >> 4) << 16 |
           uint64_t(stride >> 4) << 32 | mode << 62;
  }
};

class WgmmaTest : public ::testing::Test, public WarpMachine {
protected:
  struct Case {
    ProductTypes types;
    unsigned n;
    SharedLayout aPlace, bPlace;
    bool aInRegisters = false;
    int aScale = 1, bScale = 1;
    bool accumulates = true;
  };

  void put(const BitMatrix &matrix, Type type, const SharedLayout &layout,
           bool isB) {
    unsigned width = ptx::bitsOf(type);
    unsigned rows = isB ? matrix.columns : matrix.rows;
    unsigned depth = isB ? matrix.rows : matrix.columns;
    for (unsigned row = 0; row < rows; ++row)
      for (unsigned k = 0; k < depth; ++k) {
        uint64_t bits = isB ? matrix.at(k, row) : matrix.at(row, k);
        if (width == 1) {
          uint8_t &byte = shared[layout.offsetOf(row, k / 8, 1)];
          byte = static_cast<uint8_t>((byte & ~(1u << k % 8)) | bits << k % 8);
          continue;
        }
        std::memcpy(&shared[layout.offsetOf(row, k, width / 8)], &bits,
                    width / 8);
      }
  }

  void check(const Case &test, Filling filling, unsigned warp,
             const std::string &what) {
    const ProductTypes &types = test.types;
    unsigned width = ptx::bitsOf(types.a), depth = 256 / width;
    BitMatrix a = randomMatrix(types.a, 64, depth, filling, random);
    BitMatrix b = randomMatrix(types.b, depth, test.n, filling, random);
    BitMatrix c = randomMatrix(types.c, 16, test.n, filling, random);
    BitMatrix mine(16, depth);
    for (unsigned row = 0; row < 16; ++row)
      for (unsigned k = 0; k < depth; ++k)
        mine.at(row, k) = a.at(warp % 4 * 16 + row, k);
    strand.warp = warp;
    put(b, types.b, test.bPlace, true);
    Words operands;
    appendFragment(operands, c, types.c, accumulator);
    int dRegisters = static_cast<int>(operands.size());
    auto descriptor = [&](uint64_t bits) {
      operands.emplace_back().fill(static_cast<uint32_t>(bits));
      operands.emplace_back().fill(static_cast<uint32_t>(bits >> 32));
    };
    if (test.aInRegisters) {
      appendFragment(operands, mine, types.a, aLayout(32 / width));
    } else {
      put(a, types.a, test.aPlace, false);
      descriptor(test.aPlace.descriptor());
    }
    descriptor(test.bPlace.descriptor());
    operands.emplace_back().fill(test.accumulates);
    std::vector<Modifier> modifiers = {Modifier::Sync, Modifier::Aligned};
    if (types.isSaturating)
      modifiers.push_back(Modifier::Satfinite);
    auto instruction = makeInstruction(
        Opcode::WgmmaMmaAsync, modifiers, {types.d, types.a, types.b},
        {dRegisters, test.aInRegisters ? 4 : 0, 0, 0},
        MatrixShape{64, static_cast<uint16_t>(test.n),
                    static_cast<uint16_t>(depth)});
    if (types.d != Type::S32)
      for (int scale : {test.aScale, test.bScale})
        instruction.operands.push_back(
            constantOperand(static_cast<uint64_t>(int64_t(scale))));
    if (types.a == Type::F16 || types.a == Type::BF16) {
      if (!test.aInRegisters)
        instruction.operands.push_back(
            constantOperand(test.aPlace.isTransposed));
      instruction.operands.push_back(constantOperand(test.bPlace.isTransposed));
    }
    Words results = run(instruction, operands);
    if (!test.accumulates)
      c = BitMatrix(16, test.n);
    if (test.aScale * test.bScale < 0)
      for (uint64_t &bits : mine.bits)
        bits ^= uint64_t(1) << (width - 1);
    expectSame(types.d,
               readFragment(results, 0, 16, test.n, types.d, accumulator),
               multiplyModel(types, mine, b, c), what);
  }

  /// A layout with room between its parts.
  static SharedLayout place(uint32_t start, unsigned swizzle,
                            bool isTransposed) {
    if (swizzle == 16)
      return {start, isTransposed ? 8192u + 128 : 8192u, 160, 16, isTransposed};
    uint32_t atom = swizzle * 8;
    // Transposed: leading steps along the rows, stride along k.
    return isTransposed ? SharedLayout{start, 2 * atom, atom, swizzle, true}
                        : SharedLayout{start, 16, atom + 1024, swizzle, false};
  }
};

constexpr uint32_t AtA = 0, AtB = 20480;

TEST_F(WgmmaTest, MultipliesEveryType) {
  std::vector<ProductTypes> all = {
      {Type::F16, Type::F16, Type::F32, Type::F32},
      {Type::F16, Type::F16, Type::F16, Type::F16},
      {Type::BF16, Type::BF16, Type::F32, Type::F32},
      {Type::TF32, Type::TF32, Type::F32, Type::F32},
      {Type::E4M3, Type::E5M2, Type::F32, Type::F32},
      {Type::E5M2, Type::E4M3, Type::F16, Type::F16},
      {Type::S8, Type::U8, Type::S32, Type::S32},
      {Type::U8, Type::S8, Type::S32, Type::S32, true}};
  for (const ProductTypes &types : all)
    for (unsigned n : {8u, 24u, 64u, 256u})
      for (bool aInRegisters : {false, true})
        for (Filling filling : {Filling::Small, Filling::Finite}) {
          // 256 rows of 32 bytes, without gaps.
          SharedLayout b{AtB, 16, 256, 32, false};
          check({types, n, place(AtA, 64, false), b, aInRegisters}, filling,
                n % 5, std::string(textOf(types.a)) + " n" + std::to_string(n));
        }
}

TEST_F(WgmmaTest, ReadsEveryLayout) {
  ProductTypes half{Type::F16, Type::F16, Type::F32, Type::F32};
  for (unsigned aSwizzle : {16u, 32u, 64u, 128u})
    for (unsigned bSwizzle : {16u, 32u, 64u, 128u})
      for (unsigned orders = 0; orders < 4; ++orders)
        for (unsigned warp = 0; warp < 4; ++warp)
          check({half, 64, place(AtA, aSwizzle, orders & 1),
                 place(AtB, bSwizzle, orders & 2)},
                Filling::Small, warp,
                "swizzles " + std::to_string(aSwizzle) + " and " +
                    std::to_string(bSwizzle) + ", orders " +
                    std::to_string(orders));
}

TEST_F(WgmmaTest, StepsAlongAnAtomOf128Bytes) {
  // 64 columns of f16: the second k16 begins 32 bytes on, in the same atoms.
  ProductTypes half{Type::F16, Type::F16, Type::F32, Type::F32};
  for (uint32_t step : {0u, 32u, 64u, 96u})
    check({half,
           32,
           {AtA + step, 16, 1024, 128, false},
           {AtB + step, 16, 1024, 128, false}},
          Filling::Finite, 1, "step " + std::to_string(step));
}

TEST_F(WgmmaTest, ScalesItsOperands) {
  ProductTypes half{Type::BF16, Type::BF16, Type::F32, Type::F32};
  for (int aScale : {-1, 1})
    for (int bScale : {-1, 1})
      for (bool accumulates : {false, true})
        check({half, 16, place(AtA, 128, false), place(AtB, 128, false), false,
               aScale, bScale, accumulates},
              Filling::Finite, 2, "scales");
}

TEST_F(WgmmaTest, CountsBits) {
  ProductTypes bits{Type::B1, Type::B1, Type::S32, Type::S32};
  check({bits, 32, place(AtA, 32, false), place(AtB, 32, false)}, Filling::Any,
        3, "b1");
}

TEST_F(WgmmaTest, RefusesWhatDoesNotExist) {
  auto instruction = makeInstruction(
      Opcode::WgmmaMmaAsync, {Modifier::Sync, Modifier::Aligned},
      {Type::F32, Type::F16, Type::F16}, {32, 0, 0, 0}, MatrixShape{64, 64, 8});
  EXPECT_EQ(errorOf(instruction),
            "wgmma.mma_async: .m64n64k8 is not supported for .f16");
  instruction.shape = MatrixShape{64, 64, 16};
  for (uint64_t value : {1, 2, 0, 0})
    instruction.operands.push_back(constantOperand(value));
  EXPECT_EQ(errorOf(instruction),
            "wgmma.mma_async: a scale of 2, which must be 1 or -1");
}

} // namespace
