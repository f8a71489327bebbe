//===- RaiseLinear.cpp - Raise matmul by a weight to linear ---------------===//
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
#define GEN_PASS_DEF_RAISELINEARPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// matmul(x, weight[K, N]) -> linear(x, transpose(weight)).
struct RaiseMatMulToLinear : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatMulOp matmul,
                                PatternRewriter &rewriter) const override {
    Value weight = matmul.getRhs();
    if (cast<RankedTensorType>(weight.getType()).getRank() != 2)
      return rewriter.notifyMatchFailure(matmul, "rhs is not of rank 2");
    if (cast<RankedTensorType>(matmul.getLhs().getType()).getRank() < 2)
      return rewriter.notifyMatchFailure(matmul, "lhs is a vector");
    if (!isa<FloatType>(getElementTypeOrSelf(weight)))
      return rewriter.notifyMatchFailure(matmul, "elements are integers");
    // Known weights are packed and hoisted; a linear of two activations would
    // transpose one of them on every run.
    if (!isWeightLike(weight))
      return rewriter.notifyMatchFailure(matmul, "rhs is not a weight");
    if (isWeightLike(matmul.getLhs()))
      return rewriter.notifyMatchFailure(matmul, "lhs is a weight too");
    Value transposed = transpose(rewriter, weight.getLoc(), weight, {1, 0});
    rewriter.replaceOpWithNewOp<LinearOp>(matmul, matmul.getType(),
                                          matmul.getLhs(), transposed,
                                          /*bias=*/Value(),
                                          /*panel=*/IntegerAttr());
    return success();
  }
};

/// add(linear(x, w), bias[N]) -> linear(x, w, bias).
struct RaiseBias : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp add,
                                PatternRewriter &rewriter) const override {
    for (auto [product, bias] : {std::pair(add.getLhs(), add.getRhs()),
                                 std::pair(add.getRhs(), add.getLhs())}) {
      auto linear = product.getDefiningOp<LinearOp>();
      if (!linear || linear.getBias() || linear.getType() != add.getType() ||
          !linear->hasOneUse() || !isWeightLike(bias) ||
          !isVectorOf(bias, linear.getType().getShape().back()))
        continue;
      auto raised = LinearOp::create(
          rewriter, fuseLocations({linear, add}), linear.getType(),
          linear.getInput(), linear.getWeight(), asVector(rewriter, bias),
          linear.getPanelAttr(), linear.getActivationsAttr());
      rewriter.replaceOp(add, raised);
      return success();
    }
    return rewriter.notifyMatchFailure(
        add, "not a single-use linear without bias plus a vector");
  }
};

struct RaiseLinearPass : impl::RaiseLinearPassBase<RaiseLinearPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseMatMulToLinear, RaiseBias>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace weft
