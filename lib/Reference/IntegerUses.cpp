//===- IntegerUses.cpp - Which integers a program accepts -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/IntegerUses.h"

#include "dialects/LLM/IR/AttentionParts.h"

using namespace mlir;
using namespace weft;

namespace {

class Uses {
public:
  Uses(SizeAnalysis &sizes, const SizeBinding &binding)
      : sizes(sizes), binding(binding) {}

  /// `isComputed`: the value is not the argument's elements any more.
  void follow(Value value, bool isComputed = false);

  /// The greatest index that all uses accept, if any use is an index.
  std::optional<int64_t> maximumIndex;
  bool hasComputedIndex = false;
  bool isCompared = false;
  bool isComputedWith = false;
  bool isPartition = false;

private:
  void visit(OpOperand &use, bool isComputed);
  void visitCache(OpOperand &use, Value pool, unsigned slots,
                  OpOperand &positions, OpOperand &starts, OpOperand &table);
  void limit(const SizeExpr &numRows, bool isComputed);

  SizeAnalysis &sizes;
  const SizeBinding &binding;
  DenseSet<Value> visited, visitedAsComputed;
};

} // namespace

void Uses::limit(const SizeExpr &numRows, bool isComputed) {
  StatusOr<int64_t> rows = numRows.evaluate(binding.asValues());
  if (!rows.isOk())
    return;
  hasComputedIndex |= isComputed;
  int64_t last = std::max<int64_t>(*rows - 1, 0);
  maximumIndex = maximumIndex ? std::min(*maximumIndex, last) : last;
}

void Uses::follow(Value value, bool isComputed) {
  if (!(isComputed ? visitedAsComputed : visited).insert(value).second)
    return;
  for (OpOperand &use : value.getUses())
    visit(use, isComputed);
}

/// Indices of an op on a paged cache, of which dimension `slots` of the pool is
/// the block size. A computed one is no matter: none is.
void Uses::visitCache(OpOperand &use, Value pool, unsigned slots,
                      OpOperand &positions, OpOperand &starts,
                      OpOperand &table) {
  SizeExpr length = sizes.getSize(table.get(), 1) * sizes.getSize(pool, slots);
  if (&use == &table)
    limit(sizes.getSize(pool, 0), false);
  else if (&use == &positions)
    limit(length, false);
  else if (&use == &starts) {
    limit(sizes.getSize(positions.get(), 0) + 1, false);
    isPartition = true;
  } else if (PagedAttention::isA(use.getOwner()) &&
             isa<IntegerType>(getElementTypeOrSelf(use.get().getType())))
    limit(length + 1, false); // The number of keys.
}

void Uses::visit(OpOperand &use, bool isComputed) {
  Operation *op = use.getOwner();
  if (auto embedding = dyn_cast<EmbeddingOp>(op)) {
    if (use.getOperandNumber() == 0)
      limit(sizes.getSize(embedding.getTable(), 0), isComputed);
    return;
  }
  if (auto write = dyn_cast<WriteCacheOp>(op))
    return visitCache(use, write.getPool(), write.getTransposed() ? 3 : 2,
                      write.getPositionsMutable(),
                      write.getSequenceStartMutable(),
                      write.getBlockTableMutable());
  if (PagedAttention::isA(op)) {
    PagedAttention attention(op);
    return visitCache(use, attention.getKeys(), 3, op->getOpOperand(3),
                      op->getOpOperand(4), op->getOpOperand(6));
  }
  auto gather = dyn_cast<GatherOp>(op);
  if (gather && use.getOperandNumber() == 1)
    return limit(sizes.getSize(gather.getInput(), gather.getAxis()),
                 isComputed);
  if (auto kernel = dyn_cast<KernelOp>(op))
    return follow(kernel.getBody().getArgument(use.getOperandNumber()),
                  isComputed);
  if (isa<YieldOp>(op))
    return follow(op->getParentOp()->getResult(0), isComputed);
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
  bool computes = isa<AddOp, SubOp, MulOp, DivOp, ModOp, PowOp, ReduceOp>(op);
  isComputedWith |= computes;
  // Layout ops, casts, and sums with other indices: the result is used as the
  // operand is. A running sum is a product with ones.
  if (isa<IntegerType>(result))
    follow(op->getResult(0), isComputed || computes || isa<MatMulOp>(op));
}

IntegerRange weft::rangeOfUses(Value argument, SizeAnalysis &sizes,
                               const SizeBinding &binding) {
  Uses uses(sizes, binding);
  uses.follow(argument);
  // Positions that count a mask's ones stay small where the mask has only
  // those; of other elements a sum soon leaves the table.
  if (uses.hasComputedIndex)
    return {0, std::min<int64_t>(*uses.maximumIndex, 1), uses.isCompared};
  if (uses.maximumIndex)
    return {0, *uses.maximumIndex, /*isMask=*/false, uses.isPartition};
  if (getElementTypeOrSelf(argument.getType()).isInteger(1) ||
      (uses.isCompared && !uses.isComputedWith))
    return {0, 1, true};
  return {1, 9};
}
