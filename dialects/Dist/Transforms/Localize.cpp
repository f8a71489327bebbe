//===- Localize.cpp - From whole tensors to one device's shards -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/Factors.h"
#include "dialects/Dist/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace weft::dist {
#define GEN_PASS_DEF_LOCALIZEPASS
#include "dialects/Dist/Transforms/Passes.h.inc"

namespace {

/// The attribute `sizes` of an op that holds the sizes of its result in it.
bool holdsResultSizes(Operation *op) {
  return isa<ReshapeOp, SliceOp, ExpandOp, IotaOp>(op);
}

/// Every operand and the result are split as the op's rule says.
LogicalResult checkAgreement(ModelOpInterface op, SizeAnalysis &sizes,
                             const Mesh &mesh) {
  Factors factors(op, sizes, mesh);
  auto shardingOf = [&](unsigned tensor) {
    ShardingAttr sharding = getSharding(factors.getTensor(tensor));
    return sharding ? sharding
                    : ShardingAttr::getReplicated(
                          op->getContext(), factors.getSizes(tensor).size());
  };
  SmallVector<FactorSharding> assignment(factors.getNumFactors());
  for (unsigned tensor = 0; tensor < factors.getNumTensors(); ++tensor)
    for (auto [factor, sharding] : llvm::enumerate(assignment))
      for (const Factors::Place &place : factors.getPlaces(factor))
        if (place.tensor == tensor && factors.canSplit(factor))
          if (std::optional<FactorSharding> split = factors.project(
                  place, shardingOf(tensor).getDimensions()[place.dimension]);
              split && !split->axes.empty())
            sharding = *split;
  for (unsigned tensor = 0; tensor < factors.getNumTensors(); ++tensor)
    if (!haveSameShards(factors.getSizes(tensor), shardingOf(tensor),
                        factors.getSharding(tensor, assignment), mesh))
      return op->emitError() << (tensor == factors.getResultIndex()
                                     ? "result"
                                     : ("operand " + Twine(tensor)).str())
                             << " has the sharding " << shardingOf(tensor)
                             << " but the op's rule asks for "
                             << factors.getSharding(tensor, assignment)
                             << "; run dist-insert-reshards first";
  return success();
}

LogicalResult localize(func::FuncOp function, SizeAnalysis &sizes,
                       const Mesh &mesh) {
  Block &block = function.getBody().front();
  for (Operation &op : block)
    if (auto model = dyn_cast<ModelOpInterface>(op);
        model && !isa<ReshardOp, LoadWeightOp, ConstantOp>(op) &&
        failed(checkAgreement(model, sizes, mesh)))
      return failure();

  // Types no longer tell how large a result is that is returned in shards.
  for (auto [index, value] :
       llvm::enumerate(block.getTerminator()->getOperands()))
    if (function.getResultAttr(index, shardingAttrName))
      function.setResultAttr(
          index, "llm.sizes",
          SizesAttr::get(function.getContext(),
                         ArrayRef<SizeExpr>(sizes.getSizes(value))));

  for (Operation &op : block) {
    if (op.getNumResults() != 1)
      continue;
    Value result = op.getResult(0);
    ShardingAttr sharding = getSharding(result);
    if (!sharding)
      continue;
    op.removeAttr(shardingAttrName);
    op.removeAttr(originAttrName);
    Sizes local = getLocalSizes(sizes.getSizes(result), sharding, mesh);
    result.setType(
        getLocalType(cast<RankedTensorType>(result.getType()), local));
    if (holdsResultSizes(&op))
      op.setAttr("sizes", SizesAttr::get(op.getContext(), local));
    // Each device keeps its shard.
    if (auto load = dyn_cast<LoadStateOp>(op)) {
      auto state = SymbolTable::lookupNearestSymbolFrom<StateOp>(
          load, load.getStateAttr());
      if (!load.getType().hasStaticShape())
        return load.emitError()
               << "state @" << load.getState() << " has the sharding "
               << sharding << ", whose shards are not equal; choose a number "
               << "of devices that divides the dimension";
      state.setType(load.getType());
    }
  }
  setLocalForm(function);
  function.setType(FunctionType::get(function.getContext(),
                                     function.getArgumentTypes(),
                                     block.getTerminator()->getOperandTypes()));
  return success();
}

struct LocalizePass : impl::LocalizePassBase<LocalizePass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<Mesh> mesh = Mesh::require(module);
    if (failed(mesh))
      return signalPassFailure();
    SizeAnalysis sizes(module);
    for (auto function : module.getOps<func::FuncOp>())
      if (function.isPublic() && !function.isDeclaration() &&
          failed(localize(function, sizes, *mesh)))
        return signalPassFailure();
  }
};

} // namespace
} // namespace weft::dist
