//===- DecoderOpsTest.cpp - Norms, gates, rotations and choices -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/LLM.h"
#include "test/lib/Codegen/Common/KernelCheck.h"

#include "llvm/Support/FormatVariadic.h"
#include <gtest/gtest.h>
#include <random>

using namespace weft;

static const std::vector<std::vector<int64_t>> rowCounts = {{1}, {2}, {7}};

TEST(DecoderOps, RMSNorm) {
  std::string text;
  for (int64_t width : {1, 16, 64, 100, 576})
    for (const char *type : {"f32", "bf16"})
      text += llvm::formatv(R"(
    func.func @norm_{0}_{1}(%x: tensor<?x{0}x{1}> {{llm.sizes = #llm.sizes<[s0, {0}]>}, %r: tensor<?x{0}x{1}> {{llm.sizes = #llm.sizes<[s0, {0}]>}, %s: tensor<{0}xf32> {{llm.sizes = #llm.sizes<[{0}]>}) -> tensor<?x{0}x{1}> {{
      %a = llm.add %x, %r : tensor<?x{0}x{1}>, tensor<?x{0}x{1}> -> tensor<?x{0}x{1}>
      %y = llm.rms_norm %a, %s epsilon 1.0e-5 : tensor<?x{0}x{1}>, tensor<{0}xf32>
      return %y : tensor<?x{0}x{1}>
    })",
                            width, type);
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      bool narrow = name.ends_with("bf16");
      expectEqual(runner, rowCounts, -2, 2,
                  narrow ? Tolerance{0.05, 0.02} : Tolerance{1e-5, 1e-5});
      EXPECT_EQ(runner.kernel().family(), "reduce");
    }
  }
}

TEST(DecoderOps, Gates) {
  const char *text = R"(
    func.func @silu(%x: tensor<?x37xf32> {llm.sizes = #llm.sizes<[s0, 37]>}) -> tensor<?x37xf32> {
      %y = llm.silu %x : tensor<?x37xf32>
      return %y : tensor<?x37xf32>
    }
    func.func @swiglu(%x: tensor<?x37xf32> {llm.sizes = #llm.sizes<[s0, 37]>}, %u: tensor<?x37xf32> {llm.sizes = #llm.sizes<[s0, 37]>}) -> tensor<?x37xf32> {
      %y = llm.swiglu %x, %u : tensor<?x37xf32>, tensor<?x37xf32> -> tensor<?x37xf32>
      return %y : tensor<?x37xf32>
    }
    func.func @halves(%x: tensor<?x96xf32> {llm.sizes = #llm.sizes<[s0, 96]>}) -> tensor<?x48xf32> {
      %g = llm.slice %x offsets [0, 0] sizes [s0, 48] strides [1, 1] : tensor<?x96xf32> -> tensor<?x48xf32>
      %u = llm.slice %x offsets [0, 48] sizes [s0, 48] strides [1, 1] : tensor<?x96xf32> -> tensor<?x48xf32>
      %y = llm.swiglu %g, %u : tensor<?x48xf32>, tensor<?x48xf32> -> tensor<?x48xf32>
      return %y : tensor<?x48xf32>
    })";
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      expectEqual(runner, rowCounts, -20, 20, {1e-6, 1e-6});
      expectEqual(runner, rowCounts, -200, 200, {1e-6, 1e-6});
    }
  }
}

TEST(DecoderOps, Rope) {
  std::string text;
  // Whole vectors of a half or of eight pairs, rows that end elsewhere, and
  // parts of heads.
  for (auto [depth, turning] : {std::pair(64, 64),
                                {64, 32},
                                {80, 80},
                                {96, 96},
                                {128, 32},
                                {80, 32},
                                {40, 40},
                                {40, 16},
                                {6, 2}})
    for (const char *style : {"half", "interleaved"})
      text += llvm::formatv(R"(
    func.func @rope_{0}_{1}_{2}(%x: tensor<?x3x{0}xf32> {{llm.sizes = #llm.sizes<[s0, 3, {0}]>}, %c: tensor<?x{3}xf32> {{llm.sizes = #llm.sizes<[s0, {3}]>}, %s: tensor<?x{3}xf32> {{llm.sizes = #llm.sizes<[s0, {3}]>}) -> tensor<?x3x{0}xf32> {{
      %y = llm.rope %x, %c, %s style {2} : tensor<?x3x{0}xf32>, tensor<?x{3}xf32>, tensor<?x{3}xf32>
      return %y : tensor<?x3x{0}xf32>
    }
    func.func @transposed_{0}_{1}_{2}(%x: tensor<?x3x{0}xf32> {{llm.sizes = #llm.sizes<[s0, 3, {0}]>}, %c: tensor<?x{3}xf32> {{llm.sizes = #llm.sizes<[s0, {3}]>}, %s: tensor<?x{3}xf32> {{llm.sizes = #llm.sizes<[s0, {3}]>}) -> tensor<3x{0}x?xf32> {{
      %y = llm.rope %x, %c, %s style {2} : tensor<?x3x{0}xf32>, tensor<?x{3}xf32>, tensor<?x{3}xf32>
      %z = llm.transpose %y perm [1, 2, 0] : tensor<?x3x{0}xf32> -> tensor<3x{0}x?xf32>
      return %z : tensor<3x{0}x?xf32>
    })",
                            depth, turning, style, turning / 2);
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      expectEqual(runner, {{1}, {5}}, -2, 2, {2e-6, 1e-6});
    }
  }
}

TEST(DecoderOps, TopKAndTakeAlong) {
  std::string text;
  for (auto [width, k] :
       {std::pair(1, 1), {8, 2}, {8, 8}, {60, 6}, {128, 9}, {20, 18}})
    text += llvm::formatv(R"(
    func.func @top_{0}_{1}(%x: tensor<?x{0}xf32> {{llm.sizes = #llm.sizes<[s0, {0}]>}) -> tensor<?x{1}xi32> {{
      %y = llm.top_k %x k {1} : tensor<?x{0}xf32> -> tensor<?x{1}xi32>
      return %y : tensor<?x{1}xi32>
    }
    func.func @take_{0}_{1}(%x: tensor<?x{0}xf32> {{llm.sizes = #llm.sizes<[s0, {0}]>}) -> tensor<?x{1}xf32> {{
      %y = llm.top_k %x k {1} : tensor<?x{0}xf32> -> tensor<?x{1}xi32>
      %z = llm.take_along %x, %y : tensor<?x{0}xf32>, tensor<?x{1}xi32> -> tensor<?x{1}xf32>
      return %z : tensor<?x{1}xf32>
    })",
                          width, k);
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      expectEqual(runner, rowCounts);
      EXPECT_EQ(runner.kernel().family(), "reduce");
    }
    runner.select("top_8_8");
    double infinity = std::numeric_limits<double>::infinity();
    double nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<HostTensor> row = runner.makeArguments({1});
    llvm::copy(std::initializer_list<double>{0.0, nan, -1e30, 3, -0.0, infinity,
                                             3, -7},
               row[0].floats().begin());
    std::vector<int64_t> expected{5, 3, 6, 0, 4, 7, 2, 1};
    EXPECT_EQ(runner.run({1}, row).integers(), llvm::ArrayRef(expected));
    EXPECT_EQ(runner.evaluate({1}, row).integers(), llvm::ArrayRef(expected));
  }
}

TEST(DecoderOps, TakeAlongOutOfRange) {
  const char *text = R"(
    func.func @take(%x: tensor<?x5xf32> {llm.sizes = #llm.sizes<[s0, 5]>}, %i: tensor<?x2xi32> {llm.sizes = #llm.sizes<[s0, 2]>}) -> tensor<?x2xf32> {
      %z = llm.take_along %x, %i : tensor<?x5xf32>, tensor<?x2xi32> -> tensor<?x2xf32>
      return %z : tensor<?x2xf32>
    })";
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    std::vector<HostTensor> arguments = runner.makeArguments({2});
    for (int64_t wrong : {-1, 5, INT32_MAX, INT32_MIN}) {
      arguments[1].integers()[3] = wrong;
      uint32_t error = 0;
      runner.run({2}, arguments, false, &error);
      EXPECT_EQ(error, uint32_t(WEFT_ERROR_INDEX_OUT_OF_RANGE));
    }
  }
}
