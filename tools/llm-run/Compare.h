//===- Compare.h - Is this the output that was expected? --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_LLM_RUN_COMPARE_H
#define TOOLS_LLM_RUN_COMPARE_H

#include "runtime/base/Npy.h"
#include "tools/common/RuntimeTool.h"

#include <cmath>

namespace weft::tool {

/// |found - expected| <= absolute + relative * |expected|; NaN equals NaN.
struct Tolerance {
  double relative = 1e-3, absolute = 1e-5;
};

/// The greatest difference; fails on another shape, or names the first element
/// out of tolerance. Element types may differ.
inline StatusOr<double> compare(const Tensor &found, const NpyArray &expected,
                                Tolerance tolerance) {
  if (found.shape() != expected.header.shape)
    return Status::error("found " + describe(found.type(), found.shape()) +
                         ", expected " +
                         describe(expected.header.type, expected.header.shape));
  double greatest = 0;
  uint64_t wrong = 0, firstWrong = 0;
  for (uint64_t i = 0; i != found.elementCount(); ++i) {
    double left = elementAt(found.data(), found.type(), i);
    double right = elementAt(expected.data(), expected.header.type, i);
    if (left == right || (std::isnan(left) && std::isnan(right)))
      continue;
    double difference = std::abs(left - right);
    double allowed = tolerance.absolute + tolerance.relative * std::abs(right);
    // A NaN on one side, or an infinity, is beyond any tolerance.
    bool isWrong = !(difference <= allowed) || std::isinf(difference);
    greatest = std::isnan(difference) ? INFINITY
                                      : std::max(greatest, difference);
    if (isWrong && wrong++ == 0)
      firstWrong = i;
  }
  if (wrong == 0)
    return greatest;
  std::vector<int64_t> place;
  uint64_t rest = firstWrong;
  for (size_t d = found.shape().size(); d-- != 0;) {
    auto size = static_cast<uint64_t>(found.shape()[d]);
    place.insert(place.begin(), static_cast<int64_t>(rest % size));
    rest /= size;
  }
  std::string index;
  for (int64_t i : place)
    index += (index.empty() ? "[" : ",") + std::to_string(i);
  char numbers[160];
  std::snprintf(numbers, sizeof(numbers),
                "] is %.9g, expected %.9g; greatest difference %.3g",
                elementAt(found.data(), found.type(), firstWrong),
                elementAt(expected.data(), expected.header.type, firstWrong),
                greatest);
  return Status::error(std::to_string(wrong) + " of " +
                       std::to_string(found.elementCount()) +
                       " elements are out of tolerance; element " +
                       (index.empty() ? "[" : index) + numbers);
}

} // namespace weft::tool

#endif // TOOLS_LLM_RUN_COMPARE_H
