//===- MatMulTest.cpp - Products of matrices ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/KernelCheck.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

using namespace weft;

static std::string linear(int64_t columns, int64_t depth, bool bias,
                          const std::string &epilogue) {
  std::string n = std::to_string(columns), k = std::to_string(depth);
  std::string panels = std::to_string((columns + 15) / 16);
  std::string x = "tensor<?x?x" + k + "xf32>", y = "tensor<?x?x" + n + "xf32>";
  std::string w = "tensor<" + panels + "x" + k + "x16xf32>";
  std::string name = "linear_" + n + "_" + k + (bias ? "_bias" : "");
  return "func.func @" + name + "(%x: " + x +
         " {llm.sizes = #llm.sizes<[s0, s1, " + k + "]>}, %w: " + w +
         " {llm.sizes = #llm.sizes<[" + panels + ", " + k +
         ", 16]>}, %b: tensor<" + n + "xf32> {llm.sizes = #llm.sizes<[" + n +
         "]>}, %r: " + y + " {llm.sizes = #llm.sizes<[s0, s1, " + n +
         "]>}) -> " + y + " {\n  %y = llm.linear %x, %w " +
         (bias ? "bias %b " : "") + "panel 16 : " + x + ", " + w +
         (bias ? ", tensor<" + n + "xf32>" : "") + " -> " + y + "\n" +
         epilogue + "  return %z : " + y + "\n}\n";
}

static std::string residual(int64_t columns) {
  std::string y = "tensor<?x?x" + std::to_string(columns) + "xf32>";
  return "  %z = llm.add %y, %r : " + y + ", " + y + " -> " + y + "\n";
}

static std::string gelu(int64_t columns) {
  std::string y = "tensor<?x?x" + std::to_string(columns) + "xf32>";
  return "  %z = llm.gelu %y approximate none : " + y + "\n";
}

TEST(MatMulKernels, Linear) {
  std::string text =
      linear(16, 1, false, residual(16)) + linear(48, 37, true, gelu(48)) +
      linear(50, 64, true, residual(50)) + linear(1, 40, false, gelu(1)) +
      linear(130, 384, true, gelu(130)) + linear(96, 1024, true, residual(96)) +
      linear(160, 33, true, residual(160)) +
      // Groups of six panels; the last one has four.
      linear(1590, 5, true, residual(1590));
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      EXPECT_EQ(runner.kernel().family(), "matmul");
      expectEqual(runner,
                  {{1, 1},
                   {1, 2},
                   {1, 3},
                   {2, 2},
                   {1, 5},
                   {1, 6},
                   {1, 7},
                   {2, 5},
                   {1, 13},
                   {3, 5},
                   {1, 29},
                   {1, 140},
                   {3, 47},
                   {2, 97}},
                  -1, 1, {1e-4, 1e-5});
    }
  }
}

TEST(MatMulKernels, PrologueAndEpilogue) {
  const char *text = R"(
    func.func @fused(%x: tensor<?x40xf32> {llm.sizes = #llm.sizes<[s0, 40]>}, %w: tensor<3x40x16xf32> {llm.sizes = #llm.sizes<[3, 40, 16]>}) -> tensor<?x2x24xf32> {
      %a = llm.exp %x : tensor<?x40xf32>
      %l = llm.linear %a, %w panel 16 : tensor<?x40xf32>, tensor<3x40x16xf32> -> tensor<?x48xf32>
      %t = llm.tanh %l : tensor<?x48xf32>
      %r = llm.reshape %t to [s0, 2, 24] : tensor<?x48xf32> -> tensor<?x2x24xf32>
      return %r : tensor<?x2x24xf32>
    }
    func.func @half(%x: tensor<?x40xf16> {llm.sizes = #llm.sizes<[s0, 40]>}, %w: tensor<3x40x16xf16> {llm.sizes = #llm.sizes<[3, 40, 16]>}) -> tensor<?x48xf16> {
      %l = llm.linear %x, %w panel 16 : tensor<?x40xf16>, tensor<3x40x16xf16> -> tensor<?x48xf16>
      return %l : tensor<?x48xf16>
    }
    func.func @not_packed(%x: tensor<?x40xf32> {llm.sizes = #llm.sizes<[s0, 40]>}, %w: tensor<19x40xf32> {llm.sizes = #llm.sizes<[19, 40]>}) -> tensor<?x19xf32> {
      %l = llm.linear %x, %w : tensor<?x40xf32>, tensor<19x40xf32> -> tensor<?x19xf32>
      return %l : tensor<?x19xf32>
    }
    func.func @transposed_result(%x: tensor<?x40xf32> {llm.sizes = #llm.sizes<[s0, 40]>}, %w: tensor<3x40x16xf32> {llm.sizes = #llm.sizes<[3, 40, 16]>}) -> tensor<48x?xf32> {
      %l = llm.linear %x, %w panel 16 : tensor<?x40xf32>, tensor<3x40x16xf32> -> tensor<?x48xf32>
      %t = llm.transpose %l perm [1, 0] : tensor<?x48xf32> -> tensor<48x?xf32>
      return %t : tensor<48x?xf32>
    }
  )";
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      bool narrow = name == "half";
      expectEqual(runner, {{1}, {2}, {17}, {128}}, -1, 1,
                  {narrow ? 2e-3 : 1e-4, narrow ? 2e-3 : 1e-5});
    }
  }
}

static const char *const normTails = R"(
    func.func @layer_norm(%x: tensor<?x?x9xf32> {llm.sizes = #llm.sizes<[s0, s1, 9]>}, %w: tensor<7x9x16xf32> {llm.sizes = #llm.sizes<[7, 9, 16]>}, %b: tensor<100xf32> {llm.sizes = #llm.sizes<[100]>}, %r: tensor<?x?x100xf32> {llm.sizes = #llm.sizes<[s0, s1, 100]>}, %s: tensor<100xf32> {llm.sizes = #llm.sizes<[100]>}, %t: tensor<100xf32> {llm.sizes = #llm.sizes<[100]>}) -> tensor<?x?x100xf32> {
      %l = llm.linear %x, %w bias %b panel 16 : tensor<?x?x9xf32>, tensor<7x9x16xf32>, tensor<100xf32> -> tensor<?x?x100xf32>
      %a = llm.add %l, %r : tensor<?x?x100xf32>, tensor<?x?x100xf32> -> tensor<?x?x100xf32>
      %y = llm.layer_norm %a, %s bias %t epsilon 1.0e-5 : tensor<?x?x100xf32>, tensor<100xf32>, tensor<100xf32>
      return %y : tensor<?x?x100xf32>
    }
    func.func @rms_norm(%x: tensor<?x?x24xf32> {llm.sizes = #llm.sizes<[s0, s1, 24]>}, %w: tensor<9x24x16xbf16> {llm.sizes = #llm.sizes<[9, 24, 16]>}) -> tensor<?x?x144xf32> {
      %l = llm.linear %x, %w panel 16 : tensor<?x?x24xf32>, tensor<9x24x16xbf16> -> tensor<?x?x144xf32>
      %s = llm.constant dense<1.5> : tensor<144xf32>
      %y = llm.rms_norm %l, %s epsilon 1.0e-5 : tensor<?x?x144xf32>, tensor<144xf32>
      return %y : tensor<?x?x144xf32>
    }
    func.func @many_blocks(%x: tensor<?x?x2xf32> {llm.sizes = #llm.sizes<[s0, s1, 2]>}, %w: tensor<1x2x16xf32> {llm.sizes = #llm.sizes<[1, 2, 16]>}) -> tensor<?x?x5xf32> {
      %l = llm.linear %x, %w panel 16 : tensor<?x?x2xf32>, tensor<1x2x16xf32> -> tensor<?x?x5xf32>
      %s = llm.constant dense<1.0> : tensor<5xf32>
      %y = llm.rms_norm %l, %s epsilon 1.0e-2 : tensor<?x?x5xf32>, tensor<5xf32>
      return %y : tensor<?x?x5xf32>
    }
)";

TEST(MatMulKernels, NormBehind) {
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(normTails, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      EXPECT_EQ(runner.kernel().family(), "matmul");
      expectEqual(runner, {{1, 1}, {1, 7}, {2, 9}, {1, 141}, {2, 150}}, -1, 1,
                  {1e-4, 1e-4});
    }
    // More blocks of rows than counters.
    runner.select("many_blocks");
    expectEqual(runner, {{3, 3001}}, -1, 1, {1e-4, 1e-4});
  }
}

/// The items go to threads in any order; bytes do not depend on it.
TEST(MatMulKernels, NormBehindOnThreads) {
  KernelRunner runner(normTails, archsHere().back());
  runner.select("layer_norm");
  const artifact::Kernel &kernel = runner.kernel();
  std::vector<int64_t> sizes = {1, 1500};
  std::vector<GuardedMemory> memory;
  std::vector<void *> buffers;
  for (const artifact::KernelBuffer &buffer : kernel.buffers()) {
    size_t bytes = valueOf(buffer.least_bytes(), sizes);
    memory.emplace_back(bytes);
    buffers.push_back(memory.back().bytes());
    for (size_t i = 0; i < bytes / 4; ++i)
      memory.back().floats()[i] = float(i * 7 % 31) - 15;
  }
  uint32_t words[WEFT_ARRIVALS_AT + WEFT_ARRIVALS] = {};
  WeftArgs args{buffers.data(), sizes.data(), words};
  WeftKernel function = CPUKernels::of(runner).function(kernel);
  uint64_t items = valueOf(kernel.items(), sizes);
  ASSERT_GT(items, 10u);
  auto runOn = [&](unsigned count) {
    GuardedMemory &output = memory.back();
    size_t bytes = valueOf(kernel.buffers().rbegin()->least_bytes(), sizes);
    std::memset(output.bytes(), 0xff, bytes);
    std::atomic<uint64_t> next = 0;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < count; ++i)
      threads.emplace_back([&] {
        GuardedMemory scratch(valueOf(kernel.scratch_bytes(), sizes));
        for (uint64_t item; (item = next++) < items;)
          function(&args, item, item + 1, scratch.bytes());
      });
    for (std::thread &thread : threads)
      thread.join();
    return std::string(output.bytes(), bytes);
  };
  std::string expected = runOn(1);
  for (unsigned count : {2, 3, 4})
    for (int repeat = 0; repeat < 20; ++repeat)
      ASSERT_EQ(runOn(count), expected) << count << " threads";
  for (uint32_t word : words)
    EXPECT_EQ(word, 0u);
}

TEST(MatMulKernels, Batched) {
  const char *text = R"(
    func.func @scores(%q: tensor<?x3x?x32xf32> {llm.sizes = #llm.sizes<[s0, 3, s1, 32]>}, %k: tensor<?x3x32x?xf32> {llm.sizes = #llm.sizes<[s0, 3, 32, s2]>}) -> tensor<?x3x?x?xf32> {
      %s = llm.matmul %q, %k : tensor<?x3x?x32xf32>, tensor<?x3x32x?xf32> -> tensor<?x3x?x?xf32>
      %c = llm.constant dense<0.125> : tensor<f32>
      %t = llm.mul %s, %c : tensor<?x3x?x?xf32>, tensor<f32> -> tensor<?x3x?x?xf32>
      return %t : tensor<?x3x?x?xf32>
    }
    func.func @context(%p: tensor<?x3x?x?xf32> {llm.sizes = #llm.sizes<[s0, 3, s1, s2]>}, %v: tensor<?x3x?x20xf32> {llm.sizes = #llm.sizes<[s0, 3, s2, 20]>}) -> tensor<?x3x?x20xf32> {
      %s = llm.matmul %p, %v : tensor<?x3x?x?xf32>, tensor<?x3x?x20xf32> -> tensor<?x3x?x20xf32>
      return %s : tensor<?x3x?x20xf32>
    }
    func.func @broadcast(%p: tensor<?x1x?x?xf32> {llm.sizes = #llm.sizes<[s0, 1, s1, s2]>}, %v: tensor<3x?x20xf32> {llm.sizes = #llm.sizes<[3, s2, 20]>}) -> tensor<?x3x?x20xf32> {
      %s = llm.matmul %p, %v : tensor<?x1x?x?xf32>, tensor<3x?x20xf32> -> tensor<?x3x?x20xf32>
      return %s : tensor<?x3x?x20xf32>
    }
    func.func @integers(%p: tensor<?x?xi64> {llm.sizes = #llm.sizes<[s0, s1]>}, %v: tensor<?x?xi64> {llm.sizes = #llm.sizes<[s1, s2]>}) -> tensor<?x?xi64> {
      %s = llm.matmul %p, %v : tensor<?x?xi64>, tensor<?x?xi64> -> tensor<?x?xi64>
      return %s : tensor<?x?xi64>
    }
  )";
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      expectEqual(runner, {{1, 1, 1}, {2, 3, 5}, {1, 17, 33}, {2, 16, 16}}, -1,
                  1, {1e-4, 1e-5});
    }
  }
}

TEST(MatMulKernels, AttentionInGeneralForm) {
  const char *text = R"(
    func.func @attend(%q: tensor<?x?x4x5xf64> {llm.sizes = #llm.sizes<[s0, s1, 4, 5]>}, %k: tensor<?x?x2x5xf64> {llm.sizes = #llm.sizes<[s0, s2, 2, 5]>}, %v: tensor<?x?x2x7xf64> {llm.sizes = #llm.sizes<[s0, s2, 2, 7]>}, %m: tensor<?x1x1x?xf64> {llm.sizes = #llm.sizes<[s0, 1, 1, s2]>}) -> tensor<?x?x4x7xf64> {
      %y = llm.attention %q, %k, %v mask %m causal scale 0.25 : tensor<?x?x4x5xf64>, tensor<?x?x2x5xf64>, tensor<?x?x2x7xf64>, tensor<?x1x1x?xf64> -> tensor<?x?x4x7xf64>
      return %y : tensor<?x?x4x7xf64>
    }
  )";
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    EXPECT_EQ(runner.kernel().family(), "general");
    expectEqual(runner, {{1, 1, 1}, {2, 3, 5}, {1, 7, 7}}, -1, 1, {1e-9, 1e-9});
  }
}
