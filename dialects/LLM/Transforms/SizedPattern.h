//===- SizedPattern.h - Patterns that look at sizes -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_SIZEDPATTERN_H
#define DIALECTS_LLM_TRANSFORMS_SIZEDPATTERN_H

#include "dialects/LLM/Analysis/SizeAnalysis.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace weft {

/// A pattern that asks for the sizes of values.
template <typename OpT> struct SizedPattern : mlir::OpRewritePattern<OpT> {
  SizedPattern(mlir::MLIRContext *context, SizeAnalysis &sizes)
      : mlir::OpRewritePattern<OpT>(context), sizes(sizes) {}

  SizeAnalysis &sizes;
};

/// Applies patterns until none fits; `sizes` forgets the values that go.
inline mlir::LogicalResult applySizedPatterns(mlir::Operation *root,
                                              mlir::RewritePatternSet patterns,
                                              SizeAnalysis &sizes) {
  mlir::GreedyRewriteConfig config;
  config.setListener(&sizes);
  return mlir::applyPatternsGreedily(root, std::move(patterns), config);
}

} // namespace weft

#endif // DIALECTS_LLM_TRANSFORMS_SIZEDPATTERN_H
