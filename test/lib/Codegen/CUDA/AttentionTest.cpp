//===- AttentionTest.cpp - Attention on a simulated GPU -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/AttentionCase.h"
#include "test/lib/Codegen/Common/KernelCheck.h"

#include "gtest/gtest.h"

using namespace weft;

namespace {

// Sizes are s0 = batch, s1 = rows, s2 = keys.
void check(const AttentionCase &attention,
           llvm::ArrayRef<std::vector<int64_t>> sizes) {
  SCOPED_TRACE(attention.text());
  KernelRunner runner(attention.text(), "sm_80");
  ASSERT_EQ(runner.kernel().family(), "attention");
  for (const std::vector<int64_t> &at : sizes) {
    std::vector<HostTensor> arguments = runner.makeArguments(at);
    fill(arguments, -1, 1, 1);
    // Results and weights are rounded to the type.
    double tolerance = attention.type == "f32"   ? 1e-5
                       : attention.type == "f16" ? 2e-3
                                                 : 1.6e-2;
    expectClose(runner.run(at, arguments), runner.evaluate(at, arguments),
                {tolerance, tolerance}, "attention");
  }
}

TEST(CUDAAttentionTest, RaggedSizesAndGroups) {
  check({}, {{1, 1, 1}, {2, 37, 70}, {1, 3, 0}});
  check({.heads = 6, .groups = 2, .depth = 13, .width = 40}, {{1, 33, 35}});
}

TEST(CUDAAttentionTest, CausalAndMasks) {
  // More keys than rows, and rows that see nothing.
  check({.causal = true}, {{1, 40, 75}, {1, 70, 3}});
  check({.mask = {"s0", "1", "1", "s2"}}, {{2, 35, 40}});
  check({.mask = {"s0", "4", "s1", "s2"}, .causal = true}, {{1, 35, 40}});
}

TEST(CUDAAttentionTest, Halves) {
  for (const char *type : {"f16", "bf16"}) {
    check({.type = type}, {{1, 1, 1}, {2, 37, 70}, {1, 3, 0}});
    check({.heads = 6,
           .groups = 2,
           .depth = 48,
           .width = 80,
           .causal = true,
           .type = type},
          {{1, 70, 75}});
    check({.mask = {"s0", "4", "s1", "s2"}, .type = type}, {{1, 66, 130}});
  }
}

static void checkHiddenRows(const std::string &type, double tolerance) {
  AttentionCase attention{.mask = {"s1", "s2"}, .type = type};
  KernelRunner runner(attention.text(), "sm_80");
  std::vector<int64_t> sizes{1, 6, 70};
  std::vector<HostTensor> arguments = runner.makeArguments(sizes);
  fill(arguments, -1, 1, 1);
  for (int64_t row = 0; row < 6; ++row)
    for (int64_t key = 0; key < 70; ++key)
      // All of row 3, the first keys of row 4, the last ones of row 5.
      if (row == 3 || (row == 4 && key < 64) || (row == 5 && key >= 64))
        arguments[3].floats()[row * 70 + key] =
            -std::numeric_limits<double>::infinity();
  HostTensor got = runner.run(sizes, arguments);
  expectClose(got, runner.evaluate(sizes, arguments), {tolerance, tolerance},
              "hidden");
  EXPECT_EQ(got.floats()[3 * 4 * 32], 0.0);
}

TEST(CUDAAttentionTest, HiddenRowsAreZero) {
  checkHiddenRows("f32", 1e-5);
  checkHiddenRows("f16", 2e-3);
}

} // namespace
