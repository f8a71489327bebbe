//===- AttentionTest.cpp - Attention kernels against the evaluator --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/AttentionCase.h"

#include "gtest/gtest.h"
#include <random>

using namespace weft;

namespace {

using Floats = KernelRunner::Floats;
constexpr float infinity = std::numeric_limits<float>::infinity();

Floats randomFloats(size_t count, unsigned seed, float range = 1) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> distribution(-range, range);
  Floats values(count);
  for (float &value : values)
    value = distribution(generator);
  return values;
}

std::vector<Floats> randomArguments(const KernelRunner &runner,
                                    llvm::ArrayRef<int64_t> sizes) {
  std::vector<Floats> arguments;
  for (int64_t count : runner.countArguments(sizes))
    arguments.push_back(
        randomFloats(count, arguments.size(), arguments.size() < 2 ? 3 : 1));
  return arguments;
}

/// Values lie in [-1, 1], so that this is relative to them.
void expectNear(const Floats &got, const std::vector<double> &expected,
                double tolerance = 1e-5) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i)
    // NaN fails too.
    ASSERT_TRUE(std::abs(got[i] - expected[i]) <= tolerance)
        << "element " << i << " is " << got[i] << ", expected " << expected[i];
}

/// Also that the result does not depend on how items are split.
void check(KernelRunner &runner, llvm::ArrayRef<int64_t> sizes,
           llvm::ArrayRef<Floats> arguments, double tolerance = 1e-5) {
  ASSERT_EQ(runner.kernel().family(), "attention");
  Floats got = runner.run(sizes, arguments);
  expectNear(got, runner.evaluate(sizes, arguments), tolerance);
  Floats again = runner.run(sizes, arguments, /*reverse=*/true);
  ASSERT_TRUE(got.empty() ||
              !std::memcmp(got.data(), again.data(), got.size() * 4));
}

class AttentionTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (!canRun(GetParam()))
      GTEST_SKIP() << "this machine does not run " << GetParam();
  }
  void check(const AttentionCase &attention,
             llvm::ArrayRef<std::vector<int64_t>> allSizes) {
    KernelRunner runner(attention.text(), GetParam());
    for (const std::vector<int64_t> &sizes : allSizes) {
      SCOPED_TRACE(testing::Message() << testing::PrintToString(sizes) << "\n"
                                      << attention.text());
      ::check(runner, sizes, randomArguments(runner, sizes));
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, AttentionTest,
                         testing::Values("x86-64", "x86-64-v3", "x86-64-v4"));

// Sizes are s0 = batch, s1 = rows, s2 = keys.

TEST_P(AttentionTest, RaggedSizes) {
  check({}, {{1, 1, 1},
             {1, 1, 7},
             {2, 3, 5},
             {1, 16, 16},
             {1, 17, 64},
             {3, 97, 97},
             {1, 64, 65},
             {1, 129, 127},
             {2, 37, 200}});
}

TEST_P(AttentionTest, RaggedHeadSizes) {
  check({.heads = 3, .groups = 3, .depth = 1, .width = 1}, {{1, 5, 9}});
  check({.heads = 2, .groups = 2, .depth = 13, .width = 7}, {{2, 19, 33}});
  check({.heads = 1, .groups = 1, .depth = 67, .width = 33}, {{1, 23, 70}});
  check({.heads = 2, .groups = 2, .depth = 64, .width = 64}, {{1, 50, 70}});
}

TEST_P(AttentionTest, NothingToDo) {
  check({}, {{0, 5, 5}, {2, 0, 5}});
  check({.causal = true}, {{1, 0, 3}});
}

TEST_P(AttentionTest, NoKeysGiveZeros) {
  check({}, {{2, 5, 0}});
  check({.causal = true}, {{1, 3, 0}});
}

TEST_P(AttentionTest, GroupedHeads) {
  check({.heads = 6, .groups = 2}, {{2, 9, 21}});
  check({.heads = 5, .groups = 1}, {{1, 33, 17}});
}

TEST_P(AttentionTest, Causal) {
  AttentionCase causal{.causal = true};
  // More keys than rows: a cache. More rows than keys: rows that see nothing.
  check(causal, {{1, 1, 1},
                 {2, 19, 19},
                 {1, 130, 130},
                 {1, 1, 77},
                 {1, 5, 70},
                 {1, 40, 200},
                 {1, 70, 3},
                 {1, 100, 66}});
}

TEST_P(AttentionTest, Scale) {
  check({.scale = -0.3}, {{1, 5, 9}});
  check({.scale = 0}, {{1, 5, 9}});
}

TEST_P(AttentionTest, EveryMaskShape) {
  for (auto [batch, heads] : {std::pair("s0", "1"), std::pair("1", "4")})
    for (const char *rows : {"s1", "1"})
      for (const char *keys : {"s2", "1"})
        check({.mask = {batch, heads, rows, keys}}, {{2, 21, 19}, {1, 1, 70}});
  check({.mask = {"s1", "s2"}}, {{2, 21, 67}});
  check({.mask = {"s2"}}, {{2, 21, 67}});
  check({.mask = {"4", "1", "s2"}, .causal = true}, {{2, 21, 30}});
  check({.mask = {"s0", "1", "s1", "s2"}, .causal = true}, {{2, 70, 81}});
}

TEST_P(AttentionTest, LongContext) {
  check({.heads = 1, .groups = 1}, {{1, 3, 2048}, {1, 70, 2048}});
}

TEST_P(AttentionTest, HiddenRowsAreZero) {
  KernelRunner runner(AttentionCase{.mask = {"s1", "s2"}}.text(), GetParam());
  std::vector<int64_t> sizes{2, 20, 70};
  std::vector<Floats> arguments = randomArguments(runner, sizes);
  for (int64_t row = 0; row < 20; ++row)
    for (int64_t key = 0; key < 70; ++key)
      // All of row 3, the first block of row 4, the second block of row 5.
      if (row == 3 || (row == 4 && key < 64) || (row == 5 && key >= 64))
        arguments[3][row * 70 + key] = -infinity;
  ::check(runner, sizes, arguments);
  Floats got = runner.run(sizes, arguments);
  EXPECT_EQ(got[3 * 4 * 32], 0.0f);
}

TEST_P(AttentionTest, LowestFiniteMaskIsASoftmax) {
  KernelRunner runner(AttentionCase{.mask = {"s0", "1", "1", "s2"}}.text(),
                      GetParam());
  std::vector<int64_t> sizes{2, 5, 70};
  std::vector<Floats> arguments = randomArguments(runner, sizes);
  float lowest = std::numeric_limits<float>::lowest();
  std::fill(arguments[3].begin(), arguments[3].begin() + 70, lowest);
  std::fill(arguments[3].begin() + 70, arguments[3].end(), 0.0f);
  std::fill(arguments[3].begin() + 100, arguments[3].end(), lowest);
  Floats got = runner.run(sizes, arguments);
  std::vector<double> expected = runner.evaluate(sizes, arguments);
  // In f32 a score vanishes beside the lowest number, and all weigh the same.
  for (int64_t row = 0; row < 5; ++row)
    for (int64_t i = 0; i < 4 * 32; ++i) {
      double mean = 0;
      for (int64_t key = 0; key < 70; ++key)
        mean += arguments[2][key * 4 * 32 + i] / 70.0;
      expected[row * 4 * 32 + i] = mean;
    }
  expectNear(got, expected);
}

TEST_P(AttentionTest, NaNStaysInItsRow) {
  KernelRunner runner(AttentionCase{}.text(), GetParam());
  std::vector<int64_t> sizes{1, 20, 70};
  std::vector<Floats> arguments = randomArguments(runner, sizes);
  int64_t place = 7 * 4 * 32 + 2 * 32;
  arguments[0][place + 5] = std::numeric_limits<float>::quiet_NaN();
  Floats got = runner.run(sizes, arguments);
  for (int64_t i = 0; i < int64_t(got.size()); ++i)
    EXPECT_EQ(std::isnan(got[i]), i >= place && i < place + 32) << i;
}

TEST_P(AttentionTest, LargeScores) {
  KernelRunner runner(AttentionCase{.scale = 20}.text(), GetParam());
  std::vector<int64_t> sizes{1, 20, 150};
  // Scores of hundreds are rounded to 3e-5.
  ::check(runner, sizes, randomArguments(runner, sizes), 1e-3);
}

TEST_P(AttentionTest, SlicesOfOneProjection) {
  // Four heads of queries, two of keys and two of values, one row after
  // another.
  KernelRunner runner(R"mlir(
    func.func @f(%x: tensor<?x?x8x32xf32> {llm.sizes = #llm.sizes<[s0, s1, 8, 32]>}) -> tensor<?x?x4x32xf32> {
      %q = llm.slice %x offsets [0, 0, 0, 0] sizes [s0, s1, 4, 32] strides [1, 1, 1, 1] : tensor<?x?x8x32xf32> -> tensor<?x?x4x32xf32>
      %k = llm.slice %x offsets [0, 0, 4, 0] sizes [s0, s1, 2, 32] strides [1, 1, 1, 1] : tensor<?x?x8x32xf32> -> tensor<?x?x2x32xf32>
      %v = llm.slice %x offsets [0, 0, 6, 0] sizes [s0, s1, 2, 32] strides [1, 1, 1, 1] : tensor<?x?x8x32xf32> -> tensor<?x?x2x32xf32>
      %y = llm.attention %q, %k, %v scale 0.2 : tensor<?x?x4x32xf32>, tensor<?x?x2x32xf32>, tensor<?x?x2x32xf32> -> tensor<?x?x4x32xf32>
      return %y : tensor<?x?x4x32xf32>
    })mlir",
                      GetParam());
  for (std::vector<int64_t> sizes :
       {std::vector<int64_t>{2, 19}, {1, 1}, {3, 70}})
    ::check(runner, sizes, randomArguments(runner, sizes));
}

TEST_P(AttentionTest, PrologueAndEpilogue) {
  // Reshapes are free; the mask and the halved query are computed on demand.
  KernelRunner runner(R"mlir(
    func.func @f(
        %q: tensor<?x?x96xf32> {llm.sizes = #llm.sizes<[s0, s1, 96]>},
        %k: tensor<?x?x96xf32> {llm.sizes = #llm.sizes<[s0, s2, 96]>},
        %v: tensor<?x?x96xf32> {llm.sizes = #llm.sizes<[s0, s2, 96]>},
        %m: tensor<?x?xf32> {llm.sizes = #llm.sizes<[s0, s2]>},
        %r: tensor<?x?x3x32xf32> {llm.sizes = #llm.sizes<[s0, s1, 3, 32]>})
        -> tensor<?x?x96xf32> {
      %half = llm.constant dense<0.5> : tensor<f32>
      %low = llm.constant dense<-10000.0> : tensor<f32>
      %0 = llm.mul %q, %half : tensor<?x?x96xf32>, tensor<f32> -> tensor<?x?x96xf32>
      %1 = llm.reshape %0 to [s0, s1, 3, 32] : tensor<?x?x96xf32> -> tensor<?x?x3x32xf32>
      %2 = llm.reshape %k to [s0, s2, 3, 32] : tensor<?x?x96xf32> -> tensor<?x?x3x32xf32>
      %3 = llm.reshape %v to [s0, s2, 3, 32] : tensor<?x?x96xf32> -> tensor<?x?x3x32xf32>
      %4 = llm.mul %m, %low : tensor<?x?xf32>, tensor<f32> -> tensor<?x?xf32>
      %5 = llm.reshape %4 to [s0, 1, 1, s2] : tensor<?x?xf32> -> tensor<?x1x1x?xf32>
      %6 = llm.attention %1, %2, %3 mask %5 scale 0.2 : tensor<?x?x3x32xf32>, tensor<?x?x3x32xf32>, tensor<?x?x3x32xf32>, tensor<?x1x1x?xf32> -> tensor<?x?x3x32xf32>
      %7 = llm.add %6, %r : tensor<?x?x3x32xf32>, tensor<?x?x3x32xf32> -> tensor<?x?x3x32xf32>
      %8 = llm.reshape %7 to [s0, s1, 96] : tensor<?x?x3x32xf32> -> tensor<?x?x96xf32>
      return %8 : tensor<?x?x96xf32>
    })mlir",
                      GetParam());
  for (std::vector<int64_t> sizes :
       {std::vector<int64_t>{2, 19, 19}, {1, 1, 70}, {3, 65, 5}})
    ::check(runner, sizes, randomArguments(runner, sizes));
}

} // namespace
