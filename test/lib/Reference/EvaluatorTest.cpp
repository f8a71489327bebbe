//===- EvaluatorTest.cpp --------------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "lib/Reference/DrawInputs.h"

#include "mlir/Parser/Parser.h"

#include <gmock/gmock.h>

using namespace mlir;
using namespace weft;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class EvaluatorTest : public testing::Test {
protected:
  EvaluatorTest()
      : handler(&context, [this](Diagnostic &diagnostic) {
          message = diagnostic.str();
        }) {
    context.loadDialect<LLMDialect, dist::DistDialect, func::FuncDialect>();
  }

  func::FuncOp parse(StringRef text) {
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << message;
    return *module->getOps<func::FuncOp>().begin();
  }

  HostTensor floats(ArrayRef<int64_t> shape, double first = 0) {
    HostTensor tensor(Float32Type::get(&context), shape);
    for (double &value : tensor.floats())
      value = first++;
    return tensor;
  }

  FailureOr<SmallVector<HostTensor>> evaluate(func::FuncOp function,
                                              ArrayRef<HostTensor> inputs) {
    WeightStore weights;
    return Evaluator(weights).evaluate(function, inputs);
  }

  std::string errorOf(func::FuncOp function, ArrayRef<HostTensor> inputs) {
    EXPECT_TRUE(failed(evaluate(function, inputs)));
    return message;
  }

  MLIRContext context;
  std::string message;
  ScopedDiagnosticHandler handler;
  OwningOpRef<ModuleOp> module;
};

constexpr StringRef sum = R"mlir(
  llm.size @batch range(1, 4) divisor 1
  llm.size @length range(2, 64) divisor 2
  func.func @sum(%x: tensor<?x?xf32> {llm.sizes = #llm.sizes<[batch, length]>},
                 %y: tensor<?xf32> {llm.sizes = #llm.sizes<[2 * length + 1]>}
                ) -> tensor<?x?xf32> {
    %0 = llm.slice %y offsets [0] sizes [length] strides [2]
        : tensor<?xf32> -> tensor<?xf32>
    %1 = llm.add %x, %0 : tensor<?x?xf32>, tensor<?xf32> -> tensor<?x?xf32>
    return %1 : tensor<?x?xf32>
  }
)mlir";

TEST_F(EvaluatorTest, BindsSizesFromShapes) {
  auto results = evaluate(parse(sum), {floats({3, 2}), floats({5}, 10)});
  ASSERT_TRUE(succeeded(results)) << message;
  EXPECT_EQ(results->front().getShape(), ArrayRef<int64_t>({3, 2}));
  EXPECT_THAT(results->front().floats(), ElementsAre(10, 13, 12, 15, 14, 17));
}

TEST_F(EvaluatorTest, SolvesForASymbolInAnExpression) {
  func::FuncOp function = parse(R"mlir(
    func.func @f(%x: tensor<?xf32> {llm.sizes = #llm.sizes<[3 * n - 1]>})
        -> tensor<?xi64> {
      %0 = llm.iota axis 0 to [n] : tensor<?xi64>
      return %0 : tensor<?xi64>
    }
  )mlir");
  auto results = evaluate(function, floats({11}));
  ASSERT_TRUE(succeeded(results)) << message;
  EXPECT_THAT(results->front().integers(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(errorOf(function, floats({12})),
              HasSubstr("dimension 0 of argument 0 is 12 but its size is "
                        "`3*n - 1`: "));
}

TEST_F(EvaluatorTest, RefusesShapesThatDisagree) {
  EXPECT_EQ(errorOf(parse(sum), {floats({3, 2}), floats({7})}),
            "dimension 0 of argument 1 is 7 but its size is `2*length + 1`, "
            "which is 5 here");
}

TEST_F(EvaluatorTest, RefusesSizesOutOfRange) {
  EXPECT_EQ(errorOf(parse(sum), {floats({5, 2}), floats({5})}),
            "size `batch` is 5 but is declared as 1 to 4");
  EXPECT_EQ(errorOf(parse(sum), {floats({4, 3}), floats({7})}),
            "size `length` is 3 but is declared as 2 to 64 and a multiple of "
            "2");
}

TEST_F(EvaluatorTest, RefusesOtherInputs) {
  EXPECT_EQ(errorOf(parse(sum), floats({3, 2})),
            "`sum` takes 2 inputs but 1 were given");
  EXPECT_EQ(errorOf(parse(sum), {floats({3}), floats({5})}),
            "argument 0 of `sum` is 'tensor<?x?xf32>' but the input has 1 "
            "dimensions and elements of type 'f32'");
  func::FuncOp function = parse(R"mlir(
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      return %x : tensor<4xf32>
    }
  )mlir");
  EXPECT_EQ(errorOf(function, floats({3})),
            "dimension 0 of argument 0 is 3 but its size is 4");
}

TEST_F(EvaluatorTest, ObservesValuesInKernels) {
  func::FuncOp function = parse(R"mlir(
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = llm.kernel(%x) : (tensor<2xf32>) -> tensor<2xf32> {
      ^bb0(%in: tensor<2xf32>):
        %1 = llm.neg %in : tensor<2xf32>
        llm.yield %1 : tensor<2xf32>
      }
      return %0 : tensor<2xf32>
    }
  )mlir");
  WeightStore weights;
  std::vector<double> seen;
  auto observe = [&](Value value, ArrayRef<WeightStore::Tensor> shards) {
    seen.push_back(shards.front()->floats()[1]);
  };
  ASSERT_TRUE(
      succeeded(Evaluator(weights).evaluate(function, floats({2}), observe)));
  // The function's argument, the kernel's, the op and the kernel.
  EXPECT_THAT(seen, ElementsAre(1, 1, -1, -1));
}

TEST_F(EvaluatorTest, ReturnsAWeightThatStaysInTheStore) {
  func::FuncOp function = parse(R"mlir(
    func.func @f() -> (tensor<2xf32>, tensor<2xf32>) {
      %0 = llm.load_weight @copy : tensor<2xf32>
      return %0, %0 : tensor<2xf32>, tensor<2xf32>
    }
    func.func private @ones() -> tensor<2xf32> {
      %0 = llm.constant dense<1.0> : tensor<2xf32>
      return %0 : tensor<2xf32>
    }
    llm.weight @copy : tensor<2xf32> from @ones()
  )mlir");
  for (int i = 0; i != 2; ++i) {
    auto results = evaluate(function, {});
    ASSERT_TRUE(succeeded(results)) << message;
    EXPECT_THAT((*results)[0].floats(), ElementsAre(1, 1));
    EXPECT_THAT((*results)[1].floats(), ElementsAre(1, 1));
  }
}

TEST_F(EvaluatorTest, RefusesWeightsComputedFromThemselves) {
  func::FuncOp function = parse(R"mlir(
    func.func @f() -> tensor<2xf32> {
      %0 = llm.load_weight @a : tensor<2xf32>
      return %0 : tensor<2xf32>
    }
    func.func private @same(%x: tensor<2xf32>) -> tensor<2xf32> {
      return %x : tensor<2xf32>
    }
    llm.weight @a : tensor<2xf32> from @same(@b)
    llm.weight @b : tensor<2xf32> from @same(@a)
  )mlir");
  EXPECT_THAT(errorOf(function, {}), HasSubstr("is computed from itself"));
}

TEST_F(EvaluatorTest, DrawsInputsThatOpsAccept) {
  func::FuncOp function = parse(R"mlir(
    llm.size @batch range(1, 64) divisor 1
    llm.size @length range(1, 512) divisor 1
    func.func @f(%ids: tensor<?x?xi64> {llm.sizes = #llm.sizes<[batch, length]>},
                 %mask: tensor<?x?xi64> {llm.sizes = #llm.sizes<[batch, length]>},
                 %table: tensor<5x2xf32>) -> (tensor<?x?x2xf32>, tensor<?x?xf32>) {
      %0 = llm.embedding %ids, %table
          : tensor<?x?xi64>, tensor<5x2xf32> -> tensor<?x?x2xf32>
      %1 = llm.cast %mask : tensor<?x?xi64> -> tensor<?x?xf32>
      return %0, %1 : tensor<?x?x2xf32>, tensor<?x?xf32>
    }
  )mlir");
  SizeAnalysis sizes(function);
  SizeBinding binding = drawSizes(function, sizes);
  EXPECT_EQ(binding.lookup("batch"), 2);
  EXPECT_EQ(binding.lookup("length"), 7);
  for (uint64_t seed = 0; seed != 20; ++seed) {
    auto inputs = drawInputs(function, sizes, binding, seed);
    ASSERT_TRUE(succeeded(inputs)) << message;
    EXPECT_THAT((*inputs)[0].integers(),
                Each(testing::AllOf(testing::Ge(0), testing::Lt(5))));
    EXPECT_THAT((*inputs)[1].integers(),
                Each(testing::AnyOf(testing::Eq(0), testing::Eq(1))));
    // No row is masked everywhere.
    EXPECT_EQ((*inputs)[1].integers()[0], 1);
    EXPECT_EQ((*inputs)[1].integers()[7], 1);
    EXPECT_TRUE(succeeded(evaluate(function, *inputs))) << message;
  }
}

TEST_F(EvaluatorTest, DrawsTheSameInputsForTheSameSeed) {
  func::FuncOp function = parse(R"mlir(
    func.func @f(%x: tensor<2x?xf32>) { return }
  )mlir");
  SizeAnalysis sizes(function);
  SizeBinding binding = drawSizes(function, sizes);
  auto first = drawInputs(function, sizes, binding, 1);
  auto second = drawInputs(function, sizes, binding, 1);
  auto other = drawInputs(function, sizes, binding, 2);
  EXPECT_EQ(first->front().floats(), second->front().floats());
  EXPECT_NE(first->front().floats(), other->front().floats());
}

} // namespace
