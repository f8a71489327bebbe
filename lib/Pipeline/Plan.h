//===- Plan.h - What a program will do, for people -------------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PIPELINE_PLAN_H
#define LIB_PIPELINE_PLAN_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace weft {

/// Launches, buffers, bytes and floating-point operations of a module's
/// programs, before code generation.
std::string printPlan(mlir::ModuleOp module);

} // namespace weft

#endif // LIB_PIPELINE_PLAN_H
