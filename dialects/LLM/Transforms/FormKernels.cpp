//===- FormKernels.cpp - Group ops into launches --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/KernelGroups.h"
#include "dialects/LLM/Transforms/Matchers.h"
#include "dialects/LLM/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_FORMKERNELSPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// What the body reads from outside, each value once.
llvm::SmallSetVector<Value, 8> collectInputs(ArrayRef<Operation *> ops) {
  llvm::SmallSetVector<Value, 8> inputs;
  for (Operation *op : ops)
    for (Value operand : op->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (!llvm::is_contained(ops, producer) && !isFree(producer))
        inputs.insert(operand);
    }
  return inputs;
}

/// Clones a free op and what it is made of, unless `mapping` has it.
void cloneFree(Operation *op, OpBuilder &builder, IRMapping &mapping) {
  if (mapping.contains(op->getResult(0)))
    return;
  for (Value operand : op->getOperands())
    cloneFree(operand.getDefiningOp(), builder, mapping);
  builder.clone(*op, mapping);
}

void outline(const KernelGroup &group) {
  SmallVector<Operation *> ops = llvm::to_vector(group.ops.getArrayRef());
  llvm::sort(ops, [](Operation *lhs, Operation *rhs) {
    return lhs->isBeforeInBlock(rhs);
  });
  llvm::SmallSetVector<Value, 8> inputs = collectInputs(ops);

  OpBuilder builder(group.root);
  Value result = group.root->getResult(0);
  auto kernel = KernelOp::create(builder, fuseLocations(ops), result.getType(),
                                 inputs.getArrayRef());
  Block &body = kernel.getBody().emplaceBlock();
  IRMapping mapping;
  for (Value input : inputs)
    mapping.map(input, body.addArgument(input.getType(), input.getLoc()));
  builder.setInsertionPointToEnd(&body);
  for (Operation *op : ops) {
    for (Value operand : op->getOperands())
      if (!mapping.contains(operand))
        cloneFree(operand.getDefiningOp(), builder, mapping);
    builder.clone(*op, mapping);
  }
  YieldOp::create(builder, group.root->getLoc(), mapping.lookup(result));
  result.replaceAllUsesWith(kernel.getResult());
  for (Operation *op : llvm::reverse(ops))
    op->erase();
}

struct FormKernelsPass : impl::FormKernelsPassBase<FormKernelsPass> {
  using FormKernelsPassBase::FormKernelsPassBase;

  void runOnOperation() override {
    // Private functions compute weights at packaging and are one kernel each.
    func::FuncOp function = getOperation();
    if (!function.isPublic() || function.isExternal())
      return;
    Block &block = function.getBody().front();
    KernelGroups groups(block, getAnalysis<SizeAnalysis>(), joinHalves);
    for (const KernelGroup *group : groups.get())
      outline(*group);
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};

} // namespace
} // namespace weft
