//===- RaiseLayerNorm.cpp - Raise mean and variance to layer_norm ---------===//
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
#define GEN_PASS_DEF_RAISELAYERNORMPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// The pieces of (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon).
struct Normalization {
  Value input;
  double epsilon = 0.0;
  SmallVector<Operation *> ops;
};

/// `value` is the mean over the last dimension.
ReduceOp matchMean(Value value) {
  auto mean = value.getDefiningOp<ReduceOp>();
  if (!mean || mean.getKind() != Reduction::mean)
    return nullptr;
  int64_t last = cast<RankedTensorType>(value.getType()).getRank() - 1;
  return mean.getAxes() == ArrayRef<int64_t>(last) ? mean : nullptr;
}

/// `value` is x - mean(x).
bool matchCentered(Value value, Normalization &found) {
  auto sub = value.getDefiningOp<SubOp>();
  auto mean = sub ? matchMean(sub.getRhs()) : nullptr;
  if (!mean || mean.getInput() != sub.getLhs())
    return false;
  found.input = sub.getLhs();
  found.ops.append({sub, mean});
  return true;
}

/// `value` is mean(centered^2) + epsilon.
bool matchVariance(Value value, Value centered, Normalization &found) {
  return matchCommuted<AddOp>(value, [&](AddOp add, Value lhs, Value rhs) {
    std::optional<double> epsilon = matchSplat(rhs);
    ReduceOp mean = matchMean(lhs);
    if (!epsilon || !mean)
      return false;
    Product square = Product::of(mean.getInput());
    if (square.constant != 1.0 || square.factors.size() != 2 ||
        square.factors[0] != centered || square.factors[1] != centered)
      return false;
    found.epsilon = *epsilon;
    found.ops.append({add, mean});
    found.ops.append(square.ops);
    return true;
  });
}

/// `value` is centered / sqrt(variance), centered * rsqrt(variance) or
/// centered * (1 / sqrt(variance)).
bool matchNormalized(Value value, Normalization &found) {
  auto match = [&](Operation *op, Value centered, Value variance,
                   ArrayRef<Operation *> roots) {
    found = Normalization();
    found.ops.push_back(op);
    found.ops.append(roots.begin(), roots.end());
    return matchCentered(centered, found) &&
           matchVariance(variance, centered, found);
  };
  if (auto div = value.getDefiningOp<DivOp>()) {
    auto root = div.getRhs().getDefiningOp<SqrtOp>();
    return root && match(div, div.getLhs(), root.getInput(), {root});
  }
  return matchCommuted<MulOp>(value, [&](MulOp mul, Value lhs, Value rhs) {
    if (auto root = rhs.getDefiningOp<RsqrtOp>())
      return match(mul, lhs, root.getInput(), {root});
    auto inverse = rhs.getDefiningOp<ReciprocalOp>();
    auto root = inverse ? inverse.getInput().getDefiningOp<SqrtOp>() : SqrtOp();
    return root && match(mul, lhs, root.getInput(), {inverse, root});
  });
}

/// normalized(x) * scale -> layer_norm(x, scale).
struct RaiseScaleToLayerNorm : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    for (auto [value, scale] : {std::pair(mul.getLhs(), mul.getRhs()),
                                std::pair(mul.getRhs(), mul.getLhs())}) {
      Normalization found;
      if (!matchNormalized(value, found) ||
          found.input.getType() != mul.getType() ||
          !isVectorOf(scale, mul.getType().getShape().back()))
        continue;
      found.ops.insert(found.ops.begin(), mul);
      // What others use stays, and would be computed again inside the norm.
      for (Operation *op : ArrayRef<Operation *>(found.ops).drop_front())
        if (hasOtherUsers(op, found.ops))
          return rewriter.notifyMatchFailure(
              op, "a part of the norm has other users");
      auto norm = LayerNormOp::create(
          rewriter, fuseLocations(found.ops), mul.getType(), found.input,
          asVector(rewriter, scale), /*bias=*/Value(),
          rewriter.getF32FloatAttr(found.epsilon));
      rewriter.replaceOp(mul, norm);
      return success();
    }
    return rewriter.notifyMatchFailure(mul, "not a scaled normalization");
  }
};

/// layer_norm(x, scale) + bias -> layer_norm(x, scale, bias).
struct RaiseNormBias : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp add,
                                PatternRewriter &rewriter) const override {
    for (auto [value, bias] : {std::pair(add.getLhs(), add.getRhs()),
                               std::pair(add.getRhs(), add.getLhs())}) {
      auto norm = value.getDefiningOp<LayerNormOp>();
      if (!norm || norm.getBias() || !norm->hasOneUse() ||
          norm.getType() != add.getType() ||
          !isVectorOf(bias, add.getType().getShape().back()))
        continue;
      auto raised = LayerNormOp::create(
          rewriter, fuseLocations({norm, add}), norm.getType(), norm.getInput(),
          norm.getScale(), asVector(rewriter, bias), norm.getEpsilonAttr());
      rewriter.replaceOp(add, raised);
      return success();
    }
    return rewriter.notifyMatchFailure(
        add, "not a single-use layer_norm without bias plus a vector");
  }
};

struct RaiseLayerNormPass : impl::RaiseLayerNormPassBase<RaiseLayerNormPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseScaleToLayerNorm, RaiseNormBias>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace weft
