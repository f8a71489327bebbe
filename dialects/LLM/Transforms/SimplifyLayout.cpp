//===- SimplifyLayout.cpp - Remove moves that sizes show to be none -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Matchers.h"
#include "dialects/LLM/Transforms/Passes.h"
#include "dialects/LLM/Transforms/SizedPattern.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_SIMPLIFYLAYOUTPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// A reshape or expand to the sizes that the input has.
template <typename OpT> struct RemoveSameSizes : SizedPattern<OpT> {
  using SizedPattern<OpT>::SizedPattern;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (op.getInput().getType() != op.getType() ||
        !this->sizes.haveSameSizes(op.getInput(), op))
      return rewriter.notifyMatchFailure(op, "sizes change");
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

/// A slice that starts at 0 and takes everything.
struct RemoveWholeSlice : SizedPattern<SliceOp> {
  using SizedPattern::SizedPattern;

  LogicalResult matchAndRewrite(SliceOp slice,
                                PatternRewriter &rewriter) const override {
    auto isZero = [](const SizeExpr &size) { return size == SizeExpr(0); };
    if (slice.getInput().getType() != slice.getType() ||
        !sizes.haveSameSizes(slice.getInput(), slice) ||
        !llvm::all_of(slice.getOffsets().getExprs(), isZero) ||
        !llvm::all_of(slice.getStrides(), [](int64_t s) { return s == 1; }))
      return rewriter.notifyMatchFailure(slice, "not the whole input");
    rewriter.replaceOp(slice, slice.getInput());
    return success();
  }
};

/// Which dimensions of `whole` each dimension of `merged` is the product of.
std::optional<SmallVector<SmallVector<int64_t, 2>>>
findMerged(const Sizes &whole, const Sizes &merged) {
  SmallVector<SmallVector<int64_t, 2>> groups;
  unsigned next = 0;
  for (const SizeExpr &size : merged) {
    SizeExpr product(1);
    auto &group = groups.emplace_back();
    while (next < whole.size() && (group.empty() || product != size)) {
      product = product * whole[next];
      group.push_back(next++);
    }
    if (product != size)
      return std::nullopt;
  }
  if (next != whole.size())
    return std::nullopt;
  return groups;
}

/// reshape(transpose(reshape(x))) where the first reshape merges dimensions
/// that the last one splits again: a transpose of x.
struct TransposeWithoutMerging : SizedPattern<ReshapeOp> {
  using SizedPattern::SizedPattern;

  LogicalResult matchAndRewrite(ReshapeOp split,
                                PatternRewriter &rewriter) const override {
    auto permute = split.getInput().getDefiningOp<TransposeOp>();
    auto merge =
        permute ? permute.getInput().getDefiningOp<ReshapeOp>() : ReshapeOp();
    if (!merge)
      return rewriter.notifyMatchFailure(split, "no transpose of a reshape");
    Sizes whole = sizes.getSizes(merge.getInput());
    auto groups = findMerged(whole, sizes.getSizes(merge));
    if (!groups)
      return rewriter.notifyMatchFailure(split, "not merged dimensions");
    SmallVector<int64_t> permutation;
    Sizes permuted;
    for (int64_t group : permute.getPermutation())
      for (int64_t dimension : (*groups)[group]) {
        permutation.push_back(dimension);
        permuted.push_back(whole[dimension]);
      }
    if (permuted != sizes.getSizes(split))
      return rewriter.notifyMatchFailure(split, "split in another way");
    rewriter.replaceOpWithNewOp<TransposeOp>(
        split, split.getType(), merge.getInput(),
        rewriter.getDenseI64ArrayAttr(permutation));
    return success();
  }
};

/// A transpose that leaves the order of all dimensions but those of size 1.
struct TransposeToReshape : SizedPattern<TransposeOp> {
  using SizedPattern::SizedPattern;

  LogicalResult matchAndRewrite(TransposeOp transpose,
                                PatternRewriter &rewriter) const override {
    const Sizes &input = sizes.getSizes(transpose.getInput());
    SmallVector<int64_t> moved;
    for (int64_t dimension : transpose.getPermutation())
      if (input[dimension] != SizeExpr(1))
        moved.push_back(dimension);
    if (!llvm::is_sorted(moved))
      return rewriter.notifyMatchFailure(transpose, "elements move");
    rewriter.replaceOpWithNewOp<ReshapeOp>(
        transpose, transpose.getType(), transpose.getInput(),
        SizesAttr::get(getContext(), sizes.getSizes(transpose)));
    return success();
  }
};

/// f(expand(x), y) -> expand(f(x, y)): fewer elements, and none at all where f
/// or a user broadcasts by itself.
struct SinkExpand : OpInterfaceRewritePattern<ModelOpInterface> {
  SinkExpand(MLIRContext *context, SizeAnalysis &sizes)
      : OpInterfaceRewritePattern(context), sizes(sizes) {}

  LogicalResult matchAndRewrite(ModelOpInterface op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return rewriter.notifyMatchFailure(op, "not elementwise");
    IRMapping mapping;
    SmallVector<Sizes> operandSizes;
    bool changed = false;
    for (Value operand : op->getOperands()) {
      auto expand = operand.getDefiningOp<ExpandOp>();
      if (expand && repeatsOnlyOnes(expand)) {
        mapping.map(operand, expand.getInput());
        operand = expand.getInput();
        changed = true;
      }
      operandSizes.push_back(sizes.getSizes(operand));
    }
    if (!changed)
      return rewriter.notifyMatchFailure(op, "no operand is expanded");

    Sizes before = sizes.getSizes(op->getResult(0));
    Sizes after = op.reifySizes(operandSizes);
    SmallVector<int64_t> shape;
    for (const SizeExpr &size : after)
      shape.push_back(size.asConstant().value_or(ShapedType::kDynamic));
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    Operation *narrow = op->clone(mapping);
    narrow->getResult(0).setType(type.clone(shape));
    rewriter.insert(narrow);
    if (after == before && type == narrow->getResult(0).getType())
      rewriter.replaceOp(op, narrow);
    else
      rewriter.replaceOpWithNewOp<ExpandOp>(
          op, type, narrow->getResult(0), SizesAttr::get(getContext(), before));
    return success();
  }

private:
  /// A size that is only unknown might be 1 at run time.
  bool repeatsOnlyOnes(ExpandOp expand) const {
    Sizes from = sizes.getSizes(expand.getInput()), to = sizes.getSizes(expand);
    size_t added = to.size() - from.size();
    for (auto [index, size] : llvm::enumerate(from))
      if (size != SizeExpr(1) && size != to[added + index])
        return false;
    return true;
  }

  SizeAnalysis &sizes;
};

struct SimplifyLayoutPass : impl::SimplifyLayoutPassBase<SimplifyLayoutPass> {
  void runOnOperation() override {
    auto &sizes = getAnalysis<SizeAnalysis>();
    RewritePatternSet patterns(&getContext());
    patterns.add<RemoveSameSizes<ReshapeOp>, RemoveSameSizes<ExpandOp>,
                 RemoveWholeSlice, TransposeWithoutMerging, TransposeToReshape,
                 SinkExpand>(&getContext(), sizes);
    if (failed(applySizedPatterns(getOperation(), std::move(patterns), sizes)))
      signalPassFailure();
  }
};

} // namespace
} // namespace weft
