//===- LLMToExec.h - From kernels to programs ------------------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CONVERSION_LLMTOEXEC_LLMTOEXEC_H
#define LIB_CONVERSION_LLMTOEXEC_LLMTOEXEC_H

#include "dialects/Exec/IR/Exec.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace weft {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Conversion/LLMToExec/Passes.h.inc"

} // namespace weft

#endif // LIB_CONVERSION_LLMTOEXEC_LLMTOEXEC_H
