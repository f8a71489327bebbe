//===- ExpertLinearTest.cpp - Products with the weights of experts --------===//
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

TEST(ExpertLinearKernels, Floats) {
  std::string text;
  for (auto [columns, depth] : {std::pair(1, 1), {70, 33}, {64, 100}})
    for (const char *type : {"f32", "bf16", "f16"})
      for (const char *input : {"?x", "?x2x"})
        text += llvm::formatv(R"(
    func.func @experts_{0}_{1}_{2}_{3}(%x: tensor<{4}{1}xf32> {{llm.sizes = #llm.sizes<[{5}{1}]>}, %w: tensor<4x{0}x{1}x{2}> {{llm.sizes = #llm.sizes<[4, {0}, {1}]>}, %e: tensor<?x2xi32> {{llm.sizes = #llm.sizes<[s0, 2]>}) -> tensor<?x2x{0}xf32> {{
      %y = llm.expert_linear %x, %w, %e : tensor<{4}{1}xf32>, tensor<4x{0}x{1}x{2}>, tensor<?x2xi32> -> tensor<?x2x{0}xf32>
      %z = llm.silu %y : tensor<?x2x{0}xf32>
      return %z : tensor<?x2x{0}xf32>
    })",
                              columns, depth, type, strlen(input), input,
                              input[2] ? "s0, 2, " : "s0, ");
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      // Experts are 0 to 3.
      std::vector<HostTensor> arguments = runner.makeArguments({5});
      fill(arguments, 0, 3, 5);
      arguments[1].roundToElementType();
      HostTensor got = runner.run({5}, arguments);
      expectClose(got, runner.evaluate({5}, arguments), {1e-4, 1e-5}, name);
      EXPECT_EQ(runner.kernel().family(), "expert_linear");
    }
  }
}

/// Random bytes; blocks begin with one f16 scale, or with two numbers.
static std::vector<uint8_t> randomBlocks(const BlockFormatInfo &info,
                                         int64_t elements) {
  std::mt19937 random(3);
  std::vector<uint8_t> bytes(elements / info.elements * info.bytes);
  for (uint8_t &byte : bytes)
    byte = random();
  for (size_t block = 0; block < bytes.size(); block += info.bytes)
    for (size_t high : {1, 3})
      bytes[block + high] = 0x20 + random() % 8;
  return bytes;
}

TEST(ExpertLinearKernels, Blocks) {
  std::string text;
  // GPUs do not round activations.
  bool isForGPU = llvm::StringRef(archsHere().front()).starts_with("sm_");
  std::vector<const char *> kinds = {"", "activations q8 "};
  kinds.resize(isForGPU ? 1 : 2);
  for (const char *format : {"q4_1", "q8_0", "q4_k"})
    for (const char *activations : kinds)
      text += llvm::formatv(R"(
    func.func @{0}{2}(%x: tensor<?x256xf32> {{llm.sizes = #llm.sizes<[s0, 256]>}, %w: tensor<4x19x256x!llm.block<{0}>> {{llm.sizes = #llm.sizes<[4, 19, 256]>}, %e: tensor<?x2xi32> {{llm.sizes = #llm.sizes<[s0, 2]>}) -> tensor<?x2x19xf32> {{
      %y = llm.expert_linear %x, %w, %e {1}: tensor<?x256xf32>, tensor<4x19x256x!llm.block<{0}>>, tensor<?x2xi32> -> tensor<?x2x19xf32>
      return %y : tensor<?x2x19xf32>
    })",
                            format, activations, *activations ? "_q8" : "");
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      std::vector<HostTensor> arguments = runner.makeArguments({3});
      fill(arguments, 0, 3, 5);
      auto type = llvm::cast<BlockType>(arguments[1].getElementType());
      arguments[1].setStoredBytes(
          randomBlocks(type.getInfo(), arguments[1].getNumElements()));
      HostTensor got = runner.run({3}, arguments);
      HostTensor expected = runner.evaluate({3}, arguments);
      double greatest = 0;
      for (double value : expected.floats())
        greatest = std::max(greatest, std::abs(value));
      EXPECT_GT(greatest, 0);
      expectClose(got, expected, {1e-5 * greatest, 1e-5}, name);
    }
  }
}
