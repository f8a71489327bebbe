//===- SimplifyIndices.cpp - Replace gathers that read in order -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/IndexForm.h"
#include "dialects/LLM/Transforms/Passes.h"
#include "dialects/LLM/Transforms/SizedPattern.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_SIMPLIFYINDICESPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// Replaces `op` by `value`, repeated to the sizes of the result.
template <typename OpT>
void replaceExpanded(OpT op, Value value, SizeAnalysis &sizes,
                     PatternRewriter &rewriter) {
  Sizes target = sizes.getSizes(op);
  if (value.getType() == op.getType() && sizes.getSizes(value) == target)
    return rewriter.replaceOp(op, value);
  rewriter.replaceOpWithNewOp<ExpandOp>(
      op, op.getType(), value, SizesAttr::get(op.getContext(), target));
}

/// The one value of a constant of i1, through expansions.
std::optional<bool> matchTruth(Value value) {
  while (auto expand = value.getDefiningOp<ExpandOp>())
    value = expand.getInput();
  auto constant = value.getDefiningOp<ConstantOp>();
  auto elements =
      constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : nullptr;
  if (!elements || !elements.isSplat() ||
      !elements.getElementType().isInteger(1))
    return std::nullopt;
  return elements.getSplatValue<bool>();
}

/// A comparison whose outcome the ranges of sizes decide.
struct DecideComparison : SizedPattern<CompareOp> {
  using SizedPattern::SizedPattern;

  LogicalResult matchAndRewrite(CompareOp compare,
                                PatternRewriter &rewriter) const override {
    std::optional<bool> truth = decide(compare);
    if (!truth)
      return rewriter.notifyMatchFailure(compare, "depends on data");
    auto type = RankedTensorType::get({}, rewriter.getI1Type());
    Value constant =
        ConstantOp::create(rewriter, compare.getLoc(), type,
                           DenseElementsAttr::get(type, ArrayRef(*truth)));
    replaceExpanded(compare, constant, sizes, rewriter);
    return success();
  }

private:
  std::optional<bool> decide(CompareOp compare) const {
    auto lhs = IndexForm::of(compare.getLhs(), sizes);
    auto rhs = IndexForm::of(compare.getRhs(), sizes);
    if (!lhs || !rhs || !llvm::all_of(rhs->factors, [](const SizeExpr &factor) {
          return factor == SizeExpr();
        }))
      return std::nullopt;
    // lhs - rhs and its negative, as if rhs were one number.
    IndexForm above{lhs->constant - rhs->constant, lhs->factors};
    IndexForm below{rhs->constant - lhs->constant, {}};
    for (const SizeExpr &factor : lhs->factors)
      below.factors.push_back(SizeExpr() - factor);
    Sizes shape = sizes.getSizes(compare.getLhs());
    auto isAtLeast = [&](const IndexForm &form, int64_t bound) {
      return form.isAtLeast(bound, shape, sizes.getSymbols());
    };
    switch (compare.getPredicate()) {
    case Comparison::ge:
      return outcome(isAtLeast(above, 0), isAtLeast(below, 1));
    case Comparison::gt:
      return outcome(isAtLeast(above, 1), isAtLeast(below, 0));
    case Comparison::le:
      return outcome(isAtLeast(below, 0), isAtLeast(above, 1));
    case Comparison::lt:
      return outcome(isAtLeast(below, 1), isAtLeast(above, 0));
    case Comparison::eq:
    case Comparison::ne:
      return std::nullopt;
    }
    return std::nullopt;
  }

  static std::optional<bool> outcome(bool isTrue, bool isFalse) {
    return isTrue == isFalse ? std::nullopt : std::optional(isTrue);
  }
};

/// select(true, x, y) -> x
struct DecideSelect : SizedPattern<SelectOp> {
  using SizedPattern::SizedPattern;

  LogicalResult matchAndRewrite(SelectOp select,
                                PatternRewriter &rewriter) const override {
    std::optional<bool> truth = matchTruth(select.getCondition());
    if (!truth)
      return rewriter.notifyMatchFailure(select, "condition is not constant");
    replaceExpanded(select, *truth ? select.getLhs() : select.getRhs(), sizes,
                    rewriter);
    return success();
  }
};

/// and(true, x) -> x, or(false, x) -> x
template <typename OpT, bool neutral> struct RemoveNeutral : SizedPattern<OpT> {
  using SizedPattern<OpT>::SizedPattern;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    for (auto [constant, other] : {std::pair(op.getLhs(), op.getRhs()),
                                   std::pair(op.getRhs(), op.getLhs())}) {
      if (matchTruth(constant) != neutral)
        continue;
      replaceExpanded(op, other, this->sizes, rewriter);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no operand is neutral");
  }
};

/// A slice that takes one whole operand of a concat.
struct SliceOfConcat : SizedPattern<SliceOp> {
  using SizedPattern::SizedPattern;

  LogicalResult matchAndRewrite(SliceOp slice,
                                PatternRewriter &rewriter) const override {
    auto concat = slice.getInput().getDefiningOp<ConcatOp>();
    if (!concat)
      return rewriter.notifyMatchFailure(slice, "not of a concat");
    if (!llvm::all_of(slice.getStrides(), [](int64_t s) { return s == 1; }))
      return rewriter.notifyMatchFailure(slice, "has strides");
    Sizes offsets = slice.getOffsets().getExprs();
    SizeExpr begin;
    for (Value part : concat.getInputs()) {
      Sizes expected(offsets.size());
      expected[concat.getAxis()] = begin;
      if (offsets == expected && part.getType() == slice.getType() &&
          sizes.haveSameSizes(part, slice)) {
        rewriter.replaceOp(slice, part);
        return success();
      }
      begin = begin + sizes.getSize(part, concat.getAxis());
    }
    return rewriter.notifyMatchFailure(slice, "not one whole operand");
  }
};

/// A gather whose indices count 0, 1, 2, ... to the last element.
struct GatherInOrder : SizedPattern<GatherOp> {
  using SizedPattern::SizedPattern;

  LogicalResult matchAndRewrite(GatherOp gather,
                                PatternRewriter &rewriter) const override {
    auto form = IndexForm::of(gather.getIndices(), sizes);
    if (!form || form->constant != SizeExpr())
      return rewriter.notifyMatchFailure(gather, "indices do not count");
    Sizes shape = sizes.getSizes(gather.getIndices());
    SizeExpr stride(1);
    for (auto [factor, size] :
         llvm::reverse(llvm::zip_equal(form->factors, shape))) {
      if (size == SizeExpr(1))
        continue;
      if (factor != stride)
        return rewriter.notifyMatchFailure(gather, "indices skip or repeat");
      stride = stride * size;
    }
    if (stride != sizes.getSize(gather.getInput(), gather.getAxis()))
      return rewriter.notifyMatchFailure(gather, "not all elements are read");
    rewriter.replaceOpWithNewOp<ReshapeOp>(
        gather, gather.getType(), gather.getInput(),
        SizesAttr::get(getContext(), sizes.getSizes(gather)));
    return success();
  }
};

struct SimplifyIndicesPass
    : impl::SimplifyIndicesPassBase<SimplifyIndicesPass> {
  void runOnOperation() override {
    auto &sizes = getAnalysis<SizeAnalysis>();
    RewritePatternSet patterns(&getContext());
    patterns.add<DecideComparison, DecideSelect, RemoveNeutral<AndOp, true>,
                 RemoveNeutral<OrOp, false>, SliceOfConcat, GatherInOrder>(
        &getContext(), sizes);
    if (failed(applySizedPatterns(getOperation(), std::move(patterns), sizes)))
      signalPassFailure();
  }
};

} // namespace
} // namespace weft
