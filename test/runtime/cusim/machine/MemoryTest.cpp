//===- MemoryTest.cpp - Allocations and bad addresses ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::cusim::testing {
namespace {

using ::testing::HasSubstr;

/// The first lane of thread p2 loads (p1 = 0) or stores p3 bytes at p0.
void accessKernel(Strand *strand) {
  for (unsigned lane = 0; lane < strand->width; ++lane) {
    if (threadIndex(strand, lane) != parameter(strand, 2))
      continue;
    uint64_t addresses[WarpSize];
    uint64_t values[WarpSize * 2] = {};
    addresses[lane] = parameter(strand, 0);
    auto bytes = static_cast<uint32_t>(parameter(strand, 3));
    if (parameter(strand, 1))
      cusim_scatter(strand, 1u << lane, addresses, values, bytes, 1, 1, 4);
    else
      cusim_gather(strand, 1u << lane, addresses, values, bytes, 1, 0, 3);
  }
}

class AccessTest : public ::testing::TestWithParam<unsigned> {
protected:
  Simulator make() const {
    Options options = ofWidth(GetParam());
    options.sharedBytes = 48;
    options.localBytes = 16;
    return Simulator(accessKernel, options);
  }

  std::string textOfAccess(Simulator &simulator, uint64_t address, bool isWrite,
                           uint64_t thread, uint64_t bytes) {
    LaunchReport report =
        simulator.launch(2, 64, {address, isWrite, thread, bytes});
    EXPECT_EQ(report.isFaulted, !report.findings.empty());
    return textOf(report);
  }
};

TEST_P(AccessTest, NamesTheNearestAllocation) {
  Simulator simulator = make();
  uint64_t memory = simulator.upload(std::vector<uint32_t>(100));
  EXPECT_EQ(textOfAccess(simulator, memory + 396, true, 7, 4), "");
  std::string text = textOfAccess(simulator, memory + 404, true, 7, 4);
  EXPECT_THAT(text, HasSubstr("Invalid __global__ write of size 4 bytes\n"
                              "    at kernel (line 5: site4)\n"
                              "    by thread (7,0,0) in block (0,0,0)\n"
                              "    Address 0x5600"));
  EXPECT_THAT(text, HasSubstr("is out of bounds and is 4 bytes after the "
                              "nearest allocation at 0x5600"));
  EXPECT_THAT(text, HasSubstr("of size 400 bytes"));
  EXPECT_THAT(textOfAccess(simulator, memory - 8, false, 40, 8),
              HasSubstr("8 bytes before the nearest allocation"));
  // Begins inside, ends outside.
  EXPECT_THAT(textOfAccess(simulator, memory + 392, false, 0, 16),
              HasSubstr("misaligned: expected a multiple of 16"));
  uint64_t odd = simulator.upload(std::vector<uint8_t>(20));
  EXPECT_THAT(textOfAccess(simulator, odd + 16, false, 0, 8),
              HasSubstr("16 bytes inside the nearest allocation"));
}

TEST_P(AccessTest, RefusesMisalignedAddresses) {
  Simulator simulator = make();
  uint64_t memory = simulator.upload(std::vector<uint32_t>(100));
  LaunchReport report = simulator.launch(1, 32, {memory + 2, 0, 5, 4});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, Report::Kind::MisalignedAddress);
  EXPECT_THAT(textOf(report), HasSubstr("Invalid __global__ read of size 4"));
  EXPECT_THAT(textOf(report), HasSubstr("expected a multiple of 4"));
}

TEST_P(AccessTest, KnowsEverySpace) {
  Simulator simulator = make();
  EXPECT_EQ(textOfAccess(simulator, sharedAddress(44), true, 3, 4), "");
  EXPECT_THAT(textOfAccess(simulator, sharedAddress(48), true, 3, 4),
              HasSubstr("Invalid __shared__ write of size 4"));
  EXPECT_THAT(textOfAccess(simulator, sharedAddress(48), true, 3, 4),
              HasSubstr("the block has 48 bytes of shared memory, and the "
                        "access begins at offset 48"));
  EXPECT_THAT(
      textOfAccess(simulator, sharedAddress(2u << SharedRankShift), true, 3, 4),
      HasSubstr("of block 1 of a cluster of 1"));
  uint64_t local = LocalTag << TagShift;
  EXPECT_EQ(textOfAccess(simulator, local + 8, true, 50, 8), "");
  EXPECT_THAT(textOfAccess(simulator, local + 16, false, 50, 8),
              HasSubstr("the thread has 16 bytes of local memory"));
  uint64_t parameters = ParamTag << TagShift;
  EXPECT_EQ(textOfAccess(simulator, parameters + 56, false, 50, 8), "");
  EXPECT_THAT(textOfAccess(simulator, parameters + 64, false, 50, 8),
              HasSubstr("the kernel has 64 bytes of parameters"));
  EXPECT_THAT(textOfAccess(simulator, parameters, true, 50, 8),
              HasSubstr("which cannot be written"));
  EXPECT_THAT(textOfAccess(simulator, 16, false, 50, 8),
              HasSubstr("is a null pointer"));
}

TEST_P(AccessTest, ReachesHostMemoryThatItMay) {
  Simulator simulator = make();
  alignas(8) uint64_t ordinary[4] = {};
  auto address = reinterpret_cast<uint64_t>(ordinary);
  EXPECT_THAT(textOfAccess(simulator, address, true, 0, 8),
              HasSubstr("neither pinned nor registered"));
  ASSERT_TRUE(simulator.addresses.registerHost(ordinary, sizeof(ordinary)));
  EXPECT_EQ(textOfAccess(simulator, address + 24, true, 0, 8), "");
  // What the site saw before counts no more.
  ASSERT_TRUE(simulator.addresses.unregisterHost(ordinary));
  EXPECT_THAT(textOfAccess(simulator, address + 24, true, 0, 8),
              HasSubstr("is an address of the host"));
  void *pinned = *simulator.addresses.allocateHost(64);
  EXPECT_EQ(
      textOfAccess(simulator, reinterpret_cast<uint64_t>(pinned), true, 0, 8),
      "");
  // A host pointer to device memory, and a pointer that lost its tag.
  uint64_t memory = simulator.upload(std::vector<uint32_t>(16));
  EXPECT_NE(textOfAccess(simulator, memory & HostAddressMask, true, 0, 8), "");
}

TEST_P(AccessTest, FindsUseAfterFree) {
  Simulator simulator = make();
  uint64_t memory = simulator.upload(std::vector<uint32_t>(100));
  EXPECT_EQ(textOfAccess(simulator, memory, false, 0, 4), "");
  ASSERT_TRUE(simulator.addresses.free(memory));
  EXPECT_THAT(textOfAccess(simulator, memory, false, 0, 4),
              HasSubstr("is out of bounds"));
}

TEST_P(AccessTest, WantsPeerAccessEnabled) {
  Simulator simulator = make();
  uint64_t memory = *simulator.addresses.allocate(1, 64);
  EXPECT_THAT(textOfAccess(simulator, memory, false, 0, 4),
              HasSubstr("is memory of device 1, but access of device 0"));
  ASSERT_TRUE(simulator.addresses.setPeerAccess(0, 1, true));
  EXPECT_EQ(textOfAccess(simulator, memory, false, 0, 4), "");
  ASSERT_TRUE(simulator.addresses.setPeerAccess(0, 1, false));
  EXPECT_NE(textOfAccess(simulator, memory, false, 0, 4), "");
}

/// Lanes 3 and 9 load words of shared memory; then sums over all lanes of what
/// they had and have go out.
template <typename Word> void loadTwoLanes(Strand *strand) {
  uint64_t addresses[WarpSize] = {};
  Word values[WarpSize];
  for (Word &value : values)
    value = 7;
  addresses[3] = addresses[9] = sharedAddress(8);
  storeWord(strand, sharedAddress(8), 100);
  storeWord(strand, sharedAddress(12), 0);
  cusim_gather(strand, 1u << 3 | 1u << 9, addresses, values, sizeof(Word), 1,
               static_cast<uint32_t>(AccessKind::Load), 5);
  uint32_t sum = 0;
  for (Word value : values)
    sum += static_cast<uint32_t>(value);
  storeWord(strand, parameter(strand, 0), sum);
}

TEST(GatherTest, LeavesOtherLanesAlone) {
  for (KernelFunction kernel :
       {loadTwoLanes<uint32_t>, loadTwoLanes<uint64_t>}) {
    Options options;
    options.sharedBytes = 48;
    options.compile.width = 32;
    Simulator simulator(kernel, options);
    uint64_t out = simulator.upload(std::vector<uint32_t>(1));
    LaunchReport report = simulator.launch(1, 32, {out});
    EXPECT_FALSE(report.isFaulted) << textOf(report);
    EXPECT_EQ(simulator.download<uint32_t>(out, 1)[0], 30 * 7 + 2 * 100u);
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, AccessTest, ::testing::Values(1, 32));

TEST(AddressSpaceTest, AllocatesAndFrees) {
  AddressSpace addresses(2);
  addresses.setCapacity(1, 1000);
  uint64_t first = *addresses.allocate(1, 900);
  EXPECT_EQ(first >> TagShift, GlobalTag + 1);
  EXPECT_EQ(first % 256, 0u);
  uint32_t word;
  std::memcpy(&word, AddressSpace::hostPointer(first) + 896, 4);
  EXPECT_EQ(word, FreshPattern);
  EXPECT_EQ(addresses.used(1), 900u);
  StatusOr<uint64_t> second = addresses.allocate(1, 200);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.message(), HasSubstr("100 of 1000 bytes left"));
  EXPECT_FALSE(addresses.free(first + 4));
  EXPECT_FALSE(addresses.free(first & HostAddressMask));
  uint64_t before = addresses.generation();
  EXPECT_TRUE(addresses.free(first));
  EXPECT_NE(addresses.generation(), before);
  EXPECT_FALSE(addresses.free(first));
  EXPECT_EQ(addresses.used(1), 0u);
  EXPECT_FALSE(addresses.allocate(0, 0));
  EXPECT_FALSE(addresses.allocateHost(~uint64_t(0)));
}

TEST(AddressSpaceTest, FindsWhatHoldsARange) {
  AddressSpace addresses(1);
  uint64_t memory = *addresses.allocate(0, 100);
  EXPECT_TRUE(addresses.find(memory, 100));
  EXPECT_TRUE(addresses.find(memory + 99, 1));
  EXPECT_FALSE(addresses.find(memory + 99, 2));
  EXPECT_FALSE(addresses.find(memory - 1, 1));
  EXPECT_FALSE(addresses.find(memory + 1, ~uint64_t(0)));
  EXPECT_FALSE(addresses.find(memory & HostAddressMask, 1));
  EXPECT_EQ(addresses.nearest(memory + 5000)->address, memory);
}

TEST(AddressSpaceTest, RegistersHostMemoryOnce) {
  AddressSpace addresses(1);
  std::vector<char> memory(100);
  EXPECT_TRUE(addresses.registerHost(memory.data() + 10, 50));
  EXPECT_FALSE(addresses.registerHost(memory.data() + 20, 5));
  EXPECT_FALSE(addresses.registerHost(memory.data(), 11));
  EXPECT_FALSE(addresses.registerHost(memory.data(), 100));
  EXPECT_TRUE(addresses.registerHost(memory.data(), 10));
  EXPECT_FALSE(addresses.free(reinterpret_cast<uint64_t>(memory.data())));
  EXPECT_TRUE(addresses.unregisterHost(memory.data()));
  EXPECT_FALSE(addresses.unregisterHost(memory.data()));
}

} // namespace
} // namespace weft::cusim::testing
