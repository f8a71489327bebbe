//===- MatMulTest.cpp - Products of matrices on a GPU ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CUDA/CUDAKernels.h"
#include "test/lib/Codegen/CUDA/ProductCase.h"

#include <gtest/gtest.h>

using namespace weft;

namespace {
/// Rows for both ways, around the sizes of tiles.
const std::vector<std::vector<int64_t>> rowCounts = {{1}, {4}, {131}};

void check(const std::vector<ProductCase> &cases, Tolerance tolerance,
           llvm::ArrayRef<std::vector<int64_t>> rows = rowCounts) {
  std::string text;
  for (const ProductCase &each : cases)
    text += each.text();
  KernelRunner runner(text, "sm_80");
  for (const ProductCase &each : cases) {
    runner.select(each.name());
    EXPECT_EQ(runner.kernel().family(), "matmul");
    SCOPED_TRACE(each.name());
    expectEqual(runner, rows, -1, 1, tolerance);
  }
}
} // namespace

TEST(CUDAMatMul, Floats) {
  check({{.columns = 130, .depth = 48, .bias = true, .epilogue = "gelu"},
         {.columns = 1, .depth = 37},
         {.columns = 67, .depth = 20, .epilogue = "add"}},
        {1e-4, 1e-4});
}

/// f16 has 11 bits, bf16 has 8; sums are f32.
TEST(CUDAMatMul, HalfWeights) {
  check({{.columns = 136,
          .depth = 72,
          .weight = "f16",
          .bias = true,
          .epilogue = "gelu"},
         {.columns = 67, .depth = 37, .weight = "f16"},
         {.columns = 70, .depth = 64, .weight = "f16", .prologue = "exp"}},
        {5e-3, 5e-3});
  check({{.columns = 40, .depth = 104, .weight = "bf16"}}, {4e-2, 4e-2});
}

TEST(CUDAMatMul, CopiedHalves) {
  check({{.columns = 136,
          .depth = 200,
          .weight = "f16",
          .input = "f16",
          .epilogue = "add"},
         {.columns = 33, .depth = 8, .weight = "bf16", .input = "bf16"}},
        {4e-2, 4e-2});
}

/// Rows that are widened for an f32 product go to matrix units as they lie.
TEST(CUDAMatMul, WidenedHalves) {
  const char *text = R"(
    func.func @widened(%x: tensor<?x72xf16> {llm.sizes = #llm.sizes<[s0, 72]>}, %w: tensor<136x72xf16> {llm.sizes = #llm.sizes<[136, 72]>}) -> tensor<?x136xf32> {
      %f = llm.cast %x : tensor<?x72xf16> -> tensor<?x72xf32>
      %y = llm.linear %f, %w : tensor<?x72xf32>, tensor<136x72xf16> -> tensor<?x136xf32>
      return %y : tensor<?x136xf32>
    }
  )";
  KernelRunner runner(text, "sm_80");
  // Nothing is rounded but the operands.
  expectEqual(runner, rowCounts, -1, 1, {1e-5, 1e-5});
  llvm::StringRef ptx = CUDAKernels::of(runner).ptx();
  EXPECT_FALSE(ptx.contains("cvt.rn.f16"));
  EXPECT_TRUE(ptx.contains("cp.async"));
}

TEST(CUDAMatMul, Batched) {
  const char *text = R"(
    func.func @scores(%q: tensor<?x3x?x32xf32> {llm.sizes = #llm.sizes<[s0, 3, s1, 32]>}, %k: tensor<?x3x32x?xf32> {llm.sizes = #llm.sizes<[s0, 3, 32, s2]>}) -> tensor<?x3x?x?xf32> {
      %s = llm.matmul %q, %k : tensor<?x3x?x32xf32>, tensor<?x3x32x?xf32> -> tensor<?x3x?x?xf32>
      %c = llm.constant dense<0.125> : tensor<f32>
      %t = llm.mul %s, %c : tensor<?x3x?x?xf32>, tensor<f32> -> tensor<?x3x?x?xf32>
      return %t : tensor<?x3x?x?xf32>
    }
    func.func @broadcast(%p: tensor<?x1x?x?xf32> {llm.sizes = #llm.sizes<[s0, 1, s1, s2]>}, %v: tensor<3x?x20xf32> {llm.sizes = #llm.sizes<[3, s2, 20]>}) -> tensor<?x3x?x20xf32> {
      %s = llm.matmul %p, %v : tensor<?x1x?x?xf32>, tensor<3x?x20xf32> -> tensor<?x3x?x20xf32>
      return %s : tensor<?x3x?x20xf32>
    }
  )";
  KernelRunner runner(text, "sm_80");
  for (const std::string &name : runner.names()) {
    runner.select(name);
    EXPECT_EQ(runner.kernel().family(), "matmul");
    expectEqual(runner, {{1, 1, 1}, {2, 3, 5}, {1, 67, 33}}, -1, 1,
                {1e-4, 1e-5});
  }
}

TEST(CUDAMatMul, RowsThatAreReducedBefore) {
  const char *text = R"(
    func.func @norm(%x: tensor<?x64xf32> {llm.sizes = #llm.sizes<[s0, 64]>}, %g: tensor<64xf32> {llm.sizes = #llm.sizes<[64]>}, %w: tensor<24x64xf16> {llm.sizes = #llm.sizes<[24, 64]>}) -> tensor<?x24xf32> {
      %n = llm.rms_norm %x, %g epsilon 1.0e-5 : tensor<?x64xf32>, tensor<64xf32>
      %y = llm.linear %n, %w : tensor<?x64xf32>, tensor<24x64xf16> -> tensor<?x24xf32>
      return %y : tensor<?x24xf32>
    }
  )";
  KernelRunner runner(text, "sm_80");
  EXPECT_EQ(runner.kernel().family(), "matmul");
  expectEqual(runner, {{1}, {3}, {70}}, -1, 1, {1e-2, 1e-2});
}

/// Those that have readers of their own, and one that has not.
TEST(CUDAMatMul, Blocks) {
  std::vector<ProductCase> cases;
  for (const char *format :
       {"q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q4_k", "q5_k", "q6_k", "q2_k"})
    cases.push_back({.columns = 37,
                     .depth = llvm::StringRef(format).ends_with("k") ? 512 : 96,
                     .block = format,
                     .epilogue = "add"});
  std::string text;
  for (const ProductCase &each : cases)
    text += each.text();
  KernelRunner runner(text, "sm_80");
  for (const ProductCase &each : cases) {
    runner.select(each.name());
    EXPECT_EQ(runner.kernel().family(), "matmul");
    for (int64_t rows : {2, 70}) {
      std::vector<HostTensor> arguments = each.blockArguments(runner, rows);
      HostTensor expected = runner.evaluate({rows}, arguments);
      HostTensor result = runner.run({rows}, arguments);
      // Tiles round both operands to f16; few rows are f32.
      EXPECT_LT(relativeError(result, expected), rows <= 4 ? 1e-5 : 1e-3)
          << each.name() << " with " << rows << " rows";
    }
  }
}

/// Tiles of 128 by 128, both operands copied, and of 128 by 64, rows through
/// registers.
TEST(CUDAMatMul, LargeTiles) {
  const ProductCase cases[] = {
      {.columns = 16384, .depth = 40, .weight = "f16", .input = "f16"},
      {.columns = 16384, .depth = 40, .weight = "f16"},
      {.columns = 16384, .depth = 64, .block = "q4_1", .prologue = "exp"}};
  std::string text;
  for (const ProductCase &each : cases)
    text += each.text();
  KernelRunner runner(text, "sm_80");
  for (const ProductCase &each : cases) {
    runner.select(each.name());
    std::vector<HostTensor> arguments = runner.makeArguments({130});
    if (each.block.empty())
      fill(arguments, -1, 1, 1);
    else
      arguments = each.blockArguments(runner, 130);
    HostTensor expected = runner.evaluate({130}, arguments);
    EXPECT_LT(relativeError(runner.run({130}, arguments), expected), 2e-3)
        << each.name();
  }
}
