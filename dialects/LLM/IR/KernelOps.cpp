//===- KernelOps.cpp - Groups of ops that run as one launch ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/AttentionParts.h"

using namespace mlir;

namespace weft {

/// A product with weights in blocks brings its input to scratch row by row: a
/// norm that nothing else reads is computed there.
static bool isComputedByProduct(RMSNormOp norm) {
  if (!norm || !norm->hasOneUse())
    return false;
  auto linear = dyn_cast<LinearOp>(*norm->getUsers().begin());
  return linear && isa<BlockType>(getElementTypeOrSelf(linear.getWeight()));
}

bool isKernelAnchor(Operation *op) {
  if (isComputedByProduct(dyn_cast<RMSNormOp>(op)))
    return false;
  return isa<LinearOp, ExpertLinearOp, MatMulOp, AttentionOp, PagedAttentionOp,
             PagedAttentionPartsOp, WriteCacheOp, LayerNormOp, RMSNormOp,
             SoftmaxOp, ReduceOp, TopKOp>(op);
}

/// A norm of what a product with a packed weight makes: its kernel's end.
static bool endsProduct(Operation *norm, Operation *anchor, YieldOp yield) {
  auto linear = dyn_cast<LinearOp>(anchor);
  return isa<LayerNormOp, RMSNormOp>(norm) && linear && linear.getPanel() &&
         norm->getResult(0) == yield.getValue();
}

LogicalResult KernelOp::verify() {
  Block &block = getBody().front();
  if (!llvm::equal(block.getArgumentTypes(), getInputs().getTypes()))
    return emitOpError("block arguments have types (")
           << block.getArgumentTypes() << ") but the inputs have ("
           << getInputs().getTypes() << ")";
  auto yield = dyn_cast_if_present<YieldOp>(
      block.mightHaveTerminator() ? block.getTerminator() : nullptr);
  if (!yield)
    return emitOpError("body does not end in an llm.yield");
  if (yield.getValue().getType() != getType())
    return emitOpError("yields ")
           << yield.getValue().getType() << " but its result is " << getType();
  Operation *anchor = nullptr;
  for (Operation &op : block.without_terminator()) {
    if (!isa<ModelOpInterface>(op))
      return op.emitOpError("is not an op of a model, which are all that an "
                            "llm.kernel holds");
    if (!isKernelAnchor(&op) || (anchor && endsProduct(&op, anchor, yield)))
      continue;
    if (anchor) {
      InFlightDiagnostic error = op.emitOpError(
          "is the second anchor of an llm.kernel, which holds one at most");
      error.attachNote(anchor->getLoc()) << "the first is here";
      return error;
    }
    anchor = &op;
  }
  return success();
}

} // namespace weft
