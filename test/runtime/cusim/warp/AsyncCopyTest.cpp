//===- AsyncCopyTest.cpp - cp.async, cp.async.bulk, st.async --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/Mbarrier.h"
#include "test/runtime/cusim/warp/MachineStandIn.h"
#include "test/runtime/cusim/warp/WarpMachine.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace weft::cusim;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Operand;
using ptx::Type;

namespace {

constexpr uint32_t Barrier = 32768;

class AsyncCopyTest : public ::testing::Test, public WarpMachine {
protected:
  AsyncCopyTest() : source(4096) {
    for (uint8_t &byte : source)
      byte = static_cast<uint8_t>(random());
    std::fill(shared.begin(), shared.end(), 0xee);
  }

  ptx::Instruction copyOf(unsigned bytes, bool hasExtra = false) {
    auto instruction = makeInstruction(
        Opcode::CpAsync,
        {bytes == 16 ? Modifier::Cg : Modifier::Ca, Modifier::Shared,
         Modifier::Global},
        {}, hasExtra ? std::vector{-1, -1, 0, 0} : std::vector{-1, -1, 0});
    instruction.operands[2] = constantOperand(bytes);
    return instruction;
  }
  /// Lane i copies to `stride` * i from the source's `stride` * i.
  Words addresses(unsigned stride) {
    Words words(4);
    for (unsigned lane = 0; lane < WarpSize; ++lane) {
      setAddress(words, 0, lane, sharedAddress(stride * lane));
      setAddress(words, 2, lane, sourceAddress(stride * lane));
    }
    return words;
  }
  uint64_t sourceAddress(unsigned offset) {
    return reinterpret_cast<uint64_t>(source.data() + offset);
  }
  void runPlain(Opcode opcode, std::optional<uint64_t> constant = {},
                uint32_t lanes = ~0u) {
    auto instruction = makeInstruction(opcode, {}, {}, {});
    if (constant)
      instruction.operands.push_back(constantOperand(*constant));
    run(instruction, {}, lanes);
  }
  MbarrierState barrierAt(const uint8_t *memory) {
    uint64_t bits;
    std::memcpy(&bits, memory, sizeof(bits));
    return MbarrierState::unpack(bits);
  }
  void initBarrier(uint8_t *memory, uint32_t count, int32_t bytes) {
    uint64_t bits = MbarrierState{count, count, bytes, 0}.pack();
    std::memcpy(memory, &bits, sizeof(bits));
  }

  alignas(16) std::vector<uint8_t> source;
};

TEST_F(AsyncCopyTest, CopiesWhenItsGroupIsWaitedFor) {
  for (unsigned bytes : {4u, 8u, 16u}) {
    std::fill(shared.begin(), shared.end(), 0xee);
    run(copyOf(bytes), addresses(bytes));
    runPlain(Opcode::CpAsyncCommitGroup);
    Words second = addresses(bytes);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      setAddress(second, 0, lane, sharedAddress(1024 + bytes * lane));
    run(copyOf(bytes), second);
    runPlain(Opcode::CpAsyncCommitGroup);
    EXPECT_EQ(shared[0], 0xee);
    runPlain(Opcode::CpAsyncWaitGroup, 1);
    EXPECT_EQ(std::memcmp(shared.data(), source.data(), bytes * WarpSize), 0);
    EXPECT_EQ(shared[1024], 0xee);
    runPlain(Opcode::CpAsyncWaitGroup, 0);
    EXPECT_EQ(std::memcmp(&shared[1024], source.data(), bytes * WarpSize), 0);
  }
}

TEST_F(AsyncCopyTest, WaitsForOpenGroupsToo) {
  run(copyOf(16), addresses(16), 0x0f);
  runPlain(Opcode::CpAsyncWaitGroup, 0);
  EXPECT_EQ(shared[0], 0xee);
  runPlain(Opcode::CpAsyncWaitAll);
  EXPECT_EQ(std::memcmp(shared.data(), source.data(), 64), 0);
  // Lane 4 has not copied.
  EXPECT_EQ(shared[64], 0xee);
}

TEST_F(AsyncCopyTest, CompletesEverythingWhereLanesPart) {
  // Lanes that commit or wait by themselves must find their copies done, in
  // whatever groups the others have theirs.
  strand.live = 0xff;
  run(copyOf(16), addresses(16), 0xff);
  runPlain(Opcode::CpAsyncCommitGroup, {}, 0x0f);
  runPlain(Opcode::CpAsyncWaitGroup, 0, 0x0f);
  EXPECT_EQ(std::memcmp(shared.data(), source.data(), 64), 0);
  Words second = addresses(16);
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    setAddress(second, 0, lane, sharedAddress(1024 + 16 * lane));
  run(copyOf(16), second, 0xff);
  runPlain(Opcode::CpAsyncCommitGroup, {}, 0xff);
  EXPECT_EQ(shared[1024], 0xee);
  runPlain(Opcode::CpAsyncWaitGroup, 1, 0xf0);
  EXPECT_EQ(std::memcmp(&shared[1024], source.data(), 128), 0);
}

TEST_F(AsyncCopyTest, WaitsLaneByLaneAtWidthOne) {
  strand.width = 1;
  strand.lane = 3;
  strand.live = 1;
  run(copyOf(16), addresses(16), 1 << 3);
  runPlain(Opcode::CpAsyncCommitGroup, {}, 1 << 3);
  run(copyOf(4), addresses(1024), 1 << 3);
  runPlain(Opcode::CpAsyncWaitGroup, 0, 1 << 3);
  EXPECT_EQ(std::memcmp(&shared[48], &source[48], 16), 0);
  EXPECT_EQ(shared[3072], 0xee);
  runPlain(Opcode::CpAsyncWaitAll, {}, 1 << 3);
  EXPECT_EQ(std::memcmp(&shared[3072], &source[3072], 4), 0);
}

TEST_F(AsyncCopyTest, JoinsCopiesThatFollowEachOther) {
  run(copyOf(16), addresses(16));
  EXPECT_EQ(standIn().queues[0][0].size(), 1u);
  // Rows of shared memory with gaps: one run for each lane, six an entry.
  Words apart = addresses(16);
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    setAddress(apart, 0, lane, sharedAddress(1024 + 32 * lane));
  run(copyOf(16), apart);
  EXPECT_EQ(standIn().queues[0][0].size(), 7u);
  runPlain(Opcode::CpAsyncWaitAll);
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    EXPECT_EQ(std::memcmp(&shared[1024 + 32 * lane], &source[16 * lane], 16),
              0);
}

TEST_F(AsyncCopyTest, FillsWithZeros) {
  Words operands = addresses(16);
  operands.emplace_back();
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    operands[4][lane] = lane % 20;
  // Nothing is read where nothing is wanted: this address is nowhere.
  setAddress(operands, 2, 0, 0);
  run(copyOf(16, true), operands);
  runPlain(Opcode::CpAsyncWaitAll);
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    for (unsigned byte = 0; byte < 16; ++byte)
      EXPECT_EQ(shared[lane * 16 + byte],
                byte < lane % 20 ? source[lane * 16 + byte] : 0);
}

TEST_F(AsyncCopyTest, IgnoresTheSourceWhereAPredicateSaysSo) {
  ptx::Function function;
  function.registers.resize(2);
  function.registers[1].type = Type::Pred;
  auto instruction = copyOf(16, true);
  instruction.operands[3].index = 1;
  auto form = collectiveForm(instruction, &function);
  ASSERT_TRUE(form.isOk());
  Words operands = addresses(16);
  operands.emplace_back();
  for (unsigned lane = 0; lane < WarpSize; ++lane)
    operands[4][lane] = lane & 1;
  form->function(
      {&strand, ~0u, 0, form->immediate, operands[0].data(), nullptr});
  runPlain(Opcode::CpAsyncWaitAll);
  for (unsigned at = 0; at < 512; ++at)
    EXPECT_EQ(shared[at], at / 16 & 1 ? 0 : source[at]);
}

TEST_F(AsyncCopyTest, ArrivesAfterTheCopies) {
  for (bool countsAlready : {false, true}) {
    initBarrier(&shared[Barrier], 32, 0);
    run(copyOf(16), addresses(16));
    Words operands(2);
    for (unsigned lane = 0; lane < WarpSize; ++lane)
      setAddress(operands, 0, lane, sharedAddress(Barrier));
    std::vector<Modifier> modifiers = {Modifier::Shared};
    if (countsAlready)
      modifiers.push_back(Modifier::NoInc);
    run(makeInstruction(Opcode::CpAsyncMbarrierArrive, modifiers, {Type::B64},
                        {-1}),
        operands);
    EXPECT_EQ(barrierAt(&shared[Barrier]).phase, 0);
    runPlain(Opcode::CpAsyncWaitAll);
    // Without .noinc the arrivals replace none of the 32 that init asked for.
    EXPECT_EQ(barrierAt(&shared[Barrier]).phase, countsAlready ? 1 : 0);
    EXPECT_EQ(barrierAt(&shared[Barrier]).pending, 32u);
  }
}

TEST_F(AsyncCopyTest, BulkCopiesCompleteBytes) {
  initBarrier(&shared[Barrier], 1, 512);
  Words operands(7);
  setAddress(operands, 0, 0, sharedAddress(256));
  setAddress(operands, 2, 0, sourceAddress(16));
  operands[4][0] = 512;
  setAddress(operands, 5, 0, sharedAddress(Barrier));
  run(makeInstruction(
          Opcode::CpAsyncBulk,
          {Modifier::SharedCluster, Modifier::Global, Modifier::CompleteTx}, {},
          {-1, -1, 0, -1}),
      operands, 1);
  EXPECT_EQ(shared[256], 0xee);
  standIn().performBlockOperations(&strand);
  EXPECT_EQ(std::memcmp(&shared[256], &source[16], 512), 0);
  EXPECT_EQ(shared[768], 0xee);
  EXPECT_EQ(barrierAt(&shared[Barrier]).bytes, 0);
  EXPECT_EQ(barrierAt(&shared[Barrier]).pending, 1u);
}

TEST_F(AsyncCopyTest, MulticastReachesTheBlocksOfTheMask) {
  std::vector<uint8_t> other(shared.size(), 0xdd), third = other;
  standIn().blocks = {shared.data(), other.data(), third.data()};
  for (uint8_t *memory : {shared.data(), other.data(), third.data()})
    initBarrier(memory + Barrier, 1, 64);
  Words operands(8);
  setAddress(operands, 0, 0, sharedAddress(256));
  setAddress(operands, 2, 0, sourceAddress(0));
  operands[4][0] = 64;
  setAddress(operands, 5, 0, sharedAddress(Barrier));
  operands[7][0] = 0x5;
  run(makeInstruction(Opcode::CpAsyncBulk,
                      {Modifier::SharedCluster, Modifier::Global,
                       Modifier::CompleteTx, Modifier::MulticastCluster},
                      {}, {-1, -1, 0, -1, 0}),
      operands, 1);
  standIn().performBlockOperations(&strand);
  EXPECT_EQ(std::memcmp(&shared[256], source.data(), 64), 0);
  EXPECT_EQ(other[256], 0xdd);
  EXPECT_EQ(std::memcmp(&third[256], source.data(), 64), 0);
  EXPECT_EQ(barrierAt(&shared[Barrier]).bytes, 0);
  EXPECT_EQ(barrierAt(&other[Barrier]).bytes, 64);
  EXPECT_EQ(barrierAt(&third[Barrier]).bytes, 0);
}

TEST_F(AsyncCopyTest, BulkGroupsWriteGlobalMemory) {
  for (uint32_t at = 0; at < 64; ++at)
    shared[at] = static_cast<uint8_t>(at + 1);
  std::vector<uint8_t> before = source;
  Words operands(5);
  setAddress(operands, 0, 0, sourceAddress(32));
  setAddress(operands, 2, 0, sharedAddress(0));
  operands[4][0] = 64;
  run(makeInstruction(
          Opcode::CpAsyncBulk,
          {Modifier::Global, Modifier::SharedCta, Modifier::BulkGroup}, {},
          {-1, -1, 0}),
      operands, 1);
  runPlain(Opcode::CpAsyncBulkCommitGroup, {}, 1);
  EXPECT_EQ(source, before);
  runPlain(Opcode::CpAsyncBulkWaitGroup, 0, 1);
  EXPECT_EQ(std::memcmp(&source[32], shared.data(), 64), 0);
  EXPECT_EQ(source[96], before[96]);

  // cp.reduce adds to what is there.
  uint32_t sum, one;
  std::memcpy(&one, &source[32], 4);
  run(makeInstruction(Opcode::CpReduceAsyncBulk,
                      {Modifier::Global, Modifier::SharedCta,
                       Modifier::BulkGroup, Modifier::Add},
                      {Type::U32}, {-1, -1, 0}),
      operands, 1);
  runPlain(Opcode::CpAsyncBulkCommitGroup, {}, 1);
  runPlain(Opcode::CpAsyncBulkWaitGroup, 0, 1);
  std::memcpy(&sum, &source[32], 4);
  EXPECT_EQ(sum, 2 * one);
}

TEST_F(AsyncCopyTest, StoresAsynchronously) {
  initBarrier(&shared[Barrier], 1, 24);
  Words operands(8);
  setAddress(operands, 0, 0, sharedAddress(128));
  for (unsigned word = 0; word < 4; ++word)
    operands[2 + word][0] = 0x01010101 * (word + 1);
  setAddress(operands, 6, 0, sharedAddress(Barrier));
  run(makeInstruction(
          Opcode::StAsync,
          {Modifier::SharedCluster, Modifier::CompleteTx, Modifier::V4},
          {Type::B32}, {-1, 4, -1}),
      operands, 1);
  Words reduction(6);
  setAddress(reduction, 0, 0, sharedAddress(136));
  reduction[2][0] = 5;
  setAddress(reduction, 3, 0, sharedAddress(Barrier));
  reduction.pop_back();
  run(makeInstruction(Opcode::RedAsync,
                      {Modifier::Relaxed, Modifier::Cluster,
                       Modifier::SharedCluster, Modifier::CompleteTx,
                       Modifier::Add},
                      {Type::U32}, {-1, 0, -1}),
      reduction, 1);
  EXPECT_EQ(shared[128], 0xee);
  // The atomic's stand-in finds blocks by rank, as remote addresses have one.
  standIn().blocks = {shared.data()};
  standIn().blockOperations[0].perform(&strand,
                                       standIn().blockOperations[0].payload);
  uint32_t stored[4];
  std::memcpy(stored, &shared[128], sizeof(stored));
  EXPECT_EQ(stored[3], 0x04040404u);
  EXPECT_EQ(barrierAt(&shared[Barrier]).bytes, 8);
}

TEST_F(AsyncCopyTest, FaultsOnOddSizes) {
  Words operands(5);
  setAddress(operands, 0, 0, sourceAddress(0));
  setAddress(operands, 2, 0, sharedAddress(0));
  operands[4][0] = 24;
  EXPECT_EQ(faultOf([&] {
              run(makeInstruction(Opcode::CpAsyncBulk,
                                  {Modifier::Global, Modifier::SharedCta,
                                   Modifier::BulkGroup},
                                  {}, {-1, -1, 0}),
                  operands, 1);
            }),
            "a bulk copy of 24 bytes, which must be a multiple of 16");
}

} // namespace
