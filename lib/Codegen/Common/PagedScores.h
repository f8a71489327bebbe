//===- PagedScores.h - Scores of paged attention as powers of 2 -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_PAGEDSCORES_H
#define LIB_CODEGEN_COMMON_PAGEDSCORES_H

#include "dialects/LLM/IR/AttentionParts.h"
#include "lib/Codegen/Common/ElementEmitter.h"

namespace weft {

/// What queries are multiplied with, so that a weight is 2 to the power of its
/// score: cheaper there than at each score. A cap comes between.
double queryFactor(PagedAttention op);

/// The score, of f32, of a product with such a query.
mlir::Value cappedScore(CodeBuilder &code, PagedAttention op,
                        mlir::Value product);

} // namespace weft

#endif // LIB_CODEGEN_COMMON_PAGEDSCORES_H
