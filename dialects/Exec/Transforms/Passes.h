//===- Passes.h - Passes on programs ---------------------------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_EXEC_TRANSFORMS_PASSES_H
#define DIALECTS_EXEC_TRANSFORMS_PASSES_H

#include "dialects/Exec/IR/Exec.h"

#include "mlir/Pass/Pass.h"

namespace weft::exec {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dialects/Exec/Transforms/Passes.h.inc"

} // namespace weft::exec

#endif // DIALECTS_EXEC_TRANSFORMS_PASSES_H
