//===- LoweredPrecision.h - How far rounded weights move results -*- C++
//-*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_LOWEREDPRECISION_H
#define LIB_REFERENCE_LOWEREDPRECISION_H

#include "dialects/LLM/IR/HostTensor.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace weft {

/// True for a pass that changes numbers on purpose.
bool lowersPrecision(llvm::StringRef pass);

/// What such a pass may move results by, in units of `1 + |expected|`: 32 times
/// what rounding to the coarsest type of a weight may move one number of
/// size 1. bf16: 0.125, f16: 0.0156. Errors of single weights are independent,
/// so that a deep model stays far below; a wrong rounding does not.
double loweredTolerance(mlir::ModuleOp module);

/// True when the results of a pass that rounds activations moved by less than
/// half of their size, in root mean square. What a deep model makes of such
/// roundings is not bounded for a single result; a wrong rounding moves all of
/// them by more.
bool movedLittle(llvm::StringRef pass, llvm::ArrayRef<HostTensor> found,
                 llvm::ArrayRef<HostTensor> expected);

/// "0.21% (root mean square), at most 0.0123 where 0.73 was expected"; empty
/// for tensors of integers.
std::string describeMovement(const HostTensor &found,
                             const HostTensor &expected);

} // namespace weft

#endif // LIB_REFERENCE_LOWEREDPRECISION_H
