//===- DrawInputs.cpp - Inputs for a comparison ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/DrawInputs.h"
#include "lib/Reference/DrawStep.h"
#include "lib/Reference/IntegerUses.h"

#include <cmath>
#include <numbers>
#include <random>

using namespace mlir;
using namespace weft;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// The best value that the range allows and no other symbol has.
static int64_t drawSize(const SizeFacts &facts, const std::set<int64_t> &used) {
  auto isAllowed = [&](int64_t value) {
    return value >= facts.minimum && value <= facts.maximum &&
           value % facts.divisor == 0;
  };
  for (int64_t prime : {2, 7, 3, 5, 11, 13, 17, 19, 23})
    if (isAllowed(prime) && !used.contains(prime))
      return prime;
  int64_t least =
      (facts.minimum + facts.divisor - 1) / facts.divisor * facts.divisor;
  for (int64_t value = least; value < least + 32 * facts.divisor;
       value += facts.divisor)
    if (value > 0 && isAllowed(value) && !used.contains(value))
      return value;
  return least;
}

SizeBinding weft::drawSizes(func::FuncOp function, SizeAnalysis &sizes) {
  SizeBinding binding;
  drawStepSizes(function, sizes, binding);
  std::set<int64_t> used;
  for (BlockArgument argument : function.getArguments()) {
    // Unrelated sizes would hardly fit together, so unknown ones are equal.
    bool isUnknown = !function.getArgAttr(argument.getArgNumber(), "llm.sizes");
    for (const SizeExpr &size : sizes.getSizes(argument)) {
      std::set<std::string> names;
      size.collectSymbols(names);
      for (const std::string &name : names) {
        if (binding.lookup(name))
          continue;
        int64_t value =
            isUnknown ? 3
                      : drawSize(sizes.getSymbols().of(StringRef(name)), used);
        used.insert(value);
        binding.bind(name, value);
      }
    }
  }
  return binding;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// The standard library's distributions differ between libraries; its engine
/// does not.
static double drawUniform(std::mt19937_64 &engine) {
  return static_cast<double>(engine() >> 11) * 0x1.0p-53;
}

/// Box and Muller (1958).
static double drawNormal(std::mt19937_64 &engine) {
  double radius = std::sqrt(-2 * std::log(1 - drawUniform(engine)));
  return radius * std::cos(2 * std::numbers::pi * drawUniform(engine));
}

static void drawIntegers(HostTensor &tensor, const IntegerRange &range,
                         std::mt19937_64 &engine) {
  uint64_t count = range.maximum - range.minimum + 1;
  for (int64_t &value : tensor.integers())
    value = range.minimum + static_cast<int64_t>(engine() % count);
  if (range.isPartition)
    for (auto [i, value] : llvm::enumerate(tensor.integers()))
      value = range.minimum +
              (range.maximum - range.minimum) * static_cast<int64_t>(i) /
                  std::max<int64_t>(tensor.getNumElements() - 1, 1);
  if (!range.isMask || tensor.getRank() == 0)
    return;
  // A row that is masked everywhere has no agreed meaning.
  int64_t rowLength = std::max<int64_t>(tensor.getShape().back(), 1);
  for (size_t i = 0; i < tensor.integers().size(); i += rowLength)
    tensor.integers()[i] = 1;
}

FailureOr<SmallVector<HostTensor>> weft::drawInputs(func::FuncOp function,
                                                    SizeAnalysis &sizes,
                                                    const SizeBinding &binding,
                                                    uint64_t seed) {
  SmallVector<HostTensor> inputs;
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      return function.emitError()
             << "argument " << argument.getArgNumber() << " of `"
             << function.getSymName() << "` is " << argument.getType()
             << ", but only ranked tensors can be drawn";
    SmallVector<int64_t> shape;
    for (const SizeExpr &size : sizes.getSizes(argument)) {
      StatusOr<int64_t> value = size.evaluate(binding.asValues());
      if (!value.isOk() || *value < 0)
        return function.emitError()
               << "no value was found for size `" << size.str()
               << "` of argument " << argument.getArgNumber() << " of `"
               << function.getSymName() << "`";
      shape.push_back(*value);
    }
    HostTensor tensor(type.getElementType(), shape);
    // An engine for each argument: one does not change with another's shape.
    std::mt19937_64 engine(seed * 1000003 + argument.getArgNumber());
    if (tensor.isFloat()) {
      for (double &value : tensor.floats())
        value = drawNormal(engine);
      tensor.roundToElementType();
    } else {
      drawIntegers(tensor, rangeOfUses(argument, sizes, binding), engine);
      tensor.roundToElementType();
    }
    inputs.push_back(std::move(tensor));
  }
  std::mt19937_64 engine(seed);
  if (failed(drawStep(function, engine, inputs)))
    return failure();
  return inputs;
}
