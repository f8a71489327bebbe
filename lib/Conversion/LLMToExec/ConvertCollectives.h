//===- ConvertCollectives.h - Collectives as commands -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CONVERSION_LLMTOEXEC_CONVERTCOLLECTIVES_H
#define LIB_CONVERSION_LLMTOEXEC_CONVERTCOLLECTIVES_H

#include "dialects/Dist/IR/Dist.h"
#include "dialects/Exec/IR/Exec.h"

namespace weft {

/// Adds the command for a collective, from `source` to `destination`. `sizes`
/// are those of its input.
void convertCollective(mlir::OpBuilder &builder, mlir::Operation &op,
                       const Sizes &sizes, mlir::Value source,
                       mlir::Value destination);

} // namespace weft

#endif // LIB_CONVERSION_LLMTOEXEC_CONVERTCOLLECTIVES_H
