//===- KernelFunction.h - Functions as kernels ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_KERNELFUNCTION_H
#define LIB_CODEGEN_COMMON_KERNELFUNCTION_H

#include "lib/Codegen/Common/KernelSource.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace weft {

/// A function whose arguments carry `llm.sizes` or have static shapes.
KernelSource kernelSourceOf(mlir::func::FuncOp function, unsigned sizeCount);

} // namespace weft

#endif // LIB_CODEGEN_COMMON_KERNELFUNCTION_H
