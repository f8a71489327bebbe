//===- SinkReductions.cpp - Reduce after adding ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/EqualValues.h"
#include "dialects/Dist/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace weft::dist {
#define GEN_PASS_DEF_SINKREDUCTIONSPASS
#include "dialects/Dist/Transforms/Passes.h.inc"

namespace {

/// add(all_reduce(x), r) -> all_reduce(add(x, r on the first rank, else 0)).
struct AddOnOneRank : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp add,
                                PatternRewriter &rewriter) const override {
    if (llvm::hasSingleElement(add->getUsers()) &&
        isa<LayerNormOp, RMSNormOp>(*add->getUsers().begin()))
      return rewriter.notifyMatchFailure(add, "is part of a norm's kernel");
    for (auto [reduced, other] : {std::pair(add.getLhs(), add.getRhs()),
                                  std::pair(add.getRhs(), add.getLhs())}) {
      auto reduce = reduced.getDefiningOp<AllReduceOp>();
      if (!reduce || !reduce->hasOneUse() ||
          reduce.getReduction() != ReductionKind::sum ||
          reduce.getType() != add.getType() ||
          !isEqualAlong(reduce.getAxes(), other))
        continue;
      Value addend = onFirstRank(rewriter, add.getLoc(), reduce.getAxes(),
                                 cast<TypedValue<RankedTensorType>>(other));
      auto sum = AddOp::create(rewriter, add.getLoc(), add.getType(),
                               reduce.getInput(), addend);
      rewriter.replaceOpWithNewOp<AllReduceOp>(add, sum, ReductionKind::sum,
                                               reduce.getAxes());
      rewriter.eraseOp(reduce);
      return success();
    }
    return rewriter.notifyMatchFailure(
        add, "adds no sum over ranks to what all of them have");
  }

private:
  /// A choice, not a product with 0: an infinity would become a NaN.
  static Value onFirstRank(OpBuilder &builder, Location location,
                           ArrayAttr axes, TypedValue<RankedTensorType> value) {
    SizeExpr position;
    for (StringAttr axis : axes.getAsRange<StringAttr>())
      position =
          position + SizeExpr::coordinate(std::string_view(axis.getValue()));
    auto scalar = [&](Type element) {
      return RankedTensorType::get({}, element);
    };
    auto zero = [&](Type element) -> Value {
      return ConstantOp::create(
          builder, location,
          DenseElementsAttr::get(scalar(element),
                                 builder.getZeroAttr(element)));
    };
    Type integer = builder.getI64Type();
    Value number = SizesToTensorOp::create(
        builder, location, scalar(integer),
        SizesAttr::get(builder.getContext(), ArrayRef(position)));
    Value isFirst =
        CompareOp::create(builder, location, scalar(builder.getI1Type()),
                          Comparison::eq, number, zero(integer));
    return SelectOp::create(builder, location, value.getType(), isFirst, value,
                            zero(value.getType().getElementType()));
  }
};

struct SinkReductionsPass : impl::SinkReductionsPassBase<SinkReductionsPass> {
  void runOnOperation() override {
    RewritePatternSet rules(&getContext());
    rules.add<AddOnOneRank>(&getContext());
    FrozenRewritePatternSet patterns(std::move(rules));
    GreedyRewriteConfig config;
    config.enableFolding(false).enableConstantCSE(false);
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isDeclaration() &&
          failed(applyPatternsGreedily(function, patterns, config)))
        return signalPassFailure();
  }
};

} // namespace
} // namespace weft::dist
