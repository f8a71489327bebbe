//===- MatMulTest.cpp - Products of matrices on a GPU ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CUDA/CUDAKernels.h"
#include "test/lib/Codegen/CUDA/ProductCase.h"

#include <gtest/gtest.h>
#include <regex>

using namespace weft;

namespace {
/// Rows for all three ways, around the sizes of tiles.
const std::vector<std::vector<int64_t>> rowCounts = {{1}, {4}, {5}, {131}};

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

/// Both operands are activations, whose columns lie side by side on the right.
TEST(CUDAMatMul, BatchedHalves) {
  std::string text = R"(
    func.func @scores(%q: tensor<?x3x?x40xHALF> {llm.sizes = #llm.sizes<[s0, 3, s1, 40]>}, %k: tensor<?x3x40x?xHALF> {llm.sizes = #llm.sizes<[s0, 3, 40, s2]>}) -> tensor<?x3x?x?xf32> {
      %a = llm.cast %q : tensor<?x3x?x40xHALF> -> tensor<?x3x?x40xf32>
      %b = llm.cast %k : tensor<?x3x40x?xHALF> -> tensor<?x3x40x?xf32>
      %s = llm.matmul %a, %b : tensor<?x3x?x40xf32>, tensor<?x3x40x?xf32> -> tensor<?x3x?x?xf32>
      return %s : tensor<?x3x?x?xf32>
    }
    func.func @broadcast(%p: tensor<?x1x?x?xHALF> {llm.sizes = #llm.sizes<[s0, 1, s1, s2]>}, %v: tensor<3x?x72xHALF> {llm.sizes = #llm.sizes<[3, s2, 72]>}) -> tensor<?x3x?x72xHALF> {
      %s = llm.matmul %p, %v : tensor<?x1x?x?xHALF>, tensor<3x?x72xHALF> -> tensor<?x3x?x72xHALF>
      return %s : tensor<?x3x?x72xHALF>
    }
    func.func @low(%p: tensor<7x?xHALF> {llm.sizes = #llm.sizes<[7, s0]>}, %v: tensor<?x40xHALF> {llm.sizes = #llm.sizes<[s0, 40]>}) -> tensor<7x40xHALF> {
      %s = llm.matmul %p, %v : tensor<7x?xHALF>, tensor<?x40xHALF> -> tensor<7x40xHALF>
      return %s : tensor<7x40xHALF>
    }
  )";
  for (const char *type : {"f16", "bf16"}) {
    std::string typed = std::regex_replace(text, std::regex("HALF"), type);
    KernelRunner runner(typed, "sm_80");
    EXPECT_FALSE(
        llvm::StringRef(CUDAKernels::of(runner).ptx()).contains("fma.rn.f32"));
    for (const std::string &name : runner.names()) {
      runner.select(name);
      std::vector<std::vector<int64_t>> sizes = {
          {1, 1, 1}, {2, 3, 5}, {1, 67, 33}};
      if (name == "low")
        sizes = {{1}, {33}, {200}};
      // What is f32 is rounded nowhere.
      double tolerance = name == "scores" ? 1e-5 : type[0] == 'b' ? 4e-2 : 5e-3;
      expectEqual(runner, sizes, -1, 1, {tolerance, tolerance});
    }
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

TEST(CUDAMatMul, Blocks) {
  std::vector<ProductCase> cases;
  for (const char *format : {"q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_k",
                             "q3_k", "q4_k", "q5_k", "q6_k", "iq4_nl", "mxfp4"})
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
    for (int64_t rows : {2, 11, 70}) {
      std::vector<HostTensor> arguments = each.blockArguments(runner, rows);
      HostTensor expected = runner.evaluate({rows}, arguments);
      HostTensor result = runner.run({rows}, arguments);
      // Tiles round both operands to f16; few rows are f32.
      EXPECT_LT(relativeError(result, expected), rows <= 4 ? 1e-5 : 1e-3)
          << each.name() << " with " << rows << " rows";
    }
  }
}

/// Each expert has panels of its own.
TEST(CUDAMatMul, ExpertsInBlocks) {
  constexpr int64_t experts = 4, columns = 37, depth = 512;
  std::vector<std::string> formats = {"q4_1", "q6_k", "mxfp4"};
  std::string text;
  for (const std::string &format : formats)
    text += std::regex_replace(std::string(R"(
    func.func @FORMAT(%x: tensor<?x512xf32> {llm.sizes = #llm.sizes<[s0, 512]>}, %w: tensor<4x37x512x!llm.block<FORMAT, 16>> {llm.sizes = #llm.sizes<[4, 37, 512]>}, %e: tensor<?x2xi32> {llm.sizes = #llm.sizes<[s0, 2]>}) -> tensor<?x2x37xf32> {
      %y = llm.expert_linear %x, %w, %e : tensor<?x512xf32>, tensor<4x37x512x!llm.block<FORMAT, 16>>, tensor<?x2xi32> -> tensor<?x2x37xf32>
      return %y : tensor<?x2x37xf32>
    })"),
                               std::regex("FORMAT"), format);
  KernelRunner runner(text, "sm_80");
  for (const std::string &format : formats) {
    runner.select(format);
    EXPECT_EQ(runner.kernel().family(), "expert_linear");
    std::vector<HostTensor> arguments = runner.makeArguments({3});
    fill(arguments, 0, experts - 1, 5);
    std::vector<uint8_t> blocks;
    for (unsigned expert = 0; expert < experts; ++expert)
      llvm::append_range(blocks, randomPackedBlocks(*blockFormatNamed(format),
                                                    columns, depth, expert));
    arguments[1].setStoredBytes(blocks);
    HostTensor expected = runner.evaluate({3}, arguments);
    EXPECT_LT(relativeError(runner.run({3}, arguments), expected), 1e-5)
        << format;
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
