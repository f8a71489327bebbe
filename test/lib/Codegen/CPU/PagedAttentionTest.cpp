//===- PagedAttentionTest.cpp - Paged attention against the evaluator -----===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/KernelCheck.h"
#include "test/lib/Codegen/Common/PagedCase.h"

#include "gtest/gtest.h"

using namespace weft;

namespace {

class PagedAttentionTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (!canRun(GetParam()))
      GTEST_SKIP() << "this machine does not run " << GetParam();
  }
  bool hasMatrixUnit() const {
    return llvm::StringRef(GetParam()).contains("amx");
  }
  void check(KernelRunner &runner, llvm::ArrayRef<int64_t> sizes,
             llvm::ArrayRef<HostTensor> arguments) {
    ASSERT_EQ(runner.kernel().family(), "paged_attention");
    HostTensor got = runner.run(sizes, arguments);
    // bf16 has 8 bits.
    expectClose(got, runner.evaluate(sizes, arguments),
                hasMatrixUnit() ? Tolerance{8e-3, 4e-3} : Tolerance{2e-5, 1e-5},
                runner.kernel().name());
    // How items are divided changes no bit.
    HostTensor again = runner.run(sizes, arguments, /*reverse=*/true);
    EXPECT_EQ(llvm::ArrayRef(got.floats()), llvm::ArrayRef(again.floats()));
  }
  void check(PagedCase shape,
             llvm::ArrayRef<std::vector<PagedSequence>> steps) {
    shape.narrow = hasMatrixUnit();
    KernelRunner runner(shape.attention(), GetParam());
    for (const std::vector<PagedSequence> &step : steps) {
      std::string text = shape.attention();
      for (const PagedSequence &sequence : step)
        text += llvm::formatv("\n{0} tokens, length {1}", sequence.tokens,
                              sequence.length);
      SCOPED_TRACE(text);
      PagedTables tables(step, shape);
      check(runner, tables.sizes, tables.makeArguments(runner));
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, PagedAttentionTest,
                         testing::Values("x86-64", "x86-64-v3", "x86-64-v4",
                                         "x86-64-v4+amx-bf16"));

TEST_P(PagedAttentionTest, Decode) {
  for (const char *pool : {"f16", "f32"})
    check({.pool = pool}, {{{1, 1}},
                           {{1, 64}},
                           {{1, 65}},
                           {{1, 700}},
                           {{1, 3}, {1, 200}, {1, 64}, {1, 129}}});
}

TEST_P(PagedAttentionTest, Prompt) {
  for (const char *pool : {"f16", "f32"})
    check({.pool = pool}, {{{2, 2}}, {{5, 5}}, {{43, 43}}, {{150, 150}}});
}

TEST_P(PagedAttentionTest, ChunksOfAPrompt) {
  check({}, {{{7, 90}}, {{64, 128}}, {{70, 333}}, {{3, 64}}});
}

TEST_P(PagedAttentionTest, Mixtures) {
  check({}, {{{1, 70}, {50, 50}, {1, 1}, {9, 140}},
             {{0, 5}, {1, 66}, {0, 0}, {4, 4}},
             {{100, 100}, {1, 300}}});
}

TEST_P(PagedAttentionTest, SharedHeads) {
  std::vector<std::vector<PagedSequence>> steps{{{1, 130}, {12, 20}}};
  check({.heads = 7, .groups = 1}, steps);
  check({.heads = 9, .groups = 3, .depth = 64, .width = 64}, steps);
  check({.heads = 33, .groups = 1, .depth = 16, .width = 16}, steps);
  // More heads than an item has rows.
  check({.heads = 130, .groups = 1, .depth = 8, .width = 8},
        {{{1, 70}, {2, 3}}});
}

TEST_P(PagedAttentionTest, HeadSizes) {
  for (auto [depth, width] : {std::pair<int64_t, int64_t>{80, 80},
                              {96, 96},
                              {256, 256},
                              {1, 1},
                              {33, 50}})
    check(
        {.heads = 2, .groups = 1, .depth = depth, .width = width, .blocks = 5},
        {{{1, 70}, {20, 33}}});
  check({.depth = 13, .width = 7, .pool = "f32"}, {{{1, 70}, {20, 33}}});
}

TEST_P(PagedAttentionTest, Windows) {
  for (int64_t window : {1, 100})
    check({.window = window},
          {{{1, 300}, {1, 2}}, {{80, 80}}, {{30, 200}, {1, 64}}});
}

TEST_P(PagedAttentionTest, SoftCap) {
  check({.softCap = 2}, {{{1, 100}, {20, 80}}});
  check({.window = 33, .softCap = 0.5}, {{{1, 100}, {20, 80}}});
}

TEST_P(PagedAttentionTest, BlockSizes) {
  check({.block = 16}, {{{1, 100}, {20, 37}}});
  check({.block = 128, .blocks = 6}, {{{1, 130}, {20, 37}}});
}

TEST_P(PagedAttentionTest, BFloatPool) {
  check({.pool = "bf16"}, {{{1, 100}, {40, 40}}});
}

TEST_P(PagedAttentionTest, KeysThatShareALargePart) {
  // As where a model adds a bias to keys. What they share moves all scores of a
  // query by 48, and what tells them apart must not be lost beside it.
  PagedCase shape{.depth = 64, .width = 64, .narrow = hasMatrixUnit()};
  KernelRunner runner(shape.attention(), GetParam());
  PagedTables tables(std::vector<PagedSequence>{{100, 100}, {40, 70}}, shape);
  std::vector<HostTensor> arguments = tables.makeArguments(runner);
  for (size_t i = 0; i < arguments[0].floats().size(); i += shape.depth)
    arguments[0].floats()[i] = 8;
  for (int64_t pool = 0; pool < shape.blocks * shape.groups; ++pool)
    for (int64_t slot = 0; slot < shape.block; ++slot)
      arguments[1].floats()[pool * shape.depth * shape.block + slot] += 24;
  arguments[1].roundToElementType();
  HostTensor got = runner.run(tables.sizes, arguments);
  HostTensor expected = runner.evaluate(tables.sizes, arguments);
  double error = 0, norm = 0;
  for (auto [x, y] : llvm::zip_equal(got.floats(), expected.floats())) {
    error += (x - y) * (x - y);
    norm += y * y;
  }
  EXPECT_LT(std::sqrt(error / norm), hasMatrixUnit() ? 4e-3 : 2e-5);
}

TEST_P(PagedAttentionTest, WhatLiesBeyondIsNotSeen) {
  PagedCase shape{.narrow = hasMatrixUnit()};
  KernelRunner runner(shape.attention(), GetParam());
  PagedTables tables(
      std::vector<PagedSequence>{{1, 70}, {20, 20}, {1, 0}, {5, 65}}, shape);
  // Positions of rewound tokens, and of a sequence that has nothing.
  tables.positions[0] = 30;
  tables.positions[3] = -1;
  tables.positions[22] = 1000;
  std::vector<HostTensor> arguments = tables.makeArguments(runner);
  check(runner, tables.sizes, arguments);
  // Behind the last key of a sequence lies what is no number.
  tables = PagedTables(std::vector<PagedSequence>{{1, 70}, {3, 20}}, shape);
  arguments = tables.makeArguments(runner);
  HostTensor expected = runner.evaluate(tables.sizes, arguments);
  double nan = std::numeric_limits<double>::quiet_NaN();
  auto spoil = [&](int64_t number, int64_t from) {
    for (int64_t g = 0; g < shape.groups; ++g)
      for (int64_t slot = from; slot < 64; ++slot)
        for (int64_t d = 0; d < 32; ++d) {
          arguments[1].floats()[((number * 2 + g) * 32 + d) * 64 + slot] = nan;
          arguments[2].floats()[((number * 2 + g) * 64 + slot) * 32 + d] = nan;
        }
  };
  spoil(tables.table[1], 6);
  spoil(tables.table[2], 20);
  expectClose(runner.run(tables.sizes, arguments), expected,
              hasMatrixUnit() ? Tolerance{8e-3, 4e-3} : Tolerance{2e-5, 1e-5},
              "beside NaN");
}

TEST_P(PagedAttentionTest, TokensOfNoSequenceAreZero) {
  PagedCase shape{.narrow = hasMatrixUnit()};
  KernelRunner runner(shape.attention(), GetParam());
  PagedTables tables(std::vector<PagedSequence>{{1, 70}, {20, 20}, {1, 9}},
                     shape);
  tables.starts = {1, 15, 15, 19};
  check(runner, tables.sizes, tables.makeArguments(runner));
}

TEST_P(PagedAttentionTest, HostileTablesRaiseTheFlag) {
  PagedCase shape{.narrow = hasMatrixUnit()};
  KernelRunner runner(shape.attention(), GetParam());
  std::vector<PagedSequence> step{{1, 70}, {20, 20}, {1, 130}};
  PagedTables good(step, shape);
  auto errorOf = [&](const PagedTables &tables) {
    uint32_t error = 0;
    runner.run(tables.sizes, tables.makeArguments(runner), false, &error);
    return error;
  };
  EXPECT_EQ(errorOf(good), 0u);
  constexpr int64_t lowest = INT32_MIN, highest = INT32_MAX;
  for (int64_t wrong : {lowest, int64_t(-1), shape.blocks, highest}) {
    PagedTables bad = good;
    bad.table[1] = wrong;
    EXPECT_EQ(errorOf(bad), uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE)) << wrong;
  }
  for (int64_t wrong : {lowest, int64_t(-1), int64_t(23), highest}) {
    PagedTables bad = good;
    bad.starts[2] = wrong;
    EXPECT_EQ(errorOf(bad), uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE)) << wrong;
  }
  PagedTables descending = good;
  std::reverse(descending.starts.begin(), descending.starts.end());
  EXPECT_EQ(errorOf(descending), uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE));
  // More keys than the table has room for, seen and not seen.
  PagedTables longer = good;
  longer.lengths[0] = highest;
  EXPECT_EQ(errorOf(longer), 0u);
  longer.positions[0] = highest;
  EXPECT_EQ(errorOf(longer), uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE));
  longer.positions[0] = lowest;
  longer.lengths[0] = lowest;
  EXPECT_EQ(errorOf(longer), 0u);
}

TEST_P(PagedAttentionTest, PrologueAndEpilogue) {
  // Queries are slices of one projection, turned; a residual is added.
  PagedCase shape{.heads = 4, .groups = 2};
  std::string text = R"mlir(
    func.func @f(
        %x: tensor<?x256xf32> {llm.sizes = #llm.sizes<[s0, 256]>},
        %k: tensor<40x2x32x64xf16> {llm.sizes = #llm.sizes<[40, 2, 32, 64]>},
        %v: tensor<40x2x64x32xf16> {llm.sizes = #llm.sizes<[40, 2, 64, 32]>},
        TABLES,
        %l: tensor<?xi32> {llm.sizes = #llm.sizes<[s1]>},
        %c: tensor<?x16xf32> {llm.sizes = #llm.sizes<[s0, 16]>},
        %n: tensor<?x16xf32> {llm.sizes = #llm.sizes<[s0, 16]>},
        %r: tensor<?x4x32xf32> {llm.sizes = #llm.sizes<[s0, 4, 32]>})
        -> tensor<?x128xf32> {
      %0 = llm.slice %x offsets [0, 0] sizes [s0, 128] strides [1, 1] : tensor<?x256xf32> -> tensor<?x128xf32>
      %1 = llm.reshape %0 to [s0, 4, 32] : tensor<?x128xf32> -> tensor<?x4x32xf32>
      %2 = llm.rope %1, %c, %n style interleaved : tensor<?x4x32xf32>, tensor<?x16xf32>, tensor<?x16xf32>
      %3 = llm.paged_attention %2, %k, %v positions %p sequences %s lengths %l blocks %t scale 0.25 : tensor<?x4x32xf32>, tensor<40x2x32x64xf16>, tensor<40x2x64x32xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x4x32xf32>
      %4 = llm.add %3, %r : tensor<?x4x32xf32>, tensor<?x4x32xf32> -> tensor<?x4x32xf32>
      %5 = llm.reshape %4 to [s0, 128] : tensor<?x4x32xf32> -> tensor<?x128xf32>
      return %5 : tensor<?x128xf32>
    })mlir";
  text.replace(text.find("TABLES"), 6, PagedCase::tables());
  KernelRunner runner(text, GetParam());
  PagedTables tables(std::vector<PagedSequence>{{1, 70}, {20, 20}}, shape);
  std::vector<HostTensor> arguments = tables.makeArguments(runner);
  std::vector<HostTensor> rest(arguments.begin() + 7, arguments.end());
  fill(rest, -1, 1, 3);
  llvm::copy(rest, arguments.begin() + 7);
  check(runner, tables.sizes, arguments);
}

} // namespace
