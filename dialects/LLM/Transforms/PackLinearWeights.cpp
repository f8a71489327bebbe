//===- PackLinearWeights.cpp - Pack weights as a GEMM reads them ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Matchers.h"
#include "dialects/LLM/Transforms/PackBlocks.h"
#include "dialects/LLM/Transforms/Passes.h"
#include "dialects/LLM/Transforms/WeightInitializers.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_PACKLINEARWEIGHTSPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// The use that brings the weight to `use` from the function's body: itself, or
/// that of the kernel around it.
OpOperand *weightOperand(OpOperand &use) {
  auto argument = dyn_cast<BlockArgument>(use.get());
  if (!argument)
    return &use;
  auto kernel = dyn_cast<KernelOp>(argument.getOwner()->getParentOp());
  // The kernel's other ops would need the weight as it was.
  if (!kernel || !argument.hasOneUse())
    return nullptr;
  return &kernel->getOpOperand(argument.getArgNumber());
}

/// [N, K] to [ceil(N / panel), K, panel], zero padded.
Value pack(OpBuilder &builder, Location location, Value weight, int64_t panel) {
  auto type = cast<RankedTensorType>(weight.getType());
  int64_t rows = type.getDimSize(0), columns = type.getDimSize(1);
  int64_t panels = llvm::divideCeil(rows, panel);
  if (int64_t missing = panels * panel - rows)
    weight =
        PadOp::create(builder, location, type.clone({panels * panel, columns}),
                      weight, builder.getDenseI64ArrayAttr({0, 0}),
                      builder.getDenseI64ArrayAttr({missing, 0}));
  Sizes split{SizeExpr(panels), SizeExpr(panel), SizeExpr(columns)};
  Value reshaped =
      ReshapeOp::create(builder, location, type.clone({panels, panel, columns}),
                        weight, SizesAttr::get(builder.getContext(), split));
  return transpose(builder, location, reshaped, {0, 2, 1});
}

/// The inverse: [ceil(rows / panel), K, panel] to [rows, K].
Value unpack(OpBuilder &builder, Location location, Value packed,
             int64_t rows) {
  auto type = cast<RankedTensorType>(packed.getType());
  int64_t columns = type.getDimSize(1);
  Value turned = transpose(builder, location, packed, {0, 2, 1});
  int64_t padded = type.getDimSize(0) * type.getDimSize(2);
  MLIRContext *context = builder.getContext();
  Value matrix = ReshapeOp::create(
      builder, location, type.clone({padded, columns}), turned,
      SizesAttr::get(context, {SizeExpr(padded), SizeExpr(columns)}));
  if (padded == rows)
    return matrix;
  return SliceOp::create(
      builder, location, type.clone({rows, columns}), matrix,
      SizesAttr::get(context, {SizeExpr(0), SizeExpr(0)}),
      SizesAttr::get(context, {SizeExpr(rows), SizeExpr(columns)}),
      builder.getDenseI64ArrayAttr({1, 1}));
}

struct PackLinearWeightsPass
    : impl::PackLinearWeightsPassBase<PackLinearWeightsPass> {
  using PackLinearWeightsPassBase::PackLinearWeightsPassBase;

  void runOnOperation() override {
    if (panel < 1) {
      getOperation().emitError()
          << "panel is " << panel.getValue() << " but must be at least 1";
      return signalPassFailure();
    }
    WeightInitializers initializers(getOperation());
    SmallVector<LinearOp> linears;
    getOperation().walk([&](LinearOp linear) {
      if (!linear.getPanel())
        linears.push_back(linear);
    });
    SmallVector<EmbeddingOp> embeddings;
    getOperation().walk(
        [&](EmbeddingOp embedding) { embeddings.push_back(embedding); });
    llvm::DenseSet<Attribute> packedWeights;
    for (LinearOp linear : linears) {
      OpOperand &use = linear.getWeightMutable();
      if (onlyBlocks && !isInBlocks(use))
        continue;
      if (packWeight(use, initializers, packedWeights) && !isInBlocks(use))
        linear.setPanel(panel);
    }
    // A table that a product reads too is not stored twice.
    for (EmbeddingOp embedding : embeddings) {
      OpOperand &use = embedding.getTableMutable();
      OpOperand *operand = weightOperand(use);
      auto load = operand ? operand->get().getDefiningOp<LoadWeightOp>()
                          : LoadWeightOp();
      if (!load || !packedWeights.contains(load.getWeightAttr()) ||
          (operand != &use && !isInBlocks(use)))
        continue;
      int64_t rows = embedding.getTable().getType().getDimSize(0);
      packWeight(use, initializers, packedWeights);
      OpBuilder builder(embedding);
      if (!isInBlocks(use))
        use.set(unpack(builder, embedding.getLoc(), use.get(), rows));
    }
    initializers.eraseUnused();
  }

private:
  static bool isInBlocks(OpOperand &use) {
    return isa<BlockType>(getElementTypeOrSelf(use.get()));
  }

  bool packWeight(OpOperand &use, WeightInitializers &initializers,
                  llvm::DenseSet<Attribute> &packedWeights) {
    OpOperand *operand = weightOperand(use);
    auto load =
        operand ? operand->get().getDefiningOp<LoadWeightOp>() : LoadWeightOp();
    auto block = dyn_cast<BlockType>(getElementTypeOrSelf(use.get()));
    if (!load || (block && block.isInterleaved()))
      return false;
    OpBuilder builder(load);
    builder.setInsertionPointAfter(load);
    Value packed = block ? packBlocks(builder, load.getLoc(), load, panel)
                         : pack(builder, load.getLoc(), load, panel);
    SmallVector<Operation *> temporaries;
    for (Operation *op = load->getNextNode();
         op != packed.getDefiningOp()->getNextNode(); op = op->getNextNode())
      temporaries.push_back(op);
    packedWeights.insert(load.getWeightAttr());

    WeightOp weight = initializers.hoist(packed, (block ? "rows" : "panel") +
                                                     std::to_string(panel));
    Value loaded =
        LoadWeightOp::create(builder, load.getLoc(), packed.getType(),
                             FlatSymbolRefAttr::get(weight));
    for (Operation *op : llvm::reverse(temporaries))
      op->erase();
    operand->set(loaded);
    if (auto argument = dyn_cast<BlockArgument>(use.get()))
      argument.setType(loaded.getType());
    if (load->use_empty())
      load.erase();
    return true;
  }
};

} // namespace
} // namespace weft
