//===- CompareTensors.h - Where two results differ --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_COMPARETENSORS_H
#define LIB_REFERENCE_COMPARETENSORS_H

#include "dialects/LLM/IR/HostTensor.h"

#include <optional>
#include <string>

namespace weft {

/// As many digits as it takes to see where two numbers part.
std::string formatNumber(double value);

/// The element that differs most.
struct Difference {
  llvm::SmallVector<int64_t, 4> index;
  double found;
  double expected;
  /// For tensors of different shape or type, which have no elements to compare.
  std::string mismatch;

  /// Between the two elements; infinite where that is no number.
  double distance() const;
  /// "3.5 at [0, 2] where 3.25 was expected".
  std::string str() const;
};

/// Nothing when the tensors agree: every float is as close to the expected one
/// as `|found - expected| <= tolerance * (1 + |expected|)`, infinities are the
/// same, NaN stands where NaN is expected, and integers are equal.
std::optional<Difference> compareTensors(const HostTensor &found,
                                         const HostTensor &expected,
                                         double tolerance);

} // namespace weft

#endif // LIB_REFERENCE_COMPARETENSORS_H
