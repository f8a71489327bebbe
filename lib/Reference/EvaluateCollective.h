//===- EvaluateCollective.h - What ranks do together ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_EVALUATECOLLECTIVE_H
#define LIB_REFERENCE_EVALUATECOLLECTIVE_H

#include "lib/Reference/BindSizes.h"
#include "lib/Reference/Shards.h"

namespace weft {

/// True for ops whose result on one rank depends on other ranks: collectives,
/// and a reshard of the local form.
bool combinesRanks(mlir::Operation *op);

/// The op's result on each rank, given its operand and the sizes of each.
/// Fails with a diagnostic that names ranks which don't fit together.
mlir::FailureOr<Shards> evaluateCollective(mlir::Operation *op,
                                           llvm::ArrayRef<WeightStore::Tensor>,
                                           llvm::ArrayRef<SizeBinding> ranks);

} // namespace weft

#endif // LIB_REFERENCE_EVALUATECOLLECTIVE_H
