//===- ReductionTest.cpp - Reductions and normalizations ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/KernelCheck.h"

#include <gtest/gtest.h>

using namespace weft;

static std::string reduce(const std::string &kind, const std::string &type,
                          const std::string &axes, const std::string &result) {
  static int number = 0;
  return "func.func @reduce" + std::to_string(number++) + "_" + kind +
         "(%x: tensor<?x?x?x" + type +
         "> {llm.sizes = #llm.sizes<[s0, s1, s2]>}) -> tensor<" + result + "x" +
         type + "> {\n  %y = llm.reduce " + kind + " %x axes [" + axes +
         "] : tensor<?x?x?x" + type + "> -> tensor<" + result + "x" + type +
         ">\n  return %y : tensor<" + result + "x" + type + ">\n}\n";
}

static const std::vector<std::vector<int64_t>> shapes = {
    {1, 1, 1}, {2, 3, 5}, {3, 2, 16}, {2, 5, 97}, {2, 2, 200}};

TEST(ReductionKernels, Reduce) {
  std::string text;
  for (const char *kind : {"sum", "mean", "max", "min", "prod"})
    for (auto [axes, result] : {std::pair("2", "?x?x1"),
                                {"1", "?x1x?"},
                                {"0, 2", "1x?x1"},
                                {"0, 1, 2", "1x1x1"}})
      text += reduce(kind, "f32", axes, result);
  for (const char *kind : {"sum", "max", "min"})
    text +=
        reduce(kind, "i64", "2", "?x?x1") + reduce(kind, "i32", "1", "?x1x?");
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      bool product = name.ends_with("prod");
      expectEqual(runner, shapes, product ? 0.9 : -3, product ? 1.1 : 3,
                  {3e-5, 3e-5});
      EXPECT_EQ(runner.kernel().family(), "reduce");
    }
  }
}

TEST(ReductionKernels, Normalizations) {
  const char *text = R"(
    func.func @layer_norm(%x: tensor<?x?x384xf32> {llm.sizes = #llm.sizes<[s0, s1, 384]>}, %y: tensor<?x?x384xf32> {llm.sizes = #llm.sizes<[s0, s1, 384]>}, %s: tensor<384xf32> {llm.sizes = #llm.sizes<[384]>}, %b: tensor<384xf32> {llm.sizes = #llm.sizes<[384]>}) -> tensor<?x?x384xf32> {
      %a = llm.add %x, %y : tensor<?x?x384xf32>, tensor<?x?x384xf32> -> tensor<?x?x384xf32>
      %n = llm.layer_norm %a, %s bias %b epsilon 1.0e-12 : tensor<?x?x384xf32>, tensor<384xf32>, tensor<384xf32>
      %r = llm.relu %n : tensor<?x?x384xf32>
      return %r : tensor<?x?x384xf32>
    }
    func.func @ragged_norm(%x: tensor<?x?xf32> {llm.sizes = #llm.sizes<[s0*s1, s2]>}, %s: tensor<?xf32> {llm.sizes = #llm.sizes<[s2]>}) -> tensor<?x?xf32> {
      %n = llm.layer_norm %x, %s epsilon 1.0e-5 : tensor<?x?xf32>, tensor<?xf32>
      return %n : tensor<?x?xf32>
    }
    func.func @softmax_last(%x: tensor<?x?x?xf32> {llm.sizes = #llm.sizes<[s0, s1, s2]>}) -> tensor<?x?x?xf32> {
      %y = llm.softmax %x axis 2 : tensor<?x?x?xf32>
      return %y : tensor<?x?x?xf32>
    }
    func.func @softmax_middle(%x: tensor<?x?x?xf32> {llm.sizes = #llm.sizes<[s0, s1, s2]>}) -> tensor<?x?x?xf32> {
      %y = llm.softmax %x axis 1 : tensor<?x?x?xf32>
      return %y : tensor<?x?x?xf32>
    }
    func.func @norm_of_transposed(%x: tensor<?x?x?xf32> {llm.sizes = #llm.sizes<[s0, s1, s2]>}, %s: tensor<?xf32> {llm.sizes = #llm.sizes<[s2]>}) -> tensor<?x?x?xf32> {
      %n = llm.layer_norm %x, %s epsilon 1.0e-5 : tensor<?x?x?xf32>, tensor<?xf32>
      %t = llm.transpose %n perm [2, 0, 1] : tensor<?x?x?xf32> -> tensor<?x?x?xf32>
      return %t : tensor<?x?x?xf32>
    }
    func.func @pool(%x: tensor<?x?x384xf32> {llm.sizes = #llm.sizes<[s0, s1, 384]>}, %m: tensor<?x?xi64> {llm.sizes = #llm.sizes<[s0, s1]>}, %u: tensor<?xf32> {llm.sizes = #llm.sizes<[s2]>}) -> tensor<?x1x384xf32> {
      %f = llm.cast %m : tensor<?x?xi64> -> tensor<?x?xf32>
      %g = llm.reshape %f to [s0, s1, 1] : tensor<?x?xf32> -> tensor<?x?x1xf32>
      %w = llm.mul %x, %g : tensor<?x?x384xf32>, tensor<?x?x1xf32> -> tensor<?x?x384xf32>
      %sum = llm.reduce sum %w axes [1] : tensor<?x?x384xf32> -> tensor<?x1x384xf32>
      return %sum : tensor<?x1x384xf32>
    }
  )";
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      expectEqual(runner, shapes, -3, 3, {2e-5, 2e-5});
    }
    // A row that is -infinity everywhere.
    runner.select("softmax_last");
    auto arguments = runner.makeArguments({1, 2, 20});
    for (double &x : arguments[0].floats().take_front(20))
      x = -INFINITY;
    HostTensor result = runner.run({1, 2, 20}, arguments);
    EXPECT_EQ(result.floats()[3], 0);
    EXPECT_FLOAT_EQ(result.floats()[23], 0.05);
  }
}
