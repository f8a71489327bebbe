//===- FindDifference.h - The op where programs part ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_FINDDIFFERENCE_H
#define LIB_REFERENCE_FINDDIFFERENCE_H

#include "lib/Reference/CompareTensors.h"
#include "lib/Reference/Evaluator.h"

namespace weft {

/// The names by which a value is known before and after a pass: of each
/// NameLoc, also those of ops that were fused, and each place in a file.
llvm::SmallVector<std::string> namesOf(mlir::Location location);

/// A value that no value of the same name agrees with.
struct DifferingValue {
  mlir::Value value;
  Difference difference;
  /// The first rank that differs, in the local form.
  std::optional<unsigned> rank;
};

/// Of two versions of a function whose results `differing` don't agree: the
/// first value of `after` that differs from all values of its name and shape
/// in `before`, and on which the results depend otherwise than through values
/// that agree. Shards are compared with those of their rank, or with those that
/// `dist.sharding` cuts out of a whole value. `after` may fail to evaluate.
/// None when names don't tell.
std::optional<DifferingValue>
findDifference(Evaluator &evaluator, mlir::func::FuncOp before,
               mlir::func::FuncOp after, llvm::ArrayRef<HostTensor> inputs,
               llvm::ArrayRef<unsigned> differing, double tolerance);

} // namespace weft

#endif // LIB_REFERENCE_FINDDIFFERENCE_H
