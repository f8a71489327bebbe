//===- TeamLoop.h - Loops whose turns a team shares -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_TEAMLOOP_H
#define LIB_CODEGEN_COMMON_TEAMLOOP_H

#include "lib/Codegen/Common/CodeBuilder.h"

namespace weft {

/// Turns of the code's team along `size` elements, each thread `step` of them
/// at a time, from rank * step on. Few turns are emitted one by one, so that
/// what one loop has loaded stays in registers for the next.
///
/// `body(i, isInside, carried)` returns the carried values. With `isInside`,
/// `i` is moved to the last step where it would lie beyond it, and what is not
/// inside has to be thrown away; null: all is inside.
CodeBuilder::Values loopInTeam(
    CodeBuilder &code, const SizeExpr &size, int64_t step,
    mlir::ValueRange carried,
    llvm::function_ref<CodeBuilder::Values(mlir::Value i, mlir::Value isInside,
                                           mlir::ValueRange carried)>
        body);

/// Runs `body` where `isInside` of loopInTeam holds, or if it is null.
void ifInside(CodeBuilder &code, mlir::Value isInside,
              llvm::function_ref<void()> body);

} // namespace weft

#endif // LIB_CODEGEN_COMMON_TEAMLOOP_H
