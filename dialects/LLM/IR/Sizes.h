//===- Sizes.h - What ops say of their sizes and costs ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_SIZES_H
#define DIALECTS_LLM_IR_SIZES_H

#include "runtime/base/SizeExpr.h"

#include "llvm/ADT/SmallVector.h"
#include <string>

namespace weft {

/// The symbolic size of each dimension of a tensor.
using Sizes = llvm::SmallVector<SizeExpr, 4>;

/// The work of one op.
struct Cost {
  SizeExpr flops;
  SizeExpr bytesRead;
  SizeExpr bytesWritten;
};

/// How a factor of a sharding rule may be split over devices.
enum class FactorKind {
  PassThrough, ///< Splitting it splits the result.
  Sum,         ///< Splitting it leaves partial sums.
  Max,         ///< Splitting it leaves partial maxima.
  Min,         ///< Splitting it leaves partial minima.
  Replicate,   ///< It must be whole on every device.
};

/// An einsum over factors: which dimensions of operands and result go together.
/// A dimension is a product of factors, major to minor; one without factors is
/// never split. In text, factors are letters ("a" to "z", then "{26}", ...) and
/// compound dimensions are in parentheses: "t(ng)d,snd,snd->t(ng)d"; "_" is a
/// dimension without factors.
struct ShardingRule {
  using Dimension = llvm::SmallVector<unsigned, 1>;
  using Dimensions = llvm::SmallVector<Dimension, 4>;
  llvm::SmallVector<Dimensions, 4> operands;
  Dimensions result;
  llvm::SmallVector<FactorKind, 8> factors;

  std::string str() const;
};

} // namespace weft

#endif // DIALECTS_LLM_IR_SIZES_H
