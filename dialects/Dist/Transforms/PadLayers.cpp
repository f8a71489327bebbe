//===- PadLayers.cpp - Layers that no number of devices divides -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/PadLayers.h"

#include "dialects/Dist/Transforms/Factors.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace weft::dist {

namespace {

/// Zeros in, finite numbers out: what becomes of the padding meets columns of
/// zeros at the end.
bool keepsZerosFinite(Operation *op) {
  return isa<LinearOp, ExpertLinearOp, AttentionOp, PagedAttentionOp,
             WriteCacheOp, LoadStateOp, RopeOp, RMSNormOp, SiLUOp, SwiGLUOp,
             MatMulOp, SoftmaxOp, ReshapeOp, TransposeOp, AddOp, SubOp, MulOp,
             MinOp, MaxOp, NegOp, AbsOp, SignOp, ExpOp, SinOp, CosOp, TanhOp,
             ErfOp, SigmoidOp, ReluOp, GeluOp, FloorOp, CeilOp, RoundOp,
             CastOp>(op);
}

class Padding {
public:
  Padding(SizeAnalysis &sizes, const Mesh &mesh, int64_t blocks,
          int64_t paddedBlocks)
      : sizes(sizes), mesh(mesh), blocks(blocks), paddedBlocks(paddedBlocks) {}

  /// Finds all that has to grow with a dimension.
  LogicalResult collect(Value value, int64_t dimension) {
    reach(value, dimension);
    // Grows while it is walked.
    for (size_t i = 0; i < reached.size(); ++i) {
      auto [tensor, place] = reached[i];
      Operation *op = tensor.getDefiningOp();
      if (!op || failed(pass(op, op->getNumOperands(), place)))
        return failure();
      if (auto load = dyn_cast<LoadStateOp>(op))
        reachState(op, load.getStateAttr(), place);
      for (OpOperand &use : tensor.getUses())
        if (auto store = dyn_cast<StoreStateOp>(use.getOwner()))
          reachState(store, store.getStateAttr(), place);
        else if (failed(pass(use.getOwner(), use.getOperandNumber(), place)))
          return failure();
    }
    return success();
  }

  void apply() {
    for (auto [state, dimension] : states) {
      SmallVector<int64_t> shape(state.getTensorType().getShape());
      shape[dimension] = grow(shape[dimension]);
      state.setType(state.getTensorType().clone(shape));
    }
    for (auto [operand, dimension] : padded)
      pad(*operand, dimension);
    for (auto [value, dimension] : reached) {
      auto type = cast<RankedTensorType>(value.getType());
      SmallVector<int64_t> shape(type.getShape());
      shape[dimension] = grow(shape[dimension]);
      value.setType(type.clone(shape));
      if (auto reshape = value.getDefiningOp<ReshapeOp>()) {
        Sizes newSizes = reshape.getSizes().getExprs();
        newSizes[dimension] = shape[dimension];
        reshape.setSizesAttr(SizesAttr::get(value.getContext(), newSizes));
      }
    }
  }

private:
  int64_t grow(int64_t size) const { return size / blocks * paddedBlocks; }

  void reach(Value value, int64_t dimension) {
    if (seen.insert({value, dimension}).second)
      reached.push_back({value, dimension});
  }

  /// A state and all that reads or writes it are of one type.
  void reachState(Operation *user, FlatSymbolRefAttr name, int64_t dimension) {
    auto module = user->getParentOfType<ModuleOp>();
    auto state = SymbolTable::lookupNearestSymbolFrom<StateOp>(user, name);
    if (!states.insert({state, dimension}))
      return;
    auto uses = SymbolTable::getSymbolUses(state, &module.getBodyRegion());
    for (SymbolTable::SymbolUse use : *uses)
      if (auto load = dyn_cast<LoadStateOp>(use.getUser()))
        reach(load.getResult(), dimension);
      else if (auto store = dyn_cast<StoreStateOp>(use.getUser()))
        reach(store.getValue(), dimension);
  }

  LogicalResult pass(Operation *op, unsigned tensor, int64_t dimension) {
    auto model = dyn_cast<ModelOpInterface>(op);
    if (!model || !keepsZerosFinite(op))
      return failure();
    auto reachPlace = [&](unsigned tensor, int64_t dimension) {
      if (tensor == op->getNumOperands())
        return reach(op->getResult(0), dimension);
      OpOperand &operand = op->getOpOperand(tensor);
      if (!isWeight(operand.get()) &&
          !operand.get().getDefiningOp<ConstantOp>())
        return reach(operand.get(), dimension);
      if (seenOperands.insert({&operand, dimension}).second)
        padded.push_back({&operand, dimension});
    };
    // A bias does not hinder: it is whole behind the sum.
    std::optional<DenseLayer> layer = DenseLayer::of(op);
    if (layer && tensor == 0 &&
        dimension == layer->getLastDimension(op->getOperand(0))) {
      auto weight = cast<RankedTensorType>(layer->getWeight().getType());
      int64_t row = layer->getRowDimension();
      if (!isWeight(layer->getWeight()) ||
          grow(weight.getDimSize(row)) % elementsOfBlock(layer->getWeight()) !=
              0)
        return failure();
      reachPlace(1, row);
      return success();
    }
    Factors factors(model, sizes, mesh);
    std::optional<unsigned> factor = factors.getFactor(tensor, dimension);
    // What is summed or compared over the dimension would see the padding.
    if (!factor || factors.getKind(*factor) != FactorKind::PassThrough)
      return failure();
    for (const Factors::Place &place : factors.getPlaces(*factor)) {
      std::optional<int64_t> size =
          factors.getSizes(place.tensor)[place.dimension].asConstant();
      if (!size || *size % blocks != 0)
        return failure();
      reachPlace(place.tensor, place.dimension);
    }
    return success();
  }

  void pad(OpOperand &operand, int64_t dimension) {
    OpBuilder builder(operand.getOwner());
    auto type = cast<RankedTensorType>(operand.get().getType());
    SmallVector<int64_t> shape(type.getShape()), low(shape.size(), 0),
        high(shape.size(), 0);
    shape[dimension] = grow(shape[dimension]);
    high[dimension] = shape[dimension] - type.getDimSize(dimension);
    // Of a constant it is a constant.
    operand.set(builder.createOrFold<PadOp>(
        operand.get().getLoc(), type.clone(shape), operand.get(),
        builder.getDenseI64ArrayAttr(low), builder.getDenseI64ArrayAttr(high)));
  }

  SizeAnalysis &sizes;
  const Mesh &mesh;
  int64_t blocks, paddedBlocks;
  /// Dimensions of computed values, and of weights where they are used.
  SmallVector<std::pair<Value, int64_t>> reached;
  SmallVector<std::pair<OpOperand *, int64_t>> padded;
  llvm::SmallSetVector<std::pair<StateOp, int64_t>, 4> states;
  llvm::DenseSet<std::pair<Value, int64_t>> seen;
  llvm::DenseSet<std::pair<OpOperand *, int64_t>> seenOperands;
};

} // namespace

LogicalResult padColumns(DenseLayer layer, int64_t blocks, int64_t paddedBlocks,
                         SizeAnalysis &sizes, const Mesh &mesh) {
  Padding padding(sizes, mesh, blocks, paddedBlocks);
  if (failed(padding.collect(layer.getResult(),
                             layer.getLastDimension(layer.getResult()))))
    return failure();
  padding.apply();
  return success();
}

} // namespace weft::dist
