//===- LowerReshards.cpp - From reshards to collectives -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/Passes.h"
#include "dialects/Dist/Transforms/ReshardPlan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace weft::dist {
#define GEN_PASS_DEF_LOWERRESHARDSPASS
#include "dialects/Dist/Transforms/Passes.h.inc"

namespace {

class Lowering {
public:
  Lowering(ReshardOp op, const Mesh &mesh)
      : op(op), mesh(mesh), whole(op.getSizes().getExprs()), builder(op),
        value(op.getInput()), now(op.getSource()) {}

  Value run(ArrayRef<ReshardStep> steps) {
    while (!steps.empty()) {
      if (steps.front().kind == ReshardStep::Kind::Slice) {
        steps = slice(steps);
        continue;
      }
      const ReshardStep &step = steps.front();
      value = communicate(step);
      now = step.after;
      steps = steps.drop_front();
    }
    return value;
  }

private:
  Sizes sizesOf(ShardingAttr sharding) {
    return getLocalSizes(whole, sharding, mesh);
  }
  RankedTensorType typeOf(ShardingAttr sharding) {
    return getLocalType(op.getType(), sizesOf(sharding));
  }
  SizesAttr attributeOf(ShardingAttr sharding) {
    return SizesAttr::get(op.getContext(), sizesOf(sharding));
  }
  static int64_t granuleOf(ShardingAttr sharding, int64_t dimension) {
    return sharding.getDimensions()[dimension].getGranule();
  }

  Value communicate(const ReshardStep &step) {
    Location location = op.getLoc();
    ArrayAttr axes = builder.getArrayAttr({step.axis});
    int64_t dimension = step.dimension;
    switch (step.kind) {
    case ReshardStep::Kind::AllReduce:
      return AllReduceOp::create(builder, location, value, now.getReduction(),
                                 axes);
    case ReshardStep::Kind::AllGather:
      return AllGatherOp::create(builder, location, typeOf(step.after), value,
                                 dimension, granuleOf(now, dimension), axes,
                                 attributeOf(step.after));
    case ReshardStep::Kind::ReduceScatter:
      return ReduceScatterOp::create(
          builder, location, typeOf(step.after), value, now.getReduction(),
          dimension, granuleOf(step.after, dimension), axes, attributeOf(now));
    case ReshardStep::Kind::AllToAll: {
      // Together the group holds what each has, with the dimension joined that
      // the step concatenates.
      Sizes group = sizesOf(now);
      group[step.concatDimension] = sizesOf(step.after)[step.concatDimension];
      return AllToAllOp::create(builder, location, typeOf(step.after), value,
                                dimension, granuleOf(step.after, dimension),
                                step.concatDimension,
                                granuleOf(now, step.concatDimension), axes,
                                SizesAttr::get(op.getContext(), group));
    }
    case ReshardStep::Kind::Slice:
      break;
    }
    llvm_unreachable("slices do not communicate");
  }

  /// Slices in a row are one; returns the steps behind them.
  ArrayRef<ReshardStep> slice(ArrayRef<ReshardStep> steps) {
    Sizes before = sizesOf(now);
    SmallVector<SizeExpr> offsets(before.size());
    while (!steps.empty() && steps.front().kind == ReshardStep::Kind::Slice) {
      const ReshardStep &step = steps.front();
      SizeExpr &size = before[step.dimension];
      Shard block = getBlock(
          size, granuleOf(step.after, step.dimension), mesh.getSize(step.axis),
          SizeExpr::coordinate(std::string_view(step.axis.getValue())));
      offsets[step.dimension] = offsets[step.dimension] + block.offset;
      size = block.size;
      now = step.after;
      steps = steps.drop_front();
    }
    value = SliceOp::create(
        builder, op.getLoc(), typeOf(now), value,
        SizesAttr::get(op.getContext(), offsets), attributeOf(now),
        builder.getDenseI64ArrayAttr(SmallVector<int64_t>(before.size(), 1)));
    return steps;
  }

  ReshardOp op;
  const Mesh &mesh;
  Sizes whole;
  OpBuilder builder;
  Value value;
  ShardingAttr now;
};

struct LowerReshardsPass : impl::LowerReshardsPassBase<LowerReshardsPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<Mesh> mesh = Mesh::require(module);
    if (failed(mesh))
      return signalPassFailure();
    SizeSymbols symbols(module);
    WalkResult result = module.walk([&](ReshardOp op) {
      std::optional<ReshardPlan> plan =
          planReshard(op.getSource(), op.getTarget(), op.getSizes().getExprs(),
                      op.getType().getElementType(), *mesh, symbols);
      if (!plan) {
        op.emitError("cannot make a tensor partial over axes over which it is "
                     "not partial");
        return WalkResult::interrupt();
      }
      op.replaceAllUsesWith(Lowering(op, *mesh).run(plan->steps));
      op.erase();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
} // namespace weft::dist
