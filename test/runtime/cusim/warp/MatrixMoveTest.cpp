//===- MatrixMoveTest.cpp - ldmatrix, stmatrix, movmatrix -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/warp/MachineStandIn.h"
#include "test/runtime/cusim/warp/WarpMachine.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace weft::cusim;
using ptx::MatrixShape;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

constexpr MatrixShape Eight{8, 8, 0};

class MatrixMoveTest : public ::testing::Test, public WarpMachine {
protected:
  MatrixMoveTest() {
    for (uint8_t &byte : shared)
      byte = static_cast<uint8_t>(random());
    // Rows in no order, 16 bytes each.
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      rows[lane] = (lane * 37 % 128) * 16;
  }

  static ptx::Instruction move(Opcode opcode, int count, bool isTransposed) {
    Modifier number = count == 1   ? Modifier::X1
                      : count == 2 ? Modifier::X2
                                   : Modifier::X4;
    std::vector<Modifier> modifiers = {Modifier::Sync, Modifier::Aligned,
                                       number, Modifier::Shared};
    if (isTransposed)
      modifiers.push_back(Modifier::Trans);
    bool isLoad = opcode == Opcode::Ldmatrix;
    return makeInstruction(
        opcode, modifiers, {Type::B16},
        isLoad ? std::vector{count, -1} : std::vector{-1, count}, Eight);
  }
  uint16_t element(unsigned matrix, unsigned row, unsigned column) {
    uint16_t value;
    std::memcpy(&value, &shared[rows[matrix * 8 + row] + column * 2], 2);
    return value;
  }
  Words addresses() {
    Words words(2);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      setAddress(words, 0, lane, sharedAddress(rows[lane]));
    return words;
  }

  uint32_t rows[WarpSize];
};

TEST_F(MatrixMoveTest, Loads) {
  for (int count : {1, 2, 4})
    for (bool isTransposed : {false, true}) {
      Words results =
          run(move(Opcode::Ldmatrix, count, isTransposed), addresses());
      for (int i = 0; i < count; ++i)
        for (unsigned lane = 0; lane < WarpSize; ++lane)
          for (unsigned half = 0; half < 2; ++half) {
            unsigned row = lane / 4, column = lane % 4 * 2 + half;
            EXPECT_EQ(static_cast<uint16_t>(results[i][lane] >> 16 * half),
                      isTransposed ? element(i, column, row)
                                   : element(i, row, column));
          }
    }
}

TEST_F(MatrixMoveTest, Stores) {
  for (int count : {1, 2, 4})
    for (bool isTransposed : {false, true}) {
      Words operands = addresses();
      operands.resize(2 + count);
      for (int i = 0; i < count; ++i)
        for (uint32_t &word : operands[2 + i])
          word = random();
      run(move(Opcode::Stmatrix, count, isTransposed), operands);
      for (int i = 0; i < count; ++i)
        for (unsigned lane = 0; lane < WarpSize; ++lane)
          for (unsigned half = 0; half < 2; ++half) {
            unsigned row = lane / 4, column = lane % 4 * 2 + half;
            EXPECT_EQ(
                isTransposed ? element(i, column, row)
                             : element(i, row, column),
                static_cast<uint16_t>(operands[2 + i][lane] >> 16 * half));
          }
    }
}

TEST_F(MatrixMoveTest, TransposesARegister) {
  Words operands(1);
  for (uint32_t &word : operands[0])
    word = random();
  Words results =
      run(makeInstruction(Opcode::Movmatrix,
                          {Modifier::Sync, Modifier::Aligned, Modifier::Trans},
                          {Type::B16}, {0, 0}, Eight),
          operands);
  auto at = [](const Words &words, unsigned row, unsigned column) {
    return static_cast<uint16_t>(words[0][row * 4 + column / 2] >>
                                 column % 2 * 16);
  };
  for (unsigned row = 0; row < 8; ++row)
    for (unsigned column = 0; column < 8; ++column)
      EXPECT_EQ(at(results, row, column), at(operands, column, row));
}

TEST_F(MatrixMoveTest, LeavesOtherAddressesToTheMachine) {
  alignas(16) uint8_t row[32] = {};
  Words operands = addresses();
  // Outside of shared memory, and misaligned.
  setAddress(operands, 0, 3, reinterpret_cast<uint64_t>(row));
  setAddress(operands, 0, 5, reinterpret_cast<uint64_t>(row) + 8);
  run(move(Opcode::Ldmatrix, 1, false), operands);
  ASSERT_EQ(standIn().resolved.size(), 2u);
  EXPECT_EQ(standIn().resolved[0].lane, 3u);
  EXPECT_EQ(standIn().resolved[0].bytes, 16u);
  EXPECT_EQ(standIn().resolved[0].alignment, 16u);
  EXPECT_EQ(standIn().resolved[1].lane, 5u);
}

TEST_F(MatrixMoveTest, CountsRowsOfTheLanesThatHaveAddresses) {
  run(move(Opcode::Ldmatrix, 2, false), addresses());
  EXPECT_TRUE(standIn().counted.empty());
  standIn().isCounting = true;
  run(move(Opcode::Ldmatrix, 2, false), addresses());
  run(move(Opcode::Ldmatrix, 4, true), addresses(), 0xfffffff0);
  ASSERT_EQ(standIn().counted.size(), 2u);
  EXPECT_EQ(standIn().counted[0].lanes, 0xffffu);
  EXPECT_EQ(standIn().counted[0].bytes, 16u);
  EXPECT_EQ(standIn().counted[1].lanes, 0xfffffff0u);
  EXPECT_EQ(standIn().counted[1].firstAddress, sharedAddress(rows[4]));
}

TEST_F(MatrixMoveTest, RefusesOtherShapes) {
  auto wide = move(Opcode::Ldmatrix, 1, false);
  wide.shape = MatrixShape{16, 16, 0};
  wide.types = {Type::B8};
  EXPECT_EQ(errorOf(wide),
            "ldmatrix: only matrices of .m8n8 and .b16 are supported");
  auto global = move(Opcode::Ldmatrix, 1, false);
  global.modifiers.back() = Modifier::Global;
  EXPECT_EQ(errorOf(global), "ldmatrix: moves matrices of shared memory only");
}

} // namespace
