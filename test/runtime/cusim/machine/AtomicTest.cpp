//===- AtomicTest.cpp - atom and red of all types -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace weft::cusim::testing {
namespace {

using ::testing::HasSubstr;

/// Parameters: address, operation, type, first, second, where old values go.
void atomicKernel(Strand *strand) {
  uint64_t addresses[WarpSize], first[WarpSize], second[WarpSize];
  uint64_t old[WarpSize], out[WarpSize];
  for (unsigned lane = 0; lane < strand->width; ++lane) {
    addresses[lane] = parameter(strand, 0);
    first[lane] = parameter(strand, 3);
    second[lane] = parameter(strand, 4);
    out[lane] = parameter(strand, 5) + 8 * globalIndex(strand, lane);
  }
  cusim_atomic(strand, strand->live, addresses,
               static_cast<uint32_t>(parameter(strand, 1)),
               static_cast<uint32_t>(parameter(strand, 2)), first, second, old,
               3);
  if (parameter(strand, 5))
    cusim_scatter(strand, strand->live, out, old, 8, 1, 1, 4);
}

/// What memory holds after one thread did one operation on `old`.
uint64_t once(AtomicOperation operation, ptx::Type type, uint64_t old,
              uint64_t first, uint64_t second = 0) {
  Simulator simulator(atomicKernel, ofWidth(1));
  uint64_t memory = simulator.upload(std::vector<uint64_t>{old});
  uint64_t out = simulator.upload(std::vector<uint64_t>{0});
  LaunchReport report = simulator.launch(
      1, 1, {memory, uint64_t(operation), uint64_t(type), first, second, out});
  EXPECT_FALSE(report.isFaulted) << textOf(report);
  uint64_t mask = ~uint64_t(0) >> (64 - ptx::bitsOf(type));
  EXPECT_EQ(simulator.download<uint64_t>(out, 1)[0], old & mask);
  uint64_t result = simulator.download<uint64_t>(memory, 1)[0];
  EXPECT_EQ(result & ~mask, old & ~mask) << "neighbouring bytes changed";
  return result & mask;
}

uint64_t bits(float value) { return std::bit_cast<uint32_t>(value); }

TEST(AtomicTest, Integers) {
  using enum AtomicOperation;
  using ptx::Type;
  constexpr uint64_t Upper = uint64_t(0xabcdef01) << 32;
  EXPECT_EQ(once(Add, Type::U32, Upper | 0xffffffff, 2), 1u);
  EXPECT_EQ(once(Add, Type::U64, ~uint64_t(0), 2), 1u);
  EXPECT_EQ(once(Min, Type::U32, Upper | 5, 0xffffffff), 5u);
  EXPECT_EQ(once(Min, Type::S32, Upper | 5, 0xffffffff), 0xffffffffu);
  EXPECT_EQ(once(Max, Type::U32, Upper | 5, 0xffffffff), 0xffffffffu);
  EXPECT_EQ(once(Max, Type::S32, Upper | 5, 0xffffffff), 5u);
  EXPECT_EQ(once(Min, Type::S64, 5, ~uint64_t(0)), ~uint64_t(0));
  EXPECT_EQ(once(Max, Type::U64, 5, ~uint64_t(0)), ~uint64_t(0));
  EXPECT_EQ(once(And, Type::B32, Upper | 0xff, 0x0f), 0x0fu);
  EXPECT_EQ(once(Or, Type::B64, Upper, 0x0f), Upper | 0x0f);
  EXPECT_EQ(once(Xor, Type::B32, Upper | 0xff, 0x0f), 0xf0u);
  EXPECT_EQ(once(Exch, Type::B64, Upper, 7), 7u);
  EXPECT_EQ(once(Cas, Type::B32, Upper | 3, 3, 9), 9u);
  EXPECT_EQ(once(Cas, Type::B32, Upper | 4, 3, 9), 4u);
  EXPECT_EQ(once(Cas, Type::B64, 4, 4, Upper), Upper);
  EXPECT_EQ(once(Cas, Type::B16, Upper | 0x50003, 3, 9), 9u);
  // PTX ISA: inc is (old >= b) ? 0 : old + 1; dec is
  // ((old == 0) || (old > b)) ? b : old - 1.
  EXPECT_EQ(once(Inc, Type::U32, Upper | 4, 5), 5u);
  EXPECT_EQ(once(Inc, Type::U32, Upper | 5, 5), 0u);
  EXPECT_EQ(once(Dec, Type::U32, Upper | 0, 5), 5u);
  EXPECT_EQ(once(Dec, Type::U32, Upper | 6, 5), 5u);
  EXPECT_EQ(once(Dec, Type::U32, Upper | 5, 5), 4u);
}

TEST(AtomicTest, Floats) {
  using enum AtomicOperation;
  using ptx::Type;
  EXPECT_EQ(once(Add, Type::F32, bits(1.5f), bits(2.25f)), bits(3.75f));
  EXPECT_EQ(once(Add, Type::F64, std::bit_cast<uint64_t>(1e300),
                 std::bit_cast<uint64_t>(1e300)),
            std::bit_cast<uint64_t>(2e300));
  // In global memory subnormals become zeros of their sign.
  EXPECT_EQ(once(Add, Type::F32, 0x80000001, 0x80000001), 0x80000000u);
  EXPECT_EQ(once(Add, Type::F32, bits(1.0f), 1), bits(1.0f));
  // 1 + 2^-11 is a tie: to even.
  EXPECT_EQ(once(Add, Type::F16, 0x3c00, 0x1000), 0x3c00u);
  EXPECT_EQ(once(Add, Type::F16, 0x3c01, 0x1000), 0x3c02u);
  EXPECT_EQ(once(Add, Type::F16, 0x0001, 0x0001), 0x0002u);
  EXPECT_EQ(once(Add, Type::F16, 0x7bff, 0x7bff), 0x7c00u);
  EXPECT_EQ(once(Add, Type::F16, 0x7c00, 0xfc00), 0x7fffu);
  EXPECT_EQ(once(Add, Type::F16x2, 0x3c004000, 0x3c003c00), 0x40004200u);
  EXPECT_EQ(once(Add, Type::BF16, 0x3f80, 0x3f80), 0x4000u);
  EXPECT_EQ(once(Add, Type::BF16x2, 0x3f803f80, 0x3f800000), 0x40003f80u);
  // min and max: -0 < +0, and a number wins over NaN.
  EXPECT_EQ(once(Min, Type::F16, 0x0000, 0x8000), 0x8000u);
  EXPECT_EQ(once(Max, Type::F16, 0x8000, 0x0000), 0x0000u);
  EXPECT_EQ(once(Max, Type::BF16, 0x7fc0, 0x3f80), 0x3f80u);
  EXPECT_EQ(once(Min, Type::F16x2, 0x3c00c000, 0xbc003c00), 0xbc00c000u);
}

TEST(AtomicTest, RefusesWhatDoesNotExist) {
  Simulator simulator(atomicKernel, ofWidth(1));
  uint64_t memory = simulator.upload(std::vector<uint64_t>{0});
  LaunchReport report = simulator.launch(
      1, 1,
      {memory, uint64_t(AtomicOperation::Xor), uint64_t(ptx::Type::F32), 0, 0});
  EXPECT_THAT(textOf(report), HasSubstr("no such operation of this type"));
}

/// Sums of all threads, over two cores, in global and shared memory.
TEST(AtomicTest, LosesNothingBetweenCores) {
  using ptx::Type;
  for (unsigned width : {1u, 32u})
    for (auto [type, one, sum] :
         {std::tuple{Type::U32, uint64_t(1), uint64_t(12800)},
          std::tuple{Type::S64, uint64_t(1), uint64_t(12800)},
          std::tuple{Type::F32, bits(1.0f), bits(12800.0f)},
          std::tuple{Type::F64, std::bit_cast<uint64_t>(1.0),
                     std::bit_cast<uint64_t>(12800.0)}}) {
      Options options = ofWidth(width);
      options.schedule.threads = 2;
      Simulator simulator(atomicKernel, options);
      uint64_t memory = simulator.upload(std::vector<uint64_t>{0});
      simulator.launch(
          100, 128,
          {memory, uint64_t(AtomicOperation::Add), uint64_t(type), one, 0, 0});
      EXPECT_EQ(simulator.download<uint64_t>(memory, 1)[0], sum);
    }
}

/// Shared memory keeps subnormals, and every lane gets its own old value.
void sharedAtomicKernel(Strand *strand) {
  uint64_t addresses[WarpSize], first[WarpSize], old[WarpSize], out[WarpSize];
  if (strand->warp == 0 && strand->lane == 0)
    storeWord(strand, sharedAddress(0), 0);
  synchronize(strand);
  for (unsigned lane = 0; lane < strand->width; ++lane) {
    addresses[lane] = sharedAddress(0);
    first[lane] = 1;
    out[lane] = parameter(strand, 0) + 8 * threadIndex(strand, lane);
  }
  cusim_atomic(strand, strand->live, addresses, uint32_t(AtomicOperation::Add),
               uint32_t(ptx::Type::F32), first, nullptr, old, 3);
  cusim_scatter(strand, strand->live, out, old, 8, 1, 1, 4);
}

TEST(AtomicTest, KeepsSubnormalsInSharedMemory) {
  for (unsigned width : {1u, 32u}) {
    Options options = ofWidth(width);
    options.sharedBytes = 4;
    Simulator simulator(sharedAtomicKernel, options);
    uint64_t out = simulator.upload(std::vector<uint64_t>(64));
    EXPECT_FALSE(simulator.launch(1, 64, {out}).isFaulted);
    std::vector<uint64_t> old = simulator.download<uint64_t>(out, 64);
    std::sort(old.begin(), old.end());
    for (uint64_t i = 0; i < 64; ++i)
      EXPECT_EQ(old[i], i);
  }
}

} // namespace
} // namespace weft::cusim::testing
