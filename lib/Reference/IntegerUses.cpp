//===- IntegerUses.cpp - Which integers a program accepts -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/IntegerUses.h"

#include "dialects/LLM/IR/LLM.h"

using namespace mlir;
using namespace weft;

namespace {

class Uses {
public:
  Uses(SizeAnalysis &sizes, const SizeBinding &binding)
      : sizes(sizes), binding(binding) {}

  void follow(Value value);

  /// The greatest index that all uses accept, if any use is an index.
  std::optional<int64_t> maximumIndex;
  bool isCompared = false;
  bool isComputedWith = false;

private:
  void visit(OpOperand &use);
  void limit(const SizeExpr &numRows);

  SizeAnalysis &sizes;
  const SizeBinding &binding;
  DenseSet<Value> visited;
};

} // namespace

void Uses::limit(const SizeExpr &numRows) {
  StatusOr<int64_t> rows = numRows.evaluate(binding.asValues());
  if (!rows.isOk())
    return;
  int64_t last = std::max<int64_t>(*rows - 1, 0);
  maximumIndex = maximumIndex ? std::min(*maximumIndex, last) : last;
}

void Uses::follow(Value value) {
  if (!visited.insert(value).second)
    return;
  for (OpOperand &use : value.getUses())
    visit(use);
}

void Uses::visit(OpOperand &use) {
  Operation *op = use.getOwner();
  if (auto embedding = dyn_cast<EmbeddingOp>(op)) {
    if (use.getOperandNumber() == 0)
      limit(sizes.getSize(embedding.getTable(), 0));
    return;
  }
  auto gather = dyn_cast<GatherOp>(op);
  if (gather && use.getOperandNumber() == 1)
    return limit(sizes.getSize(gather.getInput(), gather.getAxis()));
  if (auto kernel = dyn_cast<KernelOp>(op))
    return follow(kernel.getBody().getArgument(use.getOperandNumber()));
  if (isa<YieldOp>(op))
    return follow(op->getParentOp()->getResult(0));
  if (isa<CompareOp, NotOp, AndOp, OrOp, XorOp>(op)) {
    isCompared = true;
    return;
  }
  if (op->getNumResults() != 1)
    return;
  Type result = getElementTypeOrSelf(op->getResult(0).getType());
  if (isa<CastOp>(op) && (isa<FloatType>(result) || result.isInteger(1))) {
    isCompared = true;
    return;
  }
  if (isa<AddOp, SubOp, MulOp, DivOp, ModOp, PowOp, ReduceOp>(op))
    isComputedWith = true;
  // Layout ops, casts, and sums with other indices: the result is used as the
  // operand is.
  if (isa<IntegerType>(result))
    follow(op->getResult(0));
}

IntegerRange weft::rangeOfUses(Value argument, SizeAnalysis &sizes,
                               const SizeBinding &binding) {
  Uses uses(sizes, binding);
  uses.follow(argument);
  if (uses.maximumIndex)
    return {0, *uses.maximumIndex};
  if (getElementTypeOrSelf(argument.getType()).isInteger(1) ||
      (uses.isCompared && !uses.isComputedWith))
    return {0, 1, true};
  return {1, 9};
}
