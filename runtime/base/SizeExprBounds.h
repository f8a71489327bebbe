//===- SizeExprBounds.h - What values a size can take -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   With batch in [1, 64] and sequence in [8, 512], a multiple of 8:
//   factsOf(batch*sequence - sequence, symbols)  // [0, 32256], divisor 8
//   factsOf(2*batch*sequence + 48, symbols)      // [64, 65584], divisor 16
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_BASE_SIZEEXPRBOUNDS_H
#define RUNTIME_BASE_SIZEEXPRBOUNDS_H

#include "runtime/base/SizeExpr.h"

#include <limits>

namespace weft {

/// What is known of a symbol, or of an expression: both ends are included, and
/// stand for infinity at the ends of 64 bits; `divisor` divides every value.
struct SizeFacts {
  static constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
  static constexpr int64_t highest = std::numeric_limits<int64_t>::max();

  int64_t minimum = lowest;
  int64_t maximum = highest;
  int64_t divisor = 1;
};

/// Facts about a symbol; nothing is known of one for which it is empty.
/// Coordinates are asked for as "coord(\"axis\")".
using SymbolFacts = std::function<std::optional<SizeFacts>(std::string_view)>;

/// Facts that hold for every value of the symbols. Not always the tightest.
SizeFacts factsOf(const SizeExpr &expr, const SymbolFacts &symbols);

} // namespace weft

#endif // RUNTIME_BASE_SIZEEXPRBOUNDS_H
