//===- QuantizeActivations.cpp - Inputs of integer products ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/KernelHints.h"
#include "dialects/LLM/IR/LLM.h"
#include "dialects/LLM/Transforms/Passes.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_QUANTIZEACTIVATIONSPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

template <typename OpT> bool quantizeInput(OpT product) {
  // Rounded elements of other types would have two errors.
  if (!isa<BlockType>(getElementTypeOrSelf(product.getWeight())) ||
      !product.getType().getElementType().isF32())
    return false;
  product.setActivations(ActivationFormat::q8);
  return true;
}

struct QuantizeActivationsPass
    : impl::QuantizeActivationsPassBase<QuantizeActivationsPass> {
  using QuantizeActivationsPassBase::QuantizeActivationsPassBase;

  void runOnOperation() override {
    if (type != "int8" && type != "f32") {
      getOperation().emitError() << "activations are '" << type.getValue()
                                 << "' but must be int8 or f32";
      return signalPassFailure();
    }
    if (type == "f32")
      return;
    bool quantizes = false;
    getOperation().walk([&](Operation *op) {
      if (auto linear = dyn_cast<LinearOp>(op))
        quantizes |= quantizeInput(linear);
      else if (auto linear = dyn_cast<ExpertLinearOp>(op))
        quantizes |= quantizeInput(linear);
    });
    if (quantizes)
      getOperation().walk([](PagedAttentionOp op) {
        op->setDiscardableAttr(narrowAttrName, UnitAttr::get(op.getContext()));
      });
  }
};

} // namespace
} // namespace weft
