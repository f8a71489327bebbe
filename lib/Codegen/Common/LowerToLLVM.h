//===- LowerToLLVM.h - From emitted kernels to the LLVM dialect -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_LOWERTOLLVM_H
#define LIB_CODEGEN_COMMON_LOWERTOLLVM_H

#include "mlir/IR/BuiltinOps.h"

namespace weft {

/// Lowers the modules in `kernels`, one a kernel, to the LLVM dialect.
mlir::LogicalResult lowerToLLVM(mlir::ModuleOp kernels);

} // namespace weft

#endif // LIB_CODEGEN_COMMON_LOWERTOLLVM_H
