//===- MbarrierTest.cpp - mbarrier.* --------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/Mbarrier.h"
#include "test/runtime/cusim/warp/MachineStandIn.h"
#include "test/runtime/cusim/warp/WarpMachine.h"

#include <gtest/gtest.h>

using namespace weft::cusim;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

constexpr uint32_t At = 64;

class MbarrierTest : public ::testing::Test, public WarpMachine {
protected:
  Words operands(std::vector<uint32_t> values = {}) {
    Words words(2 + values.size());
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      setAddress(words, 0, lane, sharedAddress(At));
    for (size_t i = 0; i < values.size(); ++i)
      words[2 + i].fill(values[i]);
    return words;
  }
  void init(uint32_t count) {
    run(makeInstruction(Opcode::MbarrierInit, {Modifier::SharedCta},
                        {Type::B64}, {-1, 0}),
        operands({count}), 1);
  }
  /// Each lane of `lanes` arrives; the state that the lowest got.
  uint64_t arrive(uint32_t lanes, std::vector<Modifier> modifiers = {},
                  std::vector<uint32_t> count = {},
                  Opcode opcode = Opcode::MbarrierArrive) {
    modifiers.push_back(Modifier::SharedCta);
    std::vector<int> form = {0, -1};
    if (!count.empty())
      form.push_back(0);
    Words results = run(makeInstruction(opcode, modifiers, {Type::B64}, form),
                        operands(count), lanes);
    unsigned lane = std::countr_zero(lanes);
    return results[0][lane] | uint64_t(results[1][lane]) << 32;
  }
  bool test(uint64_t state) {
    return run(makeInstruction(Opcode::MbarrierTestWait, {Modifier::SharedCta},
                               {Type::B64}, {0, -1, 0}),
               operands({uint32_t(state), uint32_t(state >> 32)}), 1)[0][0];
  }
  bool testParity(uint32_t parity, Opcode opcode = Opcode::MbarrierTryWait) {
    return run(makeInstruction(opcode, {Modifier::Parity, Modifier::SharedCta},
                               {Type::B64}, {0, -1, 0}),
               operands({parity}), 1)[0][0];
  }
  void bytes(Opcode opcode, uint32_t count) {
    run(makeInstruction(opcode, {Modifier::SharedCta}, {Type::B64}, {-1, 0}),
        operands({count}), 1);
  }
  uint32_t pendingCount(uint64_t state) {
    Words words(2);
    words[0].fill(uint32_t(state));
    words[1].fill(uint32_t(state >> 32));
    return run(
        makeInstruction(Opcode::MbarrierPendingCount, {}, {Type::B64}, {0, 0}),
        words, 1)[0][0];
  }
};

TEST_F(MbarrierTest, CompletesAPhaseWhenAllArrived) {
  init(5);
  uint64_t first = arrive(0x7);
  EXPECT_EQ(pendingCount(first), 5u);
  EXPECT_FALSE(test(first));
  // The phase before the first one counts as complete: its parity is 1.
  EXPECT_TRUE(testParity(1));
  EXPECT_FALSE(testParity(0));
  uint64_t last = arrive(0x1, {}, {2});
  EXPECT_EQ(pendingCount(last), 2u);
  EXPECT_TRUE(test(first));
  EXPECT_TRUE(test(last));
  EXPECT_TRUE(testParity(0));
  EXPECT_FALSE(testParity(1));
  EXPECT_EQ(standIn().woken.size(), 1u);
  // The next phase expects as many again.
  EXPECT_EQ(pendingCount(arrive(0x1f)), 5u);
  EXPECT_TRUE(testParity(1));
}

TEST_F(MbarrierTest, WaitsForBytesToo) {
  init(1);
  uint64_t state = arrive(1, {Modifier::ExpectTx}, {4096});
  EXPECT_FALSE(test(state));
  bytes(Opcode::MbarrierCompleteTx, 4000);
  EXPECT_FALSE(test(state));
  bytes(Opcode::MbarrierExpectTx, 8);
  bytes(Opcode::MbarrierCompleteTx, 104);
  EXPECT_TRUE(test(state));
  // Bytes may complete before they are expected.
  bytes(Opcode::MbarrierCompleteTx, 16);
  state = arrive(1, {Modifier::ExpectTx}, {16});
  EXPECT_TRUE(test(state));
}

TEST_F(MbarrierTest, DropsExpectedArrivals) {
  init(3);
  arrive(1, {}, {}, Opcode::MbarrierArriveDrop);
  arrive(0x3);
  EXPECT_TRUE(testParity(0));
  EXPECT_EQ(pendingCount(arrive(0x3)), 2u);
  EXPECT_TRUE(testParity(1));
}

TEST_F(MbarrierTest, LetsOthersRunBeforeItSaysNo) {
  init(1);
  EXPECT_FALSE(testParity(0, Opcode::MbarrierTestWait));
  EXPECT_FALSE(testParity(0, Opcode::MbarrierTryWait));
  EXPECT_EQ(standIn().waits, 2u);
  arrive(1);
  EXPECT_TRUE(testParity(0, Opcode::MbarrierTryWait));
  EXPECT_EQ(standIn().waits, 2u);
}

TEST_F(MbarrierTest, TakesOtherOperands) {
  // A remote arrival has no state; try_wait may have a time limit.
  auto remote = makeInstruction(
      Opcode::MbarrierArrive,
      {Modifier::Release, Modifier::Cluster, Modifier::SharedCluster},
      {Type::B64}, {0, -1});
  remote.operands[0].kind = ptx::Operand::Kind::Sink;
  init(1);
  EXPECT_TRUE(run(remote, operands(), 1).empty());
  EXPECT_TRUE(testParity(0));
  auto limited = makeInstruction(Opcode::MbarrierTryWait,
                                 {Modifier::Parity, Modifier::SharedCta},
                                 {Type::B64}, {0, -1, 0, 0});
  EXPECT_EQ(run(limited, operands({0}), 1)[0][0], 1u);
}

TEST_F(MbarrierTest, FaultsOnMisuse) {
  EXPECT_EQ(faultOf([&] { arrive(1); }), "the mbarrier is not initialised");
  EXPECT_EQ(faultOf([&] { init(0); }),
            "mbarrier.init with a count of 0, which may be 1 to 1048575");
  init(2);
  EXPECT_EQ(faultOf([&] { arrive(1, {}, {3}); }),
            "an arrival of 3, but the mbarrier's phase waits for 2");
  EXPECT_EQ(faultOf([&] { arrive(1, {Modifier::NoComplete}, {2}); }),
            "mbarrier.arrive.noComplete completes the phase");
  EXPECT_EQ(faultOf([&] { bytes(Opcode::MbarrierExpectTx, 1 << 20); }),
            "the mbarrier's tx-count would be 1048576, and may be 1048575 at "
            "most");
  run(makeInstruction(Opcode::MbarrierInval, {Modifier::SharedCta}, {Type::B64},
                      {-1}),
      operands(), 1);
  EXPECT_EQ(faultOf([&] { testParity(0); }), "the mbarrier is not initialised");
}

} // namespace
