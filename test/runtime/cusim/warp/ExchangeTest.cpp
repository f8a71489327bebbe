//===- ExchangeTest.cpp - shfl, vote, match, redux, elect -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/warp/WarpMachine.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace weft::cusim;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

const uint32_t MemberMasks[] = {0xffffffff, 0x0000ffff, 0x80000001, 0x5a5a5a5a,
                                0x00000010};

class ExchangeTest : public ::testing::Test, public WarpMachine {
protected:
  std::array<uint32_t, WarpSize> randomLanes() {
    std::array<uint32_t, WarpSize> lanes;
    for (uint32_t &lane : lanes)
      lane = random();
    return lanes;
  }
};

/// The pseudocode of the manual's "shfl.sync", word by word.
struct ManualShuffle {
  bool pval;
  int j;
};
ManualShuffle manualShuffle(Modifier mode, int lane, uint32_t b, uint32_t c) {
  int bval = b & 31, cval = c & 31, mask = (c >> 8) & 31;
  int maxLane = (lane & mask) | (cval & ~mask);
  int minLane = lane & mask;
  int j = 0;
  bool pval = false;
  if (mode == Modifier::Up) {
    j = lane - bval;
    pval = j >= maxLane;
  } else if (mode == Modifier::Down) {
    j = lane + bval;
    pval = j <= maxLane;
  } else if (mode == Modifier::Bfly) {
    j = lane ^ bval;
    pval = j <= maxLane;
  } else {
    j = minLane | (bval & ~mask);
    pval = j <= maxLane;
  }
  return {pval, pval ? j : lane};
}

TEST_F(ExchangeTest, ShufflesAsTheManualSays) {
  for (Modifier mode :
       {Modifier::Up, Modifier::Down, Modifier::Bfly, Modifier::Idx})
    for (unsigned log = 0; log <= 5; ++log)
      for (uint32_t b = 0; b < 40; ++b)
        for (uint32_t lanes : MemberMasks) {
          // The encodings of __shfl_sync's width.
          unsigned width = 1u << log;
          uint32_t c = (32 - width) << 8 | (mode == Modifier::Up ? 0 : 31);
          Words operands(3);
          operands[0] = randomLanes();
          operands[1].fill(b);
          operands[2].fill(c);
          auto instruction =
              makeInstruction(Opcode::Shfl, {Modifier::Sync, mode}, {Type::B32},
                              {0, 0, 0, 0, 0, 0});
          Words results = run(instruction, operands, lanes);
          for (unsigned lane = 0; lane < WarpSize; ++lane) {
            if (!(lanes >> lane & 1))
              continue;
            ManualShuffle manual = manualShuffle(mode, lane, b, c);
            EXPECT_EQ(results[1][lane], manual.pval);
            bool isDefined = lanes >> manual.j & 1;
            EXPECT_EQ(results[0][lane],
                      operands[0][isDefined ? manual.j : lane])
                << "lane " << lane << " b " << b << " c " << c;
          }
        }
}

TEST_F(ExchangeTest, ShufflesByEachLanesOwnOperands) {
  Words operands(3);
  for (auto &word : operands)
    word = randomLanes();
  auto instruction =
      makeInstruction(Opcode::Shfl, {Modifier::Sync, Modifier::Idx},
                      {Type::B32}, {0, 0, 0, 0, 0});
  Words results = run(instruction, operands);
  ASSERT_EQ(results.size(), 1u);
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    EXPECT_EQ(results[0][lane],
              operands[0][manualShuffle(Modifier::Idx, lane, operands[1][lane],
                                        operands[2][lane])
                              .j]);
}

TEST_F(ExchangeTest, Votes) {
  for (uint32_t lanes : MemberMasks)
    for (uint32_t ballot :
         {0u, ~0u, 0x10u, 0x80000000u, 0x5a5a5a5au, 0xffffu}) {
      Words operands(1);
      for (unsigned lane = 0; lane < WarpSize; ++lane)
        operands[0][lane] = ballot >> lane & 1;
      auto vote = [&](Modifier mode, Type type) {
        Words results =
            run(makeInstruction(Opcode::Vote, {Modifier::Sync, mode}, {type},
                                {0, 0, 0}),
                operands, lanes);
        return results[0][std::countr_zero(lanes)];
      };
      uint32_t yes = ballot & lanes;
      EXPECT_EQ(vote(Modifier::All, Type::Pred), yes == lanes);
      EXPECT_EQ(vote(Modifier::Any, Type::Pred), yes != 0);
      EXPECT_EQ(vote(Modifier::Uni, Type::Pred), yes == 0 || yes == lanes);
      EXPECT_EQ(vote(Modifier::Ballot, Type::B32), yes);
    }
}

TEST_F(ExchangeTest, Matches) {
  for (bool isWide : {false, true})
    for (uint32_t lanes : MemberMasks)
      for (unsigned kinds : {1u, 2u, 5u, 32u}) {
        Words operands(isWide ? 2 : 1);
        for (unsigned lane = 0; lane < WarpSize; ++lane) {
          // Wide values differ in the upper word only.
          operands.back()[lane] = random() % kinds;
          if (isWide)
            operands[0][lane] = 77;
        }
        auto valueOf = [&](unsigned lane) { return operands.back()[lane]; };
        Type type = isWide ? Type::B64 : Type::B32;
        Words any =
            run(makeInstruction(Opcode::Match, {Modifier::Any, Modifier::Sync},
                                {type}, {0, 0, 0}),
                operands, lanes);
        Words all =
            run(makeInstruction(Opcode::Match, {Modifier::All, Modifier::Sync},
                                {type}, {0, 0, 0, 0}),
                operands, lanes);
        bool isSame = true;
        for (unsigned lane = 0; lane < WarpSize; ++lane) {
          uint32_t same = 0;
          for (unsigned other = 0; other < WarpSize; ++other)
            if ((lanes >> other & 1) && valueOf(other) == valueOf(lane))
              same |= 1u << other;
          if (!(lanes >> lane & 1))
            continue;
          EXPECT_EQ(any[0][lane], same);
          isSame &= same == lanes;
        }
        unsigned first = std::countr_zero(lanes);
        EXPECT_EQ(all[0][first], isSame ? lanes : 0);
        EXPECT_EQ(all[1][first], isSame);
      }
}

TEST_F(ExchangeTest, Reduces) {
  for (uint32_t lanes : MemberMasks) {
    Words operands(1);
    operands[0] = randomLanes();
    uint32_t sum = 0, low = ~0u, high = 0, both = ~0u, either = 0, odd = 0;
    int32_t least = INT32_MAX, most = INT32_MIN;
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      if (!(lanes >> lane & 1))
        continue;
      uint32_t value = operands[0][lane];
      sum += value;
      low = std::min(low, value);
      high = std::max(high, value);
      least = std::min<int32_t>(least, value);
      most = std::max<int32_t>(most, value);
      both &= value;
      either |= value;
      odd ^= value;
    }
    auto redux = [&](Modifier operation, Type type) {
      return run(makeInstruction(Opcode::Redux, {Modifier::Sync, operation},
                                 {type}, {0, 0, 0}),
                 operands, lanes)[0][std::countr_zero(lanes)];
    };
    EXPECT_EQ(redux(Modifier::Add, Type::U32), sum);
    EXPECT_EQ(redux(Modifier::Add, Type::S32), sum);
    EXPECT_EQ(redux(Modifier::Min, Type::U32), low);
    EXPECT_EQ(redux(Modifier::Max, Type::U32), high);
    EXPECT_EQ(static_cast<int32_t>(redux(Modifier::Min, Type::S32)), least);
    EXPECT_EQ(static_cast<int32_t>(redux(Modifier::Max, Type::S32)), most);
    EXPECT_EQ(redux(Modifier::And, Type::B32), both);
    EXPECT_EQ(redux(Modifier::Or, Type::B32), either);
    EXPECT_EQ(redux(Modifier::Xor, Type::B32), odd);
  }
}

TEST_F(ExchangeTest, ReducesFloats) {
  auto redux = [&](std::vector<Modifier> modifiers, std::vector<float> values) {
    Words operands(1);
    for (unsigned lane = 0; lane < values.size(); ++lane)
      operands[0][lane] = std::bit_cast<uint32_t>(values[lane]);
    modifiers.insert(modifiers.begin(), Modifier::Sync);
    return run(
        makeInstruction(Opcode::Redux, modifiers, {Type::F32}, {0, 0, 0}),
        operands, (1u << values.size()) - 1)[0][0];
  };
  constexpr float NaN = std::numeric_limits<float>::quiet_NaN();
  auto bits = [](float value) { return std::bit_cast<uint32_t>(value); };
  EXPECT_EQ(redux({Modifier::Min}, {3, -5, 2}), bits(-5));
  EXPECT_EQ(redux({Modifier::Max}, {3, -5, 2}), bits(3));
  EXPECT_EQ(redux({Modifier::Max, Modifier::Abs}, {3, -5, 2}), bits(5));
  EXPECT_EQ(redux({Modifier::Min}, {0.0f, -0.0f}), bits(-0.0f));
  EXPECT_EQ(redux({Modifier::Max}, {-0.0f, 0.0f}), bits(0.0f));
  EXPECT_EQ(redux({Modifier::Min}, {NaN, 4, 6}), bits(4));
  EXPECT_EQ(redux({Modifier::Min}, {-NaN, NaN}), 0x7fffffffu);
  EXPECT_EQ(redux({Modifier::Max, Modifier::NaN}, {1, NaN, 2}), 0x7fffffffu);
}

TEST_F(ExchangeTest, ElectsTheLowestLane) {
  for (uint32_t lanes : MemberMasks) {
    Words results =
        run(makeInstruction(Opcode::Elect, {Modifier::Sync}, {}, {0, 0, 0}), {},
            lanes);
    unsigned leader = std::countr_zero(lanes);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      if (lanes >> lane & 1) {
        EXPECT_EQ(results[0][lane], leader);
        EXPECT_EQ(results[1][lane], lane == leader);
      }
  }
}

TEST_F(ExchangeTest, RefusesFormsThatDoNotExist) {
  EXPECT_EQ(errorOf(makeInstruction(Opcode::Shfl, {Modifier::Up}, {Type::B32},
                                    {0, 0, 0, 0})),
            "shfl: the form without .sync does not exist from sm_70 on; use "
            ".sync with a membermask");
  EXPECT_EQ(
      errorOf(makeInstruction(Opcode::Redux, {Modifier::Sync, Modifier::Add},
                              {Type::F32}, {0, 0, 0})),
      "redux: has no form with .f32 for this operation");
  EXPECT_EQ(
      errorOf(makeInstruction(Opcode::Vote, {Modifier::Sync, Modifier::Ballot},
                              {Type::Pred}, {0, 0, 0})),
      "vote: results in .b32, not .pred");
  EXPECT_EQ(
      errorOf(makeInstruction(Opcode::Vote, {Modifier::Sync, Modifier::All},
                              {Type::Pred}, {0, 0})),
      "vote: has 2 operands, one or more are missing");
  EXPECT_EQ(errorOf(makeInstruction(Opcode::Add, {}, {Type::F32}, {0, 0, 0})),
            "add: is not an operation of a warp");
}

} // namespace
