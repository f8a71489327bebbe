//===- KernelCheck.cpp - Kernels against the evaluator --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/KernelCheck.h"

#include <gtest/gtest.h>
#include <random>

using namespace mlir;

namespace weft {

void fill(std::vector<HostTensor> &tensors, double low, double high,
          unsigned seed) {
  std::mt19937 random(seed);
  for (HostTensor &tensor : tensors) {
    for (double &value : tensor.floats())
      value = low + (high - low) * (random() / 4294967296.0);
    if (tensor.getElementType().isInteger(1))
      for (int64_t &value : tensor.integers())
        value = random() % 2;
    else
      for (int64_t &value : tensor.integers())
        value = int64_t(low) + int64_t(random() % uint64_t(high - low + 1));
    tensor.roundToElementType();
  }
}

void expectClose(const HostTensor &actual, const HostTensor &expected,
                 Tolerance tolerance, const std::string &what) {
  ASSERT_EQ(actual.floats().size(), expected.floats().size()) << what;
  ASSERT_EQ(actual.integers(), expected.integers()) << what;
  for (size_t i = 0; i < actual.floats().size(); ++i) {
    double got = actual.floats()[i], wanted = expected.floats()[i];
    if (got == wanted || (std::isnan(got) && std::isnan(wanted)))
      continue;
    double allowed = tolerance.absolute + tolerance.relative * std::abs(wanted);
    ASSERT_LE(std::abs(got - wanted), allowed)
        << what << " element " << i << ": " << got << " instead of " << wanted;
  }
}

void expectEqual(KernelRunner &runner, ArrayRef<std::vector<int64_t>> sizes,
                 double low, double high, Tolerance tolerance) {
  for (const std::vector<int64_t> &values : sizes) {
    std::vector<HostTensor> arguments = runner.makeArguments(values);
    fill(arguments, low, high, 1);
    HostTensor expected = runner.evaluate(values, arguments);
    expected.roundToElementType();
    std::string what = runner.kernel().name() + " at";
    for (int64_t value : values)
      what += " " + std::to_string(value);
    expectClose(runner.run(values, arguments), expected, tolerance, what);
    expectClose(runner.run(values, arguments, /*reverse=*/true), expected,
                tolerance, what + " backwards");
  }
}

} // namespace weft
