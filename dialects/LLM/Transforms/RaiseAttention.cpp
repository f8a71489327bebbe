//===- RaiseAttention.cpp - Raise two products around softmax -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Matchers.h"
#include "dialects/LLM/Transforms/Passes.h"
#include "dialects/LLM/Transforms/SizedPattern.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_RAISEATTENTIONPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// A score this low vanishes beside any other one: adding it to a score rounds
/// to itself, even in double.
constexpr double lowestScore = -1e30;

/// Dimension `i` of the view is dimension `permutation[i]` of the base, times
/// `scale`.
struct View {
  Value base;
  SmallVector<int64_t, 4> permutation;
  double scale = 1.0;
};

/// `value` permuted, looking through transposes and products with constants.
View viewOf(Value value, ArrayRef<int64_t> permutation) {
  View view{value, llvm::to_vector<4>(permutation)};
  while (true) {
    if (auto transpose = view.base.getDefiningOp<TransposeOp>()) {
      for (int64_t &dimension : view.permutation)
        dimension = transpose.getPermutation()[dimension];
      view.base = transpose.getInput();
      continue;
    }
    Product product = Product::of(view.base);
    if (product.ops.empty() || product.factors.size() != 1 ||
        product.factors[0].getType() != view.base.getType())
      return view;
    view.scale *= product.constant;
    view.base = product.factors[0];
  }
}

Value materialize(OpBuilder &builder, const View &view) {
  if (llvm::equal(view.permutation, llvm::seq<int64_t>(0, 4)))
    return view.base;
  return transpose(builder, view.base.getLoc(), view.base, view.permutation);
}

/// The parts of softmax(scale * query * key^T + mask) * value, before
/// rewriting.
struct Attention {
  MatMulOp scores;
  double scale = 1.0;
  /// Added to the scores, the last first.
  SmallVector<Value, 2> masks;
  /// Where its condition says so, the score becomes a lowest one.
  SelectOp hiding;
  /// How many masks are added after `hiding`.
  size_t numMasksAfter = 0;
  SmallVector<Operation *> ops;
};

/// `value` is softmax, or where(isnan(softmax), 0, softmax) as PyTorch's SDPA
/// is exported: llm.softmax never gives the NaN that it hides.
SoftmaxOp matchProbabilities(Value value, Attention &found) {
  if (auto select = value.getDefiningOp<SelectOp>()) {
    auto isNaN = select.getCondition().getDefiningOp<CompareOp>();
    if (!isNaN || isNaN.getPredicate() != Comparison::ne ||
        isNaN.getLhs() != isNaN.getRhs() || isNaN.getLhs() != select.getRhs() ||
        matchSplat(select.getLhs()) != 0.0)
      return nullptr;
    found.ops.append({select, isNaN});
    value = select.getRhs();
  }
  auto softmax = value.getDefiningOp<SoftmaxOp>();
  if (!softmax || int64_t(softmax.getAxis()) != softmax.getType().getRank() - 1)
    return nullptr;
  found.ops.push_back(softmax);
  return softmax;
}

/// Peels masks and scales off `value` down to the product of query and key.
bool matchScores(Value value, Attention &found) {
  constexpr size_t maxMasks = 8;
  Type type = value.getType();
  if (!value.hasOneUse() || found.masks.size() == maxMasks)
    return false;
  Product product = Product::of(value);
  if (product.factors.size() != 1 || product.factors[0].getType() != type)
    return false;
  if (auto matmul = product.factors[0].getDefiningOp<MatMulOp>()) {
    found.scores = matmul;
    found.scale = product.constant;
    found.ops.append(product.ops);
    found.ops.push_back(matmul);
    return true;
  }
  // A scale outside of the mask would have to scale the mask as well.
  if (!product.ops.empty())
    return false;
  if (auto select = value.getDefiningOp<SelectOp>()) {
    std::optional<double> onTrue = matchSplat(select.getLhs());
    std::optional<double> onFalse = matchSplat(select.getRhs());
    bool hidesTrue = onTrue && *onTrue <= lowestScore;
    bool hidesFalse = onFalse && *onFalse <= lowestScore;
    Value scores = hidesTrue ? select.getRhs() : select.getLhs();
    if (found.hiding || hidesTrue == hidesFalse || scores.getType() != type)
      return false;
    found.hiding = select;
    found.numMasksAfter = found.masks.size();
    found.ops.push_back(select);
    return matchScores(scores, found);
  }
  return matchCommuted<AddOp>(value, [&](AddOp add, Value scores, Value mask) {
    Attention inner = found;
    inner.ops.push_back(add);
    inner.masks.push_back(mask);
    if (scores.getType() != type || !matchScores(scores, inner))
      return false;
    found = std::move(inner);
    return true;
  });
}

/// The type of an elementwise op's result.
RankedTensorType broadcastType(RankedTensorType lhs, RankedTensorType rhs) {
  if (lhs.getRank() < rhs.getRank())
    std::swap(lhs, rhs);
  auto shape = llvm::to_vector(lhs.getShape());
  size_t offset = lhs.getRank() - rhs.getRank();
  for (auto [index, size] : llvm::enumerate(rhs.getShape()))
    if (shape[offset + index] == 1 ||
        (ShapedType::isDynamic(shape[offset + index]) && size != 1))
      shape[offset + index] = size;
  return lhs.clone(shape);
}

Value scalar(OpBuilder &builder, Location location, Type elementType,
             Attribute value) {
  auto type = RankedTensorType::get({}, elementType);
  return ConstantOp::create(builder, location, type,
                            DenseElementsAttr::get(type, value));
}

/// The sum of masks, or null without any.
Value sumMasks(OpBuilder &builder, Location location, ArrayRef<Value> masks) {
  Value sum;
  for (Value mask : masks) {
    // The op broadcasts the mask itself.
    while (auto expand = mask.getDefiningOp<ExpandOp>())
      mask = expand.getInput();
    sum = sum ? AddOp::create(
                    builder, location,
                    broadcastType(cast<RankedTensorType>(sum.getType()),
                                  cast<RankedTensorType>(mask.getType())),
                    sum, mask)
                    .getResult()
              : mask;
  }
  return sum;
}

/// One additive mask for all that was peeled off the scores, or null.
Value buildMask(OpBuilder &builder, Location location, Attention &found) {
  SelectOp hiding = found.hiding;
  if (!hiding)
    return sumMasks(builder, location, found.masks);
  Type elementType = hiding.getType().getElementType();
  auto number = [&](double value) {
    return scalar(builder, location, elementType,
                  builder.getFloatAttr(elementType, value));
  };
  // What is hidden forgets what was added before: two lowest numbers together
  // would be lower than one.
  ArrayRef<Value> masks = found.masks;
  Value before =
      sumMasks(builder, location, masks.drop_front(found.numMasksAfter));
  if (!before)
    before = number(0.0);
  auto branch = [&](Value score) {
    std::optional<double> lowest = matchSplat(score);
    return lowest ? number(*lowest) : before;
  };
  Value onTrue = branch(hiding.getLhs()), onFalse = branch(hiding.getRhs());
  auto condition = cast<RankedTensorType>(hiding.getCondition().getType());
  auto type = broadcastType(condition.clone(elementType),
                            cast<RankedTensorType>(before.getType()));
  SmallVector<Value> after(masks.take_front(found.numMasksAfter));
  after.push_back(SelectOp::create(builder, hiding.getLoc(), type,
                                   hiding.getCondition(), onTrue, onFalse));
  return sumMasks(builder, location, after);
}

struct RaiseMatMulToAttention : SizedPattern<MatMulOp> {
  using SizedPattern::SizedPattern;

  LogicalResult matchAndRewrite(MatMulOp matmul,
                                PatternRewriter &rewriter) const override {
    Attention found;
    found.ops.push_back(matmul);
    if (matmul.getType().getRank() != 4 ||
        !isa<FloatType>(matmul.getType().getElementType()))
      return rewriter.notifyMatchFailure(matmul, "not four dimensions");
    SoftmaxOp softmax = matchProbabilities(matmul.getLhs(), found);
    if (!softmax || !matchScores(softmax.getInput(), found))
      return rewriter.notifyMatchFailure(
          matmul, "lhs is not a softmax of masked scores");
    for (Operation *op : ArrayRef<Operation *>(found.ops).drop_front())
      if (hasOtherUsers(op, found.ops))
        return rewriter.notifyMatchFailure(
            op, "scores or probabilities have other users");
    if (failed(checkSizes(matmul, found.scores, rewriter)))
      return failure();

    // [B, H, S, D], [B, H, D, T], [B, H, T, E] to [B, sequence, heads, size].
    View query = viewOf(found.scores.getLhs(), {0, 2, 1, 3});
    View key = ungroup(viewOf(found.scores.getRhs(), {0, 3, 1, 2}), rewriter);
    View value = ungroup(viewOf(matmul.getRhs(), {0, 2, 1, 3}), rewriter);
    double scale = found.scale * query.scale * key.scale;

    Location location = fuseLocations(found.ops);
    Value mask = buildMask(rewriter, location, found);
    ArrayRef<int64_t> shape = matmul.getType().getShape();
    auto type =
        matmul.getType().clone({shape[0], shape[2], shape[1], shape[3]});
    Value result = AttentionOp::create(
        rewriter, location, type, materialize(rewriter, query),
        materialize(rewriter, key), materialize(rewriter, value), mask,
        /*causal=*/nullptr, rewriter.getF32FloatAttr(scale));
    // Scaling the values is scaling the result.
    if (value.scale != 1.0) {
      Type elementType = type.getElementType();
      Value factor = scalar(rewriter, location, elementType,
                            rewriter.getFloatAttr(elementType, value.scale));
      result = MulOp::create(rewriter, location, type, result, factor);
    }
    rewriter.replaceOp(matmul,
                       transpose(rewriter, location, result, {0, 2, 1, 3}));
    return success();
  }

private:
  /// matmul broadcasts batch and heads, attention does not.
  LogicalResult checkSizes(MatMulOp matmul, MatMulOp scores,
                           PatternRewriter &rewriter) const {
    for (Value operand : {scores.getLhs(), scores.getRhs(), matmul.getRhs()}) {
      if (cast<RankedTensorType>(operand.getType()).getRank() != 4)
        return rewriter.notifyMatchFailure(matmul, "not four dimensions");
      for (unsigned dimension : {0u, 1u}) {
        SizeExpr size = sizes.getSize(matmul, dimension);
        if (sizes.getSize(operand, dimension) != size)
          return rewriter.notifyMatchFailure(matmul,
                                             "batch or heads are broadcast");
      }
    }
    return success();
  }

  /// Grouped heads: [.., G, 1, ..] expanded to [.., G, R, ..] and reshaped to
  /// [.., G * R, ..] is what attention does itself with G heads.
  View ungroup(View view, PatternRewriter &rewriter) const {
    auto merge = view.base.getDefiningOp<ReshapeOp>();
    auto repeat = merge ? merge.getInput().getDefiningOp<ExpandOp>() : nullptr;
    if (!repeat)
      return view;
    Value input = repeat.getInput();
    int64_t heads = view.permutation[2];
    Sizes before = sizes.getSizes(input), repeated = sizes.getSizes(repeat),
          after = sizes.getSizes(merge);
    if (before.size() != 5 || repeated.size() != 5 || after.size() != 4 ||
        before[heads + 1] != SizeExpr(1))
      return view;
    Sizes merged = repeated;
    merged[heads] = merged[heads] * merged[heads + 1];
    merged.erase(merged.begin() + heads + 1);
    Sizes whole = before;
    whole[heads + 1] = repeated[heads + 1];
    if (merged != after || whole != repeated)
      return view;
    Sizes grouped = before;
    grouped.erase(grouped.begin() + heads + 1);
    auto shape =
        llvm::to_vector(cast<RankedTensorType>(input.getType()).getShape());
    shape.erase(shape.begin() + heads + 1);
    auto type = cast<RankedTensorType>(input.getType()).clone(shape);
    view.base = ReshapeOp::create(rewriter, merge.getLoc(), type, input,
                                  SizesAttr::get(getContext(), grouped));
    return view;
  }
};

struct RaiseAttentionPass : impl::RaiseAttentionPassBase<RaiseAttentionPass> {
  void runOnOperation() override {
    auto &sizes = getAnalysis<SizeAnalysis>();
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseMatMulToAttention>(&getContext(), sizes);
    if (failed(applySizedPatterns(getOperation(), std::move(patterns), sizes)))
      signalPassFailure();
  }
};

} // namespace
} // namespace weft
