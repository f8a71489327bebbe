//===- LayoutTest.cpp - Kernels that move elements ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/KernelCheck.h"

#include <gtest/gtest.h>

using namespace weft;

TEST(LayoutKernels, EqualTheEvaluator) {
  const char *text = R"(
    func.func @transpose(%x: tensor<?x?x5xf32> {llm.sizes = #llm.sizes<[s0, s1, 5]>}) -> tensor<5x?x?xf32> {
      %y = llm.transpose %x perm [2, 0, 1] : tensor<?x?x5xf32> -> tensor<5x?x?xf32>
      return %y : tensor<5x?x?xf32>
    }
    func.func @reshape_of_computed(%x: tensor<?x?x6xf32> {llm.sizes = #llm.sizes<[s0, s1, 6]>}) -> tensor<3x?x?xf32> {
      %a = llm.neg %x : tensor<?x?x6xf32>
      %b = llm.reshape %a to [s0*s1, 3, 2] : tensor<?x?x6xf32> -> tensor<?x3x2xf32>
      %c = llm.transpose %b perm [1, 2, 0] : tensor<?x3x2xf32> -> tensor<3x2x?xf32>
      %d = llm.reshape %c to [3, s0, 2*s1] : tensor<3x2x?xf32> -> tensor<3x?x?xf32>
      %e = llm.exp %d : tensor<3x?x?xf32>
      return %e : tensor<3x?x?xf32>
    }
    func.func @slice(%x: tensor<?x?x40xf32> {llm.sizes = #llm.sizes<[s0, s1, 40]>}) -> tensor<?x?x19xf32> {
      %y = llm.slice %x offsets [0, 0, 2] sizes [s0, s1, 19] strides [1, 1, 2] : tensor<?x?x40xf32> -> tensor<?x?x19xf32>
      return %y : tensor<?x?x19xf32>
    }
    func.func @backwards(%x: tensor<?x?x40xf32> {llm.sizes = #llm.sizes<[s0, s1, 40]>}) -> tensor<?x?x20xf32> {
      %y = llm.slice %x offsets [0, s1 - 1, 39] sizes [s0, s1, 20] strides [1, -1, -2] : tensor<?x?x40xf32> -> tensor<?x?x20xf32>
      return %y : tensor<?x?x20xf32>
    }
    func.func @concat_last(%x: tensor<?x?x7xf32> {llm.sizes = #llm.sizes<[s0, s1, 7]>}, %y: tensor<?x?x20xf32> {llm.sizes = #llm.sizes<[s0, s1, 20]>}) -> tensor<?x?x34xf32> {
      %z = llm.concat %x, %y, %x axis 2 : tensor<?x?x7xf32>, tensor<?x?x20xf32>, tensor<?x?x7xf32> -> tensor<?x?x34xf32>
      return %z : tensor<?x?x34xf32>
    }
    func.func @concat_first(%x: tensor<?x?x7xf32> {llm.sizes = #llm.sizes<[s0, s1, 7]>}, %y: tensor<1x?x7xf32> {llm.sizes = #llm.sizes<[1, s1, 7]>}) -> tensor<?x?x7xf32> {
      %z = llm.concat %x, %y axis 0 : tensor<?x?x7xf32>, tensor<1x?x7xf32> -> tensor<?x?x7xf32>
      return %z : tensor<?x?x7xf32>
    }
    func.func @expand(%x: tensor<?x1xf32> {llm.sizes = #llm.sizes<[s0, 1]>}, %u: tensor<?x3xf32> {llm.sizes = #llm.sizes<[s1, 3]>}) -> tensor<?x?x21xf32> {
      %y = llm.expand %x to [s1, s0, 21] : tensor<?x1xf32> -> tensor<?x?x21xf32>
      return %y : tensor<?x?x21xf32>
    }
    func.func @pad(%x: tensor<?x?x30xf32> {llm.sizes = #llm.sizes<[s0, s1, 30]>}) -> tensor<?x?x37xf32> {
      %y = llm.pad %x low [1, 0, 3] high [0, 2, 4] : tensor<?x?x30xf32> -> tensor<?x?x37xf32>
      return %y : tensor<?x?x37xf32>
    }
    func.func @iota(%x: tensor<?x?xi64> {llm.sizes = #llm.sizes<[s0, s1]>}) -> tensor<?x?xi64> {
      %i = llm.iota axis 1 to [s0, s1] : tensor<?x?xi64>
      %y = llm.add %i, %x : tensor<?x?xi64>, tensor<?x?xi64> -> tensor<?x?xi64>
      return %y : tensor<?x?xi64>
    }
    func.func @sizes(%x: tensor<?x?xi64> {llm.sizes = #llm.sizes<[s0, s1]>}) -> tensor<3xi64> {
      %y = llm.sizes_to_tensor [s0, s0*s1, 5] : tensor<3xi64>
      return %y : tensor<3xi64>
    }
    func.func @constant(%x: tensor<?x?x4xf32> {llm.sizes = #llm.sizes<[s0, s1, 4]>}) -> tensor<?x?x4xf32> {
      %c = llm.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
      %y = llm.add %x, %c : tensor<?x?x4xf32>, tensor<4xf32> -> tensor<?x?x4xf32>
      return %y : tensor<?x?x4xf32>
    }
    func.func @pack(%w: tensor<?x37xf32> {llm.sizes = #llm.sizes<[s0, 37]>}, %u: tensor<?xf32> {llm.sizes = #llm.sizes<[s1]>}) -> tensor<?x37x16xf32> {
      %panels = llm.reshape %w to [floordiv(s0, 16), 16, 37] : tensor<?x37xf32> -> tensor<?x16x37xf32>
      %packed = llm.transpose %panels perm [0, 2, 1] : tensor<?x16x37xf32> -> tensor<?x37x16xf32>
      return %packed : tensor<?x37x16xf32>
    }
  )";
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(text, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      if (name == "pack")
        expectEqual(runner, {{16, 1}, {64, 1}}, -9, 9, {0, 0});
      else
        expectEqual(runner, {{1, 1}, {2, 3}, {3, 17}, {5, 32}}, -9, 9,
                    {1e-6, 1e-6});
    }
  }
}

static const char *indexing = R"(
    func.func @embedding(%ids: tensor<?x?xi64> {llm.sizes = #llm.sizes<[s0, s1]>}, %table: tensor<11x37xf32> {llm.sizes = #llm.sizes<[11, 37]>}) -> tensor<?x?x37xf32> {
      %y = llm.embedding %ids, %table : tensor<?x?xi64>, tensor<11x37xf32> -> tensor<?x?x37xf32>
      return %y : tensor<?x?x37xf32>
    }
    func.func @gather(%x: tensor<?x11x?xf32> {llm.sizes = #llm.sizes<[s0, 11, s1]>}, %i: tensor<3xi32> {llm.sizes = #llm.sizes<[3]>}) -> tensor<?x3x?xf32> {
      %y = llm.gather %x, %i axis 1 : tensor<?x11x?xf32>, tensor<3xi32> -> tensor<?x3x?xf32>
      return %y : tensor<?x3x?xf32>
    }
    func.func @gather_last(%x: tensor<?x11xf32> {llm.sizes = #llm.sizes<[s0, 11]>}, %i: tensor<?xi64> {llm.sizes = #llm.sizes<[s1]>}) -> tensor<?x?xf32> {
      %y = llm.gather %x, %i axis 1 : tensor<?x11xf32>, tensor<?xi64> -> tensor<?x?xf32>
      return %y : tensor<?x?xf32>
    }
)";

TEST(LayoutKernels, IndicesThatTheDataGive) {
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(indexing, arch);
    for (const std::string &name : runner.names()) {
      runner.select(name);
      expectEqual(runner, {{1, 1}, {2, 3}, {3, 17}}, 0, 10, {0, 0});
    }
  }
}

TEST(LayoutKernels, AnIndexOutOfRangeIsClampedAndReported) {
  for (const std::string &arch : archsHere()) {
    KernelRunner runner(indexing, arch);
    for (const std::string &name : runner.names())
      for (int64_t index : {int64_t(11), int64_t(-12), INT64_MAX, INT64_MIN}) {
        runner.select(name);
        auto arguments = runner.makeArguments({2, 3});
        for (HostTensor &argument : arguments)
          if (!argument.isFloat())
            argument.integers().back() =
                argument.getElementType().isInteger(32)
                    ? std::clamp<int64_t>(index, INT32_MIN, INT32_MAX)
                    : index;
        uint32_t errors = 0;
        runner.run({2, 3}, arguments, false, &errors);
        EXPECT_EQ(errors, WEFT_ERROR_INDEX_OUT_OF_RANGE)
            << name << " " << index;
      }
  }
}
