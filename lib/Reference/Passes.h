//===- Passes.h - Passes of the reference evaluator -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_REFERENCE_PASSES_H
#define LIB_REFERENCE_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace weft {

#define GEN_PASS_DECL
#include "lib/Reference/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "lib/Reference/Passes.h.inc"

} // namespace weft

#endif // LIB_REFERENCE_PASSES_H
