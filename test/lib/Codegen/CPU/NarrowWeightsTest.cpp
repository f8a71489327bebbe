//===- NarrowWeightsTest.cpp - Weights of 16 bits, read as f32 ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/KernelCheck.h"

#include <gtest/gtest.h>

using namespace weft;

static std::string linear(const std::string &type, int64_t columns,
                          int64_t depth) {
  std::string n = std::to_string(columns), k = std::to_string(depth);
  std::string panels = std::to_string((columns + 15) / 16);
  std::string x = "tensor<?x" + k + "xf32>", y = "tensor<?x" + n + "xf32>";
  std::string w = "tensor<" + panels + "x" + k + "x16x" + type + ">";
  std::string b = "tensor<" + n + "xf32>";
  return "func.func @linear_" + type + "_" + n + "_" + k + "(%x: " + x +
         " {llm.sizes = #llm.sizes<[s0, " + k + "]>}, %w: " + w +
         " {llm.sizes = #llm.sizes<[" + panels + ", " + k +
         ", 16]>}, %b: " + b + " {llm.sizes = #llm.sizes<[" + n + "]>}) -> " +
         y + " {\n  %y = llm.linear %x, %w bias %b panel 16 : " + x + ", " + w +
         ", " + b + " -> " + y +
         "\n  %z = llm.gelu %y approximate none : " + y +
         "\n  return %z : " + y + "\n}\n";
}

/// The weights are numbers of their type, so that only sums are rounded.
TEST(NarrowWeights, LinearOfEverySize) {
  std::string text;
  for (const char *type : {"bf16", "f16"})
    text += linear(type, 1, 40) + linear(type, 16, 1) + linear(type, 50, 64) +
            linear(type, 96, 1023) + linear(type, 130, 384) +
            linear(type, 160, 33);
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      EXPECT_EQ(runner.kernel().family(), "matmul");
      expectEqual(runner,
                  {{1}, {2}, {3}, {4}, {5}, {6}, {7}, {13}, {15}, {29}, {193}},
                  -1, 1, {1e-4, 1e-5});
    }
  }
}

TEST(NarrowWeights, OutsideOfTheMatmulFamily) {
  const char *text = R"(
    func.func @not_packed(%x: tensor<?x40xf32> {llm.sizes = #llm.sizes<[s0, 40]>}, %w: tensor<19x40xbf16> {llm.sizes = #llm.sizes<[19, 40]>}) -> tensor<?x19xf32> {
      %y = llm.linear %x, %w : tensor<?x40xf32>, tensor<19x40xbf16> -> tensor<?x19xf32>
      return %y : tensor<?x19xf32>
    }
    func.func @transposed(%x: tensor<?x40xf32> {llm.sizes = #llm.sizes<[s0, 40]>}, %w: tensor<3x40x16xf16> {llm.sizes = #llm.sizes<[3, 40, 16]>}) -> tensor<48x?xf32> {
      %y = llm.linear %x, %w panel 16 : tensor<?x40xf32>, tensor<3x40x16xf16> -> tensor<?x48xf32>
      %z = llm.transpose %y perm [1, 0] : tensor<?x48xf32> -> tensor<48x?xf32>
      return %z : tensor<48x?xf32>
    }
  )";
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      expectEqual(runner, {{1}, {7}, {33}}, -1, 1, {1e-4, 1e-5});
    }
  }
}

/// Zeros, the least and greatest numbers, subnormals, infinities and NaN pass
/// through a product with 1 and through a table as they are.
TEST(NarrowWeights, SpecialValuesAreWidenedExactly) {
  const char *text = R"(
    func.func @linear_bf16(%x: tensor<?x1xf32> {llm.sizes = #llm.sizes<[s0, 1]>}, %w: tensor<2x1x16xbf16> {llm.sizes = #llm.sizes<[2, 1, 16]>}) -> tensor<?x20xf32> {
      %y = llm.linear %x, %w panel 16 : tensor<?x1xf32>, tensor<2x1x16xbf16> -> tensor<?x20xf32>
      return %y : tensor<?x20xf32>
    }
    func.func @linear_f16(%x: tensor<?x1xf32> {llm.sizes = #llm.sizes<[s0, 1]>}, %w: tensor<2x1x16xf16> {llm.sizes = #llm.sizes<[2, 1, 16]>}) -> tensor<?x20xf32> {
      %y = llm.linear %x, %w panel 16 : tensor<?x1xf32>, tensor<2x1x16xf16> -> tensor<?x20xf32>
      return %y : tensor<?x20xf32>
    }
    func.func @table_bf16(%ids: tensor<?xi64> {llm.sizes = #llm.sizes<[s0]>}, %t: tensor<1x20xbf16> {llm.sizes = #llm.sizes<[1, 20]>}) -> tensor<?x20xf32> {
      %y = llm.embedding %ids, %t : tensor<?xi64>, tensor<1x20xbf16> -> tensor<?x20xf32>
      return %y : tensor<?x20xf32>
    }
    func.func @table_f16(%ids: tensor<?xi64> {llm.sizes = #llm.sizes<[s0]>}, %t: tensor<1x20xf16> {llm.sizes = #llm.sizes<[1, 20]>}) -> tensor<?x20xf32> {
      %y = llm.embedding %ids, %t : tensor<?xi64>, tensor<1x20xf16> -> tensor<?x20xf32>
      return %y : tensor<?x20xf32>
    }
  )";
  std::vector<double> values = {0,        -0.0,      1,         -2,
                                65504,    -65504,    0x1p-14,   -0x1p-14,
                                0x1p-15,  0x1.8p-16, 0x1p-24,   -0x3p-24,
                                0x1p-126, 0x1p-133,  -0x3p-133, 0x1.fep127,
                                INFINITY, -INFINITY, NAN,       0x3.ffp-16};
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      std::vector<HostTensor> arguments = runner.makeArguments({3});
      for (double &x : arguments[0].floats())
        x = 1;
      llvm::copy(values, arguments[1].floats().begin());
      arguments[1].roundToElementType();
      expectClose(runner.run({3}, arguments), runner.evaluate({3}, arguments),
                  {0, 0}, name + " " + arch);
    }
  }
}
