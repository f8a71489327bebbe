//===- MergeAttentionModel.h - Attention from its parts ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_MERGEATTENTIONMODEL_H
#define LIB_CODEGEN_COMMON_MERGEATTENTIONMODEL_H

#include "mlir/IR/MLIRContext.h"

namespace weft {

/// The element interface of `llm.merge_attention`.
void attachMergeAttentionModel(mlir::MLIRContext &context);

} // namespace weft

#endif // LIB_CODEGEN_COMMON_MERGEATTENTIONMODEL_H
