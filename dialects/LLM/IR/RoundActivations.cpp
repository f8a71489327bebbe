//===- RoundActivations.cpp - Inputs of products as they are seen ---------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/RoundActivations.h"

#include <cmath>

using namespace mlir;

namespace weft {

/// Each number as one of 255 steps of a scale that they share.
static void roundBlock(MutableArrayRef<double> block) {
  float greatest = 0;
  for (double x : block)
    greatest = std::max(greatest, std::fabs(float(x)));
  float scale = greatest / 127.0F;
  for (double &x : block)
    x = scale == 0 ? 0 : double(scale) * std::nearbyint(float(x) / scale);
}

std::vector<double> inputOf(const HostTensor &input,
                            std::optional<ActivationFormat> format) {
  std::vector<double> values(input.floats());
  if (!format || values.empty())
    return values;
  constexpr size_t blockSize = 32;
  size_t depth = input.getShape().back();
  for (size_t row = 0; row < values.size(); row += depth)
    for (size_t k = 0; k < depth; k += blockSize)
      roundBlock(MutableArrayRef(values).slice(row + k,
                                               std::min(blockSize, depth - k)));
  return values;
}

double dot(ArrayRef<double> lhs, ArrayRef<double> rhs) {
  double sum = 0;
  for (auto [x, y] : llvm::zip_equal(lhs, rhs))
    sum += x * y;
  return sum;
}

} // namespace weft
