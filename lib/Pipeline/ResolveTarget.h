//===- ResolveTarget.h - What to generate code for --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PIPELINE_RESOLVETARGET_H
#define LIB_PIPELINE_RESOLVETARGET_H

#include "lib/Pipeline/Diagnostics.h"
#include "lib/Pipeline/GenerateCode.h"
#include "weft/Compiler.h"

namespace weft {

/// What the options name, with those checked that only one kind of target has.
/// Diagnostics of `context` go to `diagnostics`.
StatusOr<CodeTarget> resolveTarget(const CompileOptions &options,
                                   mlir::MLIRContext &context,
                                   const DiagnosticCollector &diagnostics);

} // namespace weft

#endif // LIB_PIPELINE_RESOLVETARGET_H
