//===- IntegerUses.h - Which integers a program accepts ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_INTEGERUSES_H
#define LIB_REFERENCE_INTEGERUSES_H

#include "lib/Reference/BindSizes.h"

namespace weft {

/// Integers, both ends included.
struct IntegerRange {
  int64_t minimum;
  int64_t maximum;
  /// 0 hides and 1 keeps an element.
  bool isMask = false;
  /// Ascending from the minimum to the maximum: where the parts of a whole
  /// start and end.
  bool isPartition = false;
};

/// What elements of an integer argument may be, by the ops that they reach:
/// rows of an embedding's table, elements along a gather's axis; 0 and 1 where
/// such an index is computed from them, as positions are from a mask, and where
/// they are only compared or converted, as masks are; else 1 to 9.
IntegerRange rangeOfUses(mlir::Value argument, SizeAnalysis &sizes,
                         const SizeBinding &binding);

} // namespace weft

#endif // LIB_REFERENCE_INTEGERUSES_H
