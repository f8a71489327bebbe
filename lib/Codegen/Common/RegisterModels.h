//===- RegisterModels.h - What all code generation needs --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_REGISTERMODELS_H
#define LIB_CODEGEN_COMMON_REGISTERMODELS_H

#include "mlir/IR/DialectRegistry.h"

namespace weft {

/// The dialects in which kernels are emitted, their translation to LLVM IR, and
/// the element form of each `llm` op.
void registerCodegen(mlir::DialectRegistry &registry);

} // namespace weft

#endif // LIB_CODEGEN_COMMON_REGISTERMODELS_H
