//===- MergeCollectives.cpp - Fewer and smaller collectives ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/IR/Sharding.h"
#include "dialects/Dist/Transforms/Passes.h"
#include "dialects/LLM/Analysis/SizeAnalysis.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace weft::dist {
#define GEN_PASS_DEF_MERGECOLLECTIVESPASS
#include "dialects/Dist/Transforms/Passes.h.inc"

namespace {

ArrayAttr join(ArrayAttr major, ArrayAttr minor) {
  SmallVector<Attribute> axes(major.getValue());
  axes.append(minor.begin(), minor.end());
  return ArrayAttr::get(major.getContext(), axes);
}

/// True when blocks over several axes at once are those over one after the
/// other.
bool dividesEvenly(const SizeExpr &size, int64_t granule, ArrayAttr axes,
                   Operation *op) {
  std::optional<Mesh> mesh = Mesh::find(op);
  auto dimension = DimensionShardingAttr::get(
      op->getContext(), llvm::to_vector(axes.getAsRange<StringAttr>()), granule,
      /*isOpen=*/false);
  return mesh && splitsEvenly(size, dimension, *mesh);
}

/// Reductions over one axis and then another are one over both, with the axes
/// in the order of the mesh.
struct JoinReductions : OpRewritePattern<AllReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AllReduceOp outer,
                                PatternRewriter &rewriter) const override {
    auto inner = outer.getInput().getDefiningOp<AllReduceOp>();
    std::optional<Mesh> mesh = Mesh::find(outer);
    if (!inner || !inner->hasOneUse() || !mesh ||
        inner.getReduction() != outer.getReduction())
      return rewriter.notifyMatchFailure(
          outer, "the operand is no reduction of its own of the same kind");
    ArrayAttr joined = join(inner.getAxes(), outer.getAxes());
    SmallVector<Attribute> axes;
    for (StringAttr axis : mesh->getAxes())
      if (llvm::is_contained(joined, axis))
        axes.push_back(axis);
    if (axes.size() != joined.size())
      return rewriter.notifyMatchFailure(outer, "both reduce over one axis");
    rewriter.replaceOpWithNewOp<AllReduceOp>(outer, inner.getInput(),
                                             outer.getReduction(),
                                             rewriter.getArrayAttr(axes));
    rewriter.eraseOp(inner);
    return success();
  }
};

/// Gathers of the minor and then the major axis of a dimension are one.
struct JoinGathers : OpRewritePattern<AllGatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AllGatherOp outer,
                                PatternRewriter &rewriter) const override {
    auto inner = outer.getInput().getDefiningOp<AllGatherOp>();
    if (!inner || !inner->hasOneUse() ||
        inner.getDimension() != outer.getDimension() ||
        inner.getGranule() != outer.getGranule())
      return rewriter.notifyMatchFailure(
          outer, "the operand is no gather of its own of the same dimension");
    ArrayAttr axes = join(outer.getAxes(), inner.getAxes());
    if (!dividesEvenly(outer.getSizes().getExprs()[outer.getDimension()],
                       outer.getGranule(), axes, outer))
      return rewriter.notifyMatchFailure(outer, "blocks differ in size");
    rewriter.replaceOpWithNewOp<AllGatherOp>(
        outer, outer.getType(), inner.getInput(), outer.getDimension(),
        outer.getGranule(), axes, outer.getSizes());
    rewriter.eraseOp(inner);
    return success();
  }
};

/// Scatters of the major and then the minor axis of a dimension are one.
struct JoinScatters : OpRewritePattern<ReduceScatterOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceScatterOp outer,
                                PatternRewriter &rewriter) const override {
    auto inner = outer.getInput().getDefiningOp<ReduceScatterOp>();
    if (!inner || !inner->hasOneUse() ||
        inner.getReduction() != outer.getReduction() ||
        inner.getDimension() != outer.getDimension() ||
        inner.getGranule() != outer.getGranule())
      return rewriter.notifyMatchFailure(
          outer, "the operand is no scatter of its own of the same dimension");
    ArrayAttr axes = join(inner.getAxes(), outer.getAxes());
    if (!dividesEvenly(inner.getSizes().getExprs()[inner.getDimension()],
                       inner.getGranule(), axes, outer))
      return rewriter.notifyMatchFailure(outer, "blocks differ in size");
    rewriter.replaceOpWithNewOp<ReduceScatterOp>(
        outer, outer.getType(), inner.getInput(), outer.getReduction(),
        outer.getDimension(), outer.getGranule(), axes, inner.getSizes());
    rewriter.eraseOp(inner);
    return success();
  }
};

/// add(all_reduce(x), all_reduce(y)) -> all_reduce(add(x, y)): half of the
/// bytes.
struct AddBeforeReduction : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp add,
                                PatternRewriter &rewriter) const override {
    auto lhs = add.getLhs().getDefiningOp<AllReduceOp>(),
         rhs = add.getRhs().getDefiningOp<AllReduceOp>();
    if (!lhs || !rhs || lhs == rhs || !lhs->hasOneUse() || !rhs->hasOneUse() ||
        lhs.getReduction() != ReductionKind::sum ||
        rhs.getReduction() != ReductionKind::sum ||
        lhs.getAxes() != rhs.getAxes())
      return rewriter.notifyMatchFailure(add, "does not add two such sums");
    // A broadcast would only make more to reduce.
    if (lhs.getType() != add.getType() || rhs.getType() != add.getType())
      return rewriter.notifyMatchFailure(add, "broadcasts");
    auto sum = AddOp::create(rewriter, add.getLoc(), add.getType(),
                             lhs.getInput(), rhs.getInput());
    rewriter.replaceOpWithNewOp<AllReduceOp>(add, sum, ReductionKind::sum,
                                             lhs.getAxes());
    rewriter.eraseOp(lhs);
    rewriter.eraseOp(rhs);
    return success();
  }
};

/// A reduction of which every device reads only its own block is a
/// reduce_scatter.
struct ScatterReduction : OpRewritePattern<AllReduceOp> {
  ScatterReduction(MLIRContext *context, SizeAnalysis &sizes)
      : OpRewritePattern(context), sizes(sizes) {}

  LogicalResult matchAndRewrite(AllReduceOp reduce,
                                PatternRewriter &rewriter) const override {
    std::optional<Mesh> mesh = Mesh::find(reduce);
    SliceOp first;
    for (Operation *user : reduce->getUsers()) {
      auto slice = dyn_cast<SliceOp>(user);
      if (!slice ||
          (first && !OperationEquivalence::isEquivalentTo(
                        slice, first, OperationEquivalence::IgnoreLocations)))
        return rewriter.notifyMatchFailure(reduce, "has other users");
      first = slice;
    }
    if (!first || !mesh)
      return rewriter.notifyMatchFailure(reduce, "is not sliced");
    Sizes whole = sizes.getSizes(reduce.getInput());
    std::optional<int64_t> dimension = findBlock(first, whole, reduce, *mesh);
    if (!dimension)
      return rewriter.notifyMatchFailure(reduce, "slices are no blocks");
    auto scatter = ReduceScatterOp::create(
        rewriter, reduce.getLoc(), first.getType(), reduce.getInput(),
        reduce.getReduction(), *dimension, /*granule=*/1, reduce.getAxes(),
        SizesAttr::get(rewriter.getContext(), whole));
    for (Operation *slice : llvm::make_early_inc_range(reduce->getUsers()))
      rewriter.replaceOp(slice, scatter->getResults());
    rewriter.eraseOp(reduce);
    return success();
  }

private:
  /// The one dimension that the slice cuts to this device's block.
  std::optional<int64_t> findBlock(SliceOp slice, const Sizes &whole,
                                   AllReduceOp reduce, const Mesh &mesh) const {
    auto cut = DimensionShardingAttr::get(
        slice.getContext(),
        llvm::to_vector(reduce.getAxes().getAsRange<StringAttr>()), 1,
        /*isOpen=*/false);
    std::optional<int64_t> found;
    for (auto [i, offset, size, stride] :
         llvm::enumerate(slice.getOffsets().getExprs(),
                         slice.getSizes().getExprs(), slice.getStrides())) {
      if (stride != 1)
        return std::nullopt;
      if (offset == SizeExpr(0) && size == whole[i])
        continue;
      Shard block = getShard(whole[i], cut, mesh);
      // Over several axes a scatter has the same blocks where they are even.
      if (found || offset != block.offset || size != block.size ||
          (cut.getAxes().size() > 1 && !splitsEvenly(whole[i], cut, mesh)))
        return std::nullopt;
      found = i;
    }
    return found;
  }

  SizeAnalysis &sizes;
};

struct MergeCollectivesPass
    : impl::MergeCollectivesPassBase<MergeCollectivesPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (auto function : module.getOps<func::FuncOp>())
      mergeEqual(function);
    SizeAnalysis sizes(module);
    RewritePatternSet patterns(&getContext());
    patterns.add<JoinReductions, JoinGathers, JoinScatters, AddBeforeReduction>(
        &getContext());
    patterns.add<ScatterReduction>(&getContext(), sizes);
    GreedyRewriteConfig config;
    config.setListener(&sizes).enableFolding(false);
    if (failed(applyPatternsGreedily(module, std::move(patterns), config)))
      signalPassFailure();
  }

  /// Collectives have effects, so that common subexpressions are left to us.
  static void mergeEqual(func::FuncOp function) {
    for (Block &block : function.getBody()) {
      llvm::DenseMap<Value, SmallVector<Operation *, 1>> seen;
      for (Operation &op : llvm::make_early_inc_range(block)) {
        if (!isCollective(&op))
          continue;
        SmallVector<Operation *, 1> &others = seen[op.getOperand(0)];
        auto equal = llvm::find_if(others, [&](Operation *other) {
          return OperationEquivalence::isEquivalentTo(
              &op, other, OperationEquivalence::IgnoreLocations);
        });
        if (equal == others.end()) {
          others.push_back(&op);
          continue;
        }
        op.replaceAllUsesWith((*equal)->getResults());
        op.erase();
      }
    }
  }
};

} // namespace
} // namespace weft::dist
