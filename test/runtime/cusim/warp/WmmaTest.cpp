//===- WmmaTest.cpp - wmma.load, wmma.mma, wmma.store ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/warp/MatrixModel.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace weft::cusim;
using ptx::MatrixShape;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

/// Registers of fragments: the table of "Matrix Fragments for WMMA".
int registersOf(Type type, unsigned rows, unsigned columns, bool isOperand) {
  if (isOperand && type == Type::F16)
    return 8;
  unsigned bits = rows * columns * ptx::bitsOf(type) / WarpSize;
  return static_cast<int>(bits / (type == Type::F64 ? 64 : 32));
}

class WmmaTest : public ::testing::Test, public WarpMachine {
protected:
  /// Writes a matrix to shared memory with a stride in elements.
  void put(const BitMatrix &matrix, Type type, uint32_t offset, unsigned stride,
           bool isColumns) {
    unsigned width = ptx::bitsOf(type);
    for (unsigned row = 0; row < matrix.rows; ++row)
      for (unsigned column = 0; column < matrix.columns; ++column) {
        unsigned at = isColumns ? column * stride + row : row * stride + column;
        for (unsigned bit = 0; bit < width; ++bit) {
          unsigned place = offset * 8 + at * width + bit;
          uint8_t mask = static_cast<uint8_t>(1u << place % 8);
          shared[place / 8] &= ~mask;
          if (matrix.at(row, column) >> bit & 1)
            shared[place / 8] |= mask;
        }
      }
  }
  BitMatrix get(unsigned rows, unsigned columns, Type type, uint32_t offset,
                unsigned stride, bool isColumns) {
    BitMatrix matrix(rows, columns);
    unsigned bytes = ptx::bitsOf(type) / 8;
    for (unsigned row = 0; row < rows; ++row)
      for (unsigned column = 0; column < columns; ++column)
        std::memcpy(&matrix.at(row, column),
                    &shared[offset + (isColumns ? column * stride + row
                                                : row * stride + column) *
                                         bytes],
                    bytes);
    return matrix;
  }

  Words addressAndStride(uint32_t offset, std::optional<unsigned> stride) {
    Words words(2);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      setAddress(words, 0, lane, sharedAddress(offset));
    if (stride) {
      words.emplace_back();
      words[2].fill(*stride);
    }
    return words;
  }

  Words load(Modifier which, const MatrixShape &shape, Type type, int registers,
             bool isColumns, uint32_t offset, std::optional<unsigned> stride) {
    std::vector<int> operands = {registers, -1};
    if (stride)
      operands.push_back(0);
    return run(makeInstruction(Opcode::WmmaLoad,
                               {which, Modifier::Sync, Modifier::Aligned,
                                isColumns ? Modifier::Col : Modifier::Row,
                                Modifier::Shared},
                               {type}, operands, shape),
               addressAndStride(offset, stride));
  }

  void check(const MatrixShape &shape, const ProductTypes &types, bool aColumns,
             bool bColumns, bool cColumns, bool isDense, Filling filling) {
    auto [m, n, k] = shape;
    BitMatrix a = randomMatrix(types.a, m, k, filling, random);
    BitMatrix b = randomMatrix(types.b, k, n, filling, random);
    BitMatrix c = randomMatrix(types.c, m, n, filling, random);
    constexpr uint32_t AtA = 0, AtB = 16384, AtC = 32768, AtD = 49152;
    unsigned extra = isDense ? 0 : 16;
    auto stride = [&](const BitMatrix &matrix, bool isColumns) {
      return (isColumns ? matrix.rows : matrix.columns) + extra;
    };
    auto given = [&](unsigned value) {
      return isDense ? std::nullopt : std::optional<unsigned>(value);
    };
    put(a, types.a, AtA, stride(a, aColumns), aColumns);
    put(b, types.b, AtB, stride(b, bColumns), bColumns);
    put(c, types.c, AtC, stride(c, cColumns), cColumns);
    int aRegisters = registersOf(types.a, m, k, true);
    int bRegisters = registersOf(types.b, n, k, true);
    int cRegisters = registersOf(types.c, m, n, false);
    int dRegisters = registersOf(types.d, m, n, false);
    Words operands = load(Modifier::A, shape, types.a, aRegisters, aColumns,
                          AtA, given(stride(a, aColumns)));
    Words more = load(Modifier::B, shape, types.b, bRegisters, bColumns, AtB,
                      given(stride(b, bColumns)));
    operands.insert(operands.end(), more.begin(), more.end());
    more = load(Modifier::C, shape, types.c, cRegisters, cColumns, AtC,
                given(stride(c, cColumns)));
    operands.insert(operands.end(), more.begin(), more.end());
    std::vector<Modifier> modifiers = {Modifier::Sync, Modifier::Aligned,
                                       aColumns ? Modifier::Col : Modifier::Row,
                                       bColumns ? Modifier::Col
                                                : Modifier::Row};
    if (types.isSaturating)
      modifiers.push_back(Modifier::Satfinite);
    if (types.a == Type::B1) {
      modifiers.push_back(types.isXor ? Modifier::Xor : Modifier::And);
      modifiers.push_back(Modifier::Popc);
    }
    Words d = run(makeInstruction(
                      Opcode::WmmaMma, modifiers,
                      {types.d, types.a, types.b, types.c},
                      {dRegisters, aRegisters, bRegisters, cRegisters}, shape),
                  operands);
    unsigned dStride = stride(c, cColumns);
    Words storeOperands = addressAndStride(AtD, {});
    storeOperands.insert(storeOperands.end(), d.begin(), d.end());
    std::vector<int> storeForm = {-1, dRegisters};
    if (!isDense) {
      storeForm.push_back(0);
      storeOperands.emplace_back();
      storeOperands.back().fill(dStride);
    }
    run(makeInstruction(Opcode::WmmaStore,
                        {Modifier::D, Modifier::Sync, Modifier::Aligned,
                         cColumns ? Modifier::Col : Modifier::Row,
                         Modifier::Shared},
                        {types.d}, storeForm, shape),
        storeOperands);
    expectSame(types.d, get(m, n, types.d, AtD, dStride, cColumns),
               multiplyModel(types, a, b, c),
               "wmma of " + std::string(textOf(types.a)) + " m" +
                   std::to_string(m));
  }

  /// All orders of the matrices, with and without strides.
  void checkOrders(const MatrixShape &shape, const ProductTypes &types) {
    for (unsigned orders = 0; orders < 16; ++orders)
      for (Filling filling : {Filling::Small, Filling::Finite})
        check(shape, types, orders & 1, orders & 2, orders & 4, orders & 8,
              filling);
  }
};

constexpr MatrixShape Squares[] = {{16, 16, 16}, {32, 8, 16}, {8, 32, 16}};

TEST_F(WmmaTest, MultipliesHalves) {
  for (const MatrixShape &shape : Squares)
    for (Type c : {Type::F16, Type::F32})
      for (Type d : {Type::F16, Type::F32})
        checkOrders(shape, {Type::F16, Type::F16, c, d});
}

TEST_F(WmmaTest, MultipliesWiderFloats) {
  for (const MatrixShape &shape : Squares)
    checkOrders(shape, {Type::BF16, Type::BF16, Type::F32, Type::F32});
  checkOrders({16, 16, 8}, {Type::TF32, Type::TF32, Type::F32, Type::F32});
  checkOrders({8, 8, 4}, {Type::F64, Type::F64, Type::F64, Type::F64});
}

TEST_F(WmmaTest, MultipliesIntegers) {
  for (bool isSaturating : {false, true})
    for (Type type : {Type::S8, Type::U8})
      for (const MatrixShape &shape : Squares)
        checkOrders(shape, {type, type, Type::S32, Type::S32, isSaturating});
  for (Type type : {Type::S4, Type::U4})
    for (bool isDense : {false, true})
      check({8, 8, 32}, {type, type, Type::S32, Type::S32}, false, true, false,
            isDense, Filling::Any);
  for (bool isXor : {false, true})
    check({8, 8, 128}, {Type::B1, Type::B1, Type::S32, Type::S32, false, isXor},
          false, true, false, true, Filling::Any);
}

TEST_F(WmmaTest, SaturatesInfinities) {
  for (Type type : {Type::F16, Type::F32}) {
    std::vector<Modifier> modifiers = {Modifier::Sync, Modifier::Aligned,
                                       Modifier::Row, Modifier::Col,
                                       Modifier::Satfinite};
    int registers = type == Type::F16 ? 4 : 8;
    uint32_t infinity = type == Type::F16 ? 0xfc00fc00 : 0xff800000;
    uint32_t largest = type == Type::F16 ? 0xfbfffbff : 0xff7fffff;
    Words operands(16 + registers);
    for (int i = 0; i < registers; ++i)
      operands[16 + i].fill(infinity);
    Words d = run(makeInstruction(Opcode::WmmaMma, modifiers,
                                  {type, Type::F16, Type::F16, type},
                                  {registers, 8, 8, registers},
                                  MatrixShape{16, 16, 16}),
                  operands);
    EXPECT_EQ(d[0][0], largest);
    EXPECT_EQ(d[registers - 1][31], largest);
  }
}

TEST_F(WmmaTest, TakesTheTypesOfHalvesAsRead) {
  auto instruction = makeInstruction(
      Opcode::WmmaMma,
      {Modifier::Sync, Modifier::Aligned, Modifier::Row, Modifier::Col},
      {Type::F32, Type::F32}, {8, 8, 8, 8}, MatrixShape{16, 16, 16});
  EXPECT_EQ(errorOf(instruction), "");
}

TEST_F(WmmaTest, RefusesWhatDoesNotExist) {
  auto multiply = [](MatrixShape shape, Type type) {
    return makeInstruction(
        Opcode::WmmaMma,
        {Modifier::Sync, Modifier::Aligned, Modifier::Row, Modifier::Col},
        {Type::F32, type, type, Type::F32}, {8, 8, 8, 8}, shape);
  };
  EXPECT_EQ(errorOf(multiply({16, 16, 4}, Type::F16)),
            "wmma.mma: does not multiply .f16 by .f16 in .m16n16k4 into .f32");
  EXPECT_EQ(errorOf(multiply({16, 16, 16}, Type::S8)),
            "wmma.mma: does not multiply .s8 by .s8 in .m16n16k16 into .f32");
  EXPECT_EQ(errorOf(makeInstruction(
                Opcode::WmmaLoad,
                {Modifier::A, Modifier::Sync, Modifier::Aligned, Modifier::Col},
                {Type::S4}, {1, -1}, MatrixShape{8, 8, 32})),
            "wmma.load: takes elements below a byte with .a.row and .b.col "
            "only");
}

} // namespace
