//===- CompareTensors.cpp - Where two results differ ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/CompareTensors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace weft;

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// The difference in units of what is tolerated: above 1 is too much.
static double errorOf(double found, double expected, double tolerance) {
  if (found == expected || (std::isnan(found) && std::isnan(expected)))
    return 0;
  if (!std::isfinite(found) || !std::isfinite(expected))
    return infinity;
  double error = std::abs(found - expected);
  double allowed = tolerance * (1 + std::abs(expected));
  return allowed == 0 ? infinity : error / allowed;
}

static SmallVector<int64_t, 4> indexOf(size_t linear, ArrayRef<int64_t> shape) {
  SmallVector<int64_t, 4> index(shape.size());
  for (size_t i = shape.size(); i-- != 0;) {
    index[i] = linear % shape[i];
    linear /= shape[i];
  }
  return index;
}

std::optional<Difference> weft::compareTensors(const HostTensor &found,
                                               const HostTensor &expected,
                                               double tolerance) {
  if (found.getShape() != expected.getShape() ||
      found.getElementType() != expected.getElementType()) {
    Difference difference{{}, 0, 0, ""};
    llvm::raw_string_ostream stream(difference.mismatch);
    stream << RankedTensorType::get(found.getShape(), found.getElementType())
           << " where "
           << RankedTensorType::get(expected.getShape(),
                                    expected.getElementType())
           << " was expected";
    return difference;
  }
  std::optional<size_t> worst;
  double worstError = 1;
  auto consider = [&](size_t i, double error) {
    if (error > worstError) {
      worst = i;
      worstError = error;
    }
  };
  auto at = [](const HostTensor &tensor, size_t i) {
    return tensor.isFloat() ? tensor.floats()[i]
                            : static_cast<double>(tensor.integers()[i]);
  };
  if (found.isFloat())
    for (size_t i = 0; i != found.floats().size(); ++i)
      consider(i, errorOf(found.floats()[i], expected.floats()[i], tolerance));
  else
    for (size_t i = 0; i != found.integers().size(); ++i)
      consider(i, found.integers()[i] == expected.integers()[i] ? 0 : infinity);
  if (!worst)
    return std::nullopt;
  return Difference{indexOf(*worst, found.getShape()), at(found, *worst),
                    at(expected, *worst), ""};
}

std::string weft::formatNumber(double value) {
  char digits[32];
  std::snprintf(digits, sizeof(digits), "%.9g", value);
  return digits;
}

double Difference::distance() const {
  double distance = std::abs(found - expected);
  return mismatch.empty() && !std::isnan(distance) ? distance : infinity;
}

std::string Difference::str() const {
  if (!mismatch.empty())
    return mismatch;
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << formatNumber(found) << " at [";
  llvm::interleaveComma(index, stream);
  stream << "] where " << formatNumber(expected) << " was expected";
  return text;
}
