//===- PagedAttentionTest.cpp - Paged attention on a simulated GPU --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/KernelCheck.h"
#include "test/lib/Codegen/Common/PagedCase.h"

#include "gtest/gtest.h"

using namespace weft;

namespace {

using Step = std::vector<PagedSequence>;
constexpr Tolerance exact{2e-5, 1e-5}, rounded{4e-4, 4e-4},
    coarse{3.2e-3, 3.2e-3};

void check(KernelRunner &runner, llvm::ArrayRef<int64_t> sizes,
           llvm::ArrayRef<HostTensor> arguments,
           Tolerance tolerance = rounded) {
  ASSERT_EQ(runner.kernel().family(), "paged_attention");
  HostTensor expected = runner.evaluate(sizes, arguments);
  expected.roundToElementType();
  expectClose(runner.run(sizes, arguments), expected, tolerance,
              runner.kernel().name());
}

void check(const PagedCase &shape, llvm::ArrayRef<Step> steps) {
  SCOPED_TRACE(shape.attention());
  KernelRunner runner(shape.attention(), "sm_80");
  for (const Step &step : steps) {
    PagedTables tables(step, shape);
    // Queries and weights of several tokens are rounded to the cache's type.
    bool isRounded = shape.pool != "f32" && shape.depth % 16 == 0 &&
                     llvm::any_of(step, [](PagedSequence sequence) {
                       return sequence.tokens > 1;
                     });
    check(runner, tables.sizes, tables.makeArguments(runner),
          !isRounded             ? exact
          : shape.pool == "bf16" ? coarse
                                 : rounded);
  }
}

TEST(PagedAttentionTest, Mixtures) {
  check({.blocks = 12},
        {{{1, 1}},
         {{1, 64}},
         {{1, 65}, {5, 5}, {0, 3}, {3, 130}, {1, 0}, {1, 330}}});
}

TEST(PagedAttentionTest, Shapes) {
  Step step{{1, 135}, {2, 70}};
  // All elements, blocks of other sizes, and columns that lanes do not divide.
  check({.heads = 3,
         .groups = 1,
         .depth = 64,
         .width = 128,
         .pool = "f32",
         .blocks = 6},
        {step});
  check({.heads = 11,
         .groups = 1,
         .depth = 8,
         .width = 80,
         .pool = "bf16",
         .blocks = 6},
        {step});
  check({.heads = 2,
         .groups = 2,
         .depth = 40,
         .width = 8,
         .block = 16,
         .blocks = 16},
        {step});
}

TEST(PagedAttentionTest, Prompts) {
  // Rows that fill no tile, and sequences that begin in the middle.
  Step step{{70, 200}, {33, 33}, {1, 90}, {2, 65}};
  check({.heads = 3, .groups = 1, .depth = 64, .width = 64, .blocks = 12},
        {step});
  check({.heads = 2,
         .groups = 2,
         .depth = 80,
         .width = 16,
         .pool = "bf16",
         .blocks = 12},
        {step});
  // Of f32, as exact as single tokens.
  check({.pool = "f32", .blocks = 12}, {step});
  // With blocks that have no room for two: a kernel of much code.
  if (std::getenv("WEFT_NIGHTLY"))
    check({.heads = 1,
           .groups = 1,
           .depth = 96,
           .width = 96,
           .pool = "f32",
           .blocks = 12},
          {step});
}

TEST(PagedAttentionTest, WindowsAndCaps) {
  check({.blocks = 8, .window = 70, .softCap = 0.5},
        {{{1, 300}, {30, 100}, {1, 20}}});
  check({.blocks = 8, .window = 1}, {{{1, 64}, {2, 66}}});
}

TEST(PagedAttentionTest, WhatLiesBeyondIsNotSeen) {
  PagedCase shape{.blocks = 6};
  KernelRunner runner(shape.attention(), "sm_80");
  PagedTables tables(Step{{1, 70}, {3, 20}, {1, 0}, {2, 65}}, shape);
  // Positions of rewound tokens, and of a sequence that has nothing.
  tables.positions[0] = 66;
  tables.positions[3] = -1;
  tables.positions[4] = 1000;
  // Tokens before and behind all sequences, too.
  for (bool outside : {false, true}) {
    if (outside)
      tables.starts = {1, 1, 4, 4, 6};
    std::vector<HostTensor> arguments = tables.makeArguments(runner);
    HostTensor expected = runner.evaluate(tables.sizes, arguments);
    double nan = std::numeric_limits<double>::quiet_NaN();
    auto spoil = [&](int64_t number, int64_t from) {
      for (int64_t g = 0; g < shape.groups; ++g)
        for (int64_t slot = from; slot < 64; ++slot)
          for (int64_t d = 0; d < 32; ++d) {
            arguments[1].floats()[((number * 2 + g) * 32 + d) * 64 + slot] =
                nan;
            arguments[2].floats()[((number * 2 + g) * 64 + slot) * 32 + d] =
                nan;
          }
    };
    // Behind the last key of a sequence lies what is no number.
    spoil(tables.table[1], 6);
    spoil(tables.table[2], 20);
    expectClose(runner.run(tables.sizes, arguments), expected, rounded,
                "beside NaN");
  }
}

TEST(PagedAttentionTest, HostileTablesRaiseTheFlag) {
  PagedCase shape{.blocks = 6};
  KernelRunner runner(shape.attention(), "sm_80");
  PagedTables good(Step{{1, 70}, {5, 20}, {1, 130}}, shape);
  auto errorOf = [&](const PagedTables &tables) {
    uint32_t error = 0;
    runner.run(tables.sizes, tables.makeArguments(runner), false, &error);
    return error;
  };
  EXPECT_EQ(errorOf(good), 0u);
  for (int64_t wrong : {int64_t(INT32_MIN), int64_t(-1), shape.blocks}) {
    PagedTables bad = good;
    bad.table[1] = wrong;
    EXPECT_EQ(errorOf(bad), uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE)) << wrong;
  }
  for (int64_t wrong : {int64_t(-1), int64_t(INT32_MAX)}) {
    PagedTables bad = good;
    bad.starts[2] = wrong;
    EXPECT_EQ(errorOf(bad), uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE)) << wrong;
  }
  // More keys than the table has room for, seen and not seen.
  PagedTables longer = good;
  longer.lengths[0] = INT32_MAX;
  EXPECT_EQ(errorOf(longer), 0u);
  longer.positions[0] = INT32_MAX;
  EXPECT_EQ(errorOf(longer), uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE));
}

TEST(PagedAttentionTest, PrologueAndEpilogue) {
  // Queries are slices of one projection, turned; a residual is added.
  PagedCase shape{.heads = 4, .groups = 2, .blocks = 6};
  std::string text = R"mlir(
    func.func @f(
        %x: tensor<?x256xf32> {llm.sizes = #llm.sizes<[s0, 256]>},
        %k: tensor<6x2x32x64xf16> {llm.sizes = #llm.sizes<[6, 2, 32, 64]>},
        %v: tensor<6x2x64x32xf16> {llm.sizes = #llm.sizes<[6, 2, 64, 32]>},
        TABLES,
        %l: tensor<?xi32> {llm.sizes = #llm.sizes<[s1]>},
        %c: tensor<?x16xf32> {llm.sizes = #llm.sizes<[s0, 16]>},
        %n: tensor<?x16xf32> {llm.sizes = #llm.sizes<[s0, 16]>},
        %r: tensor<?x4x32xf32> {llm.sizes = #llm.sizes<[s0, 4, 32]>})
        -> tensor<?x128xf32> {
      %0 = llm.slice %x offsets [0, 0] sizes [s0, 128] strides [1, 1] : tensor<?x256xf32> -> tensor<?x128xf32>
      %1 = llm.reshape %0 to [s0, 4, 32] : tensor<?x128xf32> -> tensor<?x4x32xf32>
      %2 = llm.rope %1, %c, %n style half : tensor<?x4x32xf32>, tensor<?x16xf32>, tensor<?x16xf32>
      %3 = llm.paged_attention %2, %k, %v positions %p sequences %s lengths %l blocks %t scale 0.25 : tensor<?x4x32xf32>, tensor<6x2x32x64xf16>, tensor<6x2x64x32xf16>, tensor<?xi32>, tensor<?xi32>, tensor<?xi32>, tensor<?x?xi32> -> tensor<?x4x32xf32>
      %4 = llm.add %3, %r : tensor<?x4x32xf32>, tensor<?x4x32xf32> -> tensor<?x4x32xf32>
      %5 = llm.reshape %4 to [s0, 128] : tensor<?x4x32xf32> -> tensor<?x128xf32>
      return %5 : tensor<?x128xf32>
    })mlir";
  text.replace(text.find("TABLES"), 6, PagedCase::tables());
  KernelRunner runner(text, "sm_80");
  PagedTables tables(Step{{1, 70}, {5, 20}}, shape);
  std::vector<HostTensor> arguments = tables.makeArguments(runner);
  std::vector<HostTensor> rest(arguments.begin() + 7, arguments.end());
  fill(rest, -1, 1, 3);
  llvm::copy(rest, arguments.begin() + 7);
  check(runner, tables.sizes, arguments);
}

} // namespace
