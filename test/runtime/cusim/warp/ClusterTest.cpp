//===- ClusterTest.cpp - mapa, getctarank, what has no effect -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/warp/WarpMachine.h"

#include <gtest/gtest.h>

using namespace weft::cusim;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

class ClusterTest : public ::testing::Test, public WarpMachine {
protected:
  ClusterTest() {
    for (unsigned i = 0; i < 3; ++i)
      strand.clusterNctaid[i] = 2;
    strand.clusterCtaid[0] = 1;
    strand.clusterCtaid[2] = 1;
  }
};

TEST_F(ClusterTest, MapsAddressesToRanks) {
  Words operands(3);
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    setAddress(operands, 0, lane, sharedAddress(16 * lane));
    operands[2][lane] = lane % 8;
  }
  Words narrow = run(makeInstruction(Opcode::Mapa, {Modifier::SharedCluster},
                                     {Type::U32}, {0, -1, 0}),
                     operands);
  Words generic =
      run(makeInstruction(Opcode::Mapa, {}, {Type::U64}, {0, -1, 0}), operands);
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    uint32_t expected = (lane % 8 + 1) << SharedRankShift | 16 * lane;
    EXPECT_EQ(narrow[0][lane], expected);
    EXPECT_EQ(generic[0][lane], expected);
    EXPECT_EQ(generic[1][lane], SharedTag << (TagShift - 32));
  }

  Words addresses(2);
  for (unsigned lane = 0; lane < WarpSize; ++lane) {
    addresses[0][lane] = generic[0][lane];
    addresses[1][lane] = generic[1][lane];
  }
  // An address without a rank is the block's own: x 1, y 0, z 1 of 2 x 2 x 2.
  setAddress(addresses, 0, 31, sharedAddress(4));
  Words ranks = run(
      makeInstruction(Opcode::Getctarank, {}, {Type::U64}, {0, -1}), addresses);
  for (unsigned lane = 0; lane < 31; ++lane)
    EXPECT_EQ(ranks[0][lane], lane % 8);
  EXPECT_EQ(ranks[0][31], 5u);
}

TEST_F(ClusterTest, KnowsWhatHasNoEffect) {
  auto registers = makeInstruction(
      Opcode::Setmaxnreg, {Modifier::Inc, Modifier::Sync, Modifier::Aligned},
      {Type::U32}, {});
  registers.operands.push_back(constantOperand(240));
  auto form = collectiveForm(registers);
  ASSERT_TRUE(form.isOk());
  EXPECT_TRUE(form->meetsLanes && form->isAligned);
  EXPECT_EQ(form->operandWords, 0u);
  auto dependents = collectiveForm(makeInstruction(
      Opcode::Griddepcontrol, {Modifier::LaunchDependents}, {}, {}));
  ASSERT_TRUE(dependents.isOk());
  EXPECT_FALSE(dependents->meetsLanes);
}

} // namespace
