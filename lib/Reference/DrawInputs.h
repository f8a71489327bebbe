//===- DrawInputs.h - Inputs for a comparison -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_DRAWINPUTS_H
#define LIB_REFERENCE_DRAWINPUTS_H

#include "lib/Reference/BindSizes.h"

#include "dialects/LLM/IR/HostTensor.h"

namespace weft {

/// Small values for all symbols of the function's arguments, within their
/// ranges and different from each other where possible (2, 7, 3, 5, 11, ...),
/// so that dimensions that were mixed up don't fit by accident.
SizeBinding drawSizes(mlir::func::FuncOp function, SizeAnalysis &sizes);

/// Inputs of these sizes, the same for the same seed on every machine: floats
/// are drawn from a normal distribution and rounded to their type, integers
/// from what the ops that use them accept (see IntegerUses.h). Fails with a
/// diagnostic at the function for an argument that is not a tensor.
mlir::FailureOr<llvm::SmallVector<HostTensor>>
drawInputs(mlir::func::FuncOp function, SizeAnalysis &sizes,
           const SizeBinding &binding, uint64_t seed);

} // namespace weft

#endif // LIB_REFERENCE_DRAWINPUTS_H
