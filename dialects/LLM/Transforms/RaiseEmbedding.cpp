//===- RaiseEmbedding.cpp - Raise gather of a weight's rows ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Matchers.h"
#include "dialects/LLM/Transforms/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_RAISEEMBEDDINGPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// gather(weight[V, D], ids) axis 0 -> embedding(ids, weight).
struct RaiseGatherToEmbedding : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GatherOp gather,
                                PatternRewriter &rewriter) const override {
    Value table = gather.getInput();
    if (gather.getAxis() != 0)
      return rewriter.notifyMatchFailure(gather, "axis is not 0");
    if (cast<RankedTensorType>(table.getType()).getRank() != 2)
      return rewriter.notifyMatchFailure(gather, "input is not of rank 2");
    if (!isWeightLike(table))
      return rewriter.notifyMatchFailure(gather, "input is not a weight");
    rewriter.replaceOpWithNewOp<EmbeddingOp>(gather, gather.getType(),
                                             gather.getIndices(), table);
    return success();
  }
};

struct RaiseEmbeddingPass : impl::RaiseEmbeddingPassBase<RaiseEmbeddingPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseGatherToEmbedding>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace weft
