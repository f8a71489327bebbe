//===- PackLinearWeights.cpp - Pack weights as a GEMM reads them ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Matchers.h"
#include "dialects/LLM/Transforms/Passes.h"
#include "dialects/LLM/Transforms/WeightInitializers.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_PACKLINEARWEIGHTSPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// The use that brings the weight to `linear` from the function's body: of the
/// linear itself, or of the kernel around it.
OpOperand *weightOperand(LinearOp linear) {
  auto argument = dyn_cast<BlockArgument>(linear.getWeight());
  if (!argument)
    return &linear.getWeightMutable();
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
    for (LinearOp linear : linears)
      packWeight(linear, initializers);
    initializers.eraseUnused();
  }

private:
  void packWeight(LinearOp linear, WeightInitializers &initializers) {
    OpOperand *operand = weightOperand(linear);
    auto load =
        operand ? operand->get().getDefiningOp<LoadWeightOp>() : LoadWeightOp();
    if (!load)
      return;
    OpBuilder builder(load);
    builder.setInsertionPointAfter(load);
    Value packed = pack(builder, load.getLoc(), load, panel);
    SmallVector<Operation *> temporaries;
    for (Operation *op = packed.getDefiningOp(); op != load;
         op = op->getOperand(0).getDefiningOp())
      temporaries.push_back(op);

    WeightOp weight =
        initializers.hoist(packed, "panel" + std::to_string(panel));
    Value loaded =
        LoadWeightOp::create(builder, load.getLoc(), packed.getType(),
                             FlatSymbolRefAttr::get(weight));
    for (Operation *op : temporaries)
      op->erase();
    operand->set(loaded);
    if (auto argument = dyn_cast<BlockArgument>(linear.getWeight()))
      argument.setType(loaded.getType());
    linear.setPanel(panel);
    if (load->use_empty())
      load.erase();
  }
};

} // namespace
} // namespace weft
