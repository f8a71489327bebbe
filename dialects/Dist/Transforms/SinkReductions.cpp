//===- SinkReductions.cpp - Reduce after adding ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/IR/Dist.h"
#include "dialects/Dist/IR/Mesh.h"
#include "dialects/Dist/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace weft::dist {
#define GEN_PASS_DEF_SINKREDUCTIONSPASS
#include "dialects/Dist/Transforms/Passes.h.inc"

namespace {

bool usesCoordinates(Operation *op, ArrayAttr axes) {
  std::set<std::string> used;
  op->getAttrDictionary().walk([&](SizesAttr sizes) {
    for (const SizeExpr &size : sizes.getExprs())
      collectCoordinates(size, used);
  });
  return llvm::any_of(axes.getAsRange<StringAttr>(),
                      [&](StringAttr axis) { return used.count(axis.str()); });
}

/// A collective after which all ranks along `axes` have the same.
bool isGivenToAll(Operation *op, ArrayAttr axes) {
  auto includes = [&](ArrayAttr others) {
    return llvm::all_of(
        axes, [&](Attribute axis) { return llvm::is_contained(others, axis); });
  };
  if (auto reduce = dyn_cast<AllReduceOp>(op))
    return includes(reduce.getAxes());
  auto gather = dyn_cast<AllGatherOp>(op);
  return gather && includes(gather.getAxes());
}

/// The ranks along `axes` compute it in the same way from values that are the
/// same for all of them: arguments, weights as they are in the file, and what a
/// collective gave to all.
bool isEqualAlong(ArrayAttr axes, Value value) {
  llvm::SmallSetVector<Value, 16> seen;
  seen.insert(value);
  for (size_t i = 0; i < seen.size(); ++i) {
    Operation *op = seen[i].getDefiningOp();
    if (!op || isGivenToAll(op, axes))
      continue;
    if (auto load = dyn_cast<LoadWeightOp>(op)) {
      auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(
          load, load.getWeightAttr());
      if (!weight || weight.getInitializer())
        return false;
    } else if (!isPure(op) || op->getNumRegions() != 0) {
      return false;
    }
    if (usesCoordinates(op, axes))
      return false;
    seen.insert_range(op->getOperands());
  }
  return true;
}

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
