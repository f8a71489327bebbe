//===- FindDifferenceTest.cpp ---------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/FindDifference.h"

#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace weft;

namespace {

class FindDifferenceTest : public testing::Test {
protected:
  FindDifferenceTest() : evaluator(weights) {
    context.loadDialect<LLMDialect, dist::DistDialect, func::FuncDialect>();
  }

  /// Between functions @before and @after of one input.
  std::optional<DifferingValue> find(StringRef text, ArrayRef<int64_t> shape) {
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    HostTensor input(Float32Type::get(&context), shape);
    for (auto [i, value] : llvm::enumerate(input.floats()))
      value = 1.0 + static_cast<double>(i);
    return findDifference(
        evaluator, module->lookupSymbol<func::FuncOp>("before"),
        module->lookupSymbol<func::FuncOp>("after"), input, {0u}, 1e-9);
  }

  MLIRContext context;
  WeightStore weights;
  Evaluator evaluator;
  OwningOpRef<ModuleOp> module;
};

/// What a shard should be is cut out of the whole value.
TEST_F(FindDifferenceTest, ComparesShardsWithWholeValues) {
  auto difference = find(R"mlir(
    dist.mesh @mesh <"tp" = 2>
    func.func @before(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = llm.relu %x {dist.sharding = #dist.sharding<[{"tp"}]>} : tensor<4xf32> loc("first")
      %1 = llm.neg %0 {dist.sharding = #dist.sharding<[{"tp"}]>} : tensor<4xf32> loc("second")
      return %1 : tensor<4xf32>
    }
    func.func @after(%x: tensor<4xf32>) -> (tensor<2xf32> {dist.sharding = #dist.sharding<[{"tp"}]>}) attributes {dist.local} {
      %0 = llm.slice %x offsets [coord("tp")] sizes [2] strides [1] : tensor<4xf32> -> tensor<2xf32>
      %1 = llm.relu %0 : tensor<2xf32> loc("first")
      %2 = llm.neg %1 : tensor<2xf32> loc("second")
      return %2 : tensor<2xf32>
    }
  )mlir",
                         {4});
  ASSERT_TRUE(difference);
  EXPECT_TRUE(isa<ReluOp>(difference->value.getDefiningOp()));
  EXPECT_EQ(difference->rank, 1u);
  EXPECT_EQ(difference->difference.found, 2);
  EXPECT_EQ(difference->difference.expected, 3);
}

/// A partial sum has no one form; what comes behind it tells. The results of
/// the ranks differ, so that the function has no value.
TEST_F(FindDifferenceTest, PassesByPartialSums) {
  auto difference = find(R"mlir(
    dist.mesh @mesh <"tp" = 2>
    func.func @before(%x: tensor<4xf32>) -> tensor<1xf32> {
      %0 = llm.reduce sum %x axes [0] {dist.sharding = #dist.sharding<[{}] sum {"tp"}>} : tensor<4xf32> -> tensor<1xf32> loc("sum")
      %1 = llm.neg %0 {dist.sharding = #dist.sharding<[{}]>} : tensor<1xf32> loc("behind")
      return %1 : tensor<1xf32>
    }
    func.func @after(%x: tensor<4xf32>) -> tensor<1xf32> attributes {dist.local} {
      %0 = llm.slice %x offsets [2 * coord("tp")] sizes [2] strides [1] : tensor<4xf32> -> tensor<2xf32>
      %1 = llm.reduce sum %0 axes [0] : tensor<2xf32> -> tensor<1xf32> loc("sum")
      %2 = llm.neg %1 : tensor<1xf32> loc("behind")
      return %2 : tensor<1xf32>
    }
  )mlir",
                         {4});
  ASSERT_TRUE(difference);
  EXPECT_TRUE(isa<NegOp>(difference->value.getDefiningOp()));
  EXPECT_EQ(difference->rank, 0u);
  EXPECT_EQ(difference->difference.expected, -10);
}

} // namespace
