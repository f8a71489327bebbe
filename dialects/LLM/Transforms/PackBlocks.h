//===- PackBlocks.h - Interleave rows of blocks -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_PACKBLOCKS_H
#define DIALECTS_LLM_TRANSFORMS_PACKBLOCKS_H

#include "dialects/LLM/IR/LLM.h"

#include "mlir/IR/Builders.h"

namespace weft {

/// A matrix `[N, K]` of `!llm.block<format>` as one of `!llm.block<format,
/// rows>`, by layout ops on its bytes; see dialects/LLM/IR/BlockLayout.h.
mlir::Value packBlocks(mlir::OpBuilder &builder, mlir::Location location,
                       mlir::Value matrix, int64_t rows);

} // namespace weft

#endif // DIALECTS_LLM_TRANSFORMS_PACKBLOCKS_H
