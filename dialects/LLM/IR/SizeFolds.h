//===- SizeFolds.h - Arithmetic on shapes becomes sizes ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Models compute with their shapes:
//
//   %s = llm.sizes_to_tensor [batch, sequence] : tensor<2xi64>
//   %i = llm.constant dense<1> : tensor<1xi64>
//   %n = llm.gather %s, %i axis 0   ->   llm.sizes_to_tensor [sequence]
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_SIZEFOLDS_H
#define DIALECTS_LLM_IR_SIZEFOLDS_H

namespace mlir {
class RewritePatternSet;
} // namespace mlir

namespace weft {

/// Replaces ops on `llm.sizes_to_tensor` and constants by one
/// `llm.sizes_to_tensor`, as far as size expressions can say the result.
void populateSizeFoldingPatterns(mlir::RewritePatternSet &patterns);

} // namespace weft

#endif // DIALECTS_LLM_IR_SIZEFOLDS_H
