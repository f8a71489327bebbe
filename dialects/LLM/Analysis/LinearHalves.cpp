//===- LinearHalves.cpp - A product whose halves become one ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Analysis/LinearHalves.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace weft {

/// Longer chains are not looked through.
static constexpr size_t maxOps = 8;

/// Columns [from, from + count) of the last dimension, all of the others.
static bool takesColumns(SliceOp slice, int64_t from, int64_t count) {
  Sizes offsets = slice.getOffsets().getExprs();
  return offsets.back() == SizeExpr(from) &&
         slice.getType().getShape().back() == count &&
         llvm::all_of(ArrayRef(offsets).drop_back(),
                      [](const SizeExpr &at) { return at == SizeExpr(0); }) &&
         llvm::all_of(slice.getStrides(),
                      [](int64_t stride) { return stride == 1; });
}

static bool isSplat(Operation *op) {
  auto constant = dyn_cast_or_null<ConstantOp>(op);
  auto elements = constant ? dyn_cast<DenseElementsAttr>(constant.getValue())
                           : DenseElementsAttr();
  return elements && elements.isSplat();
}

std::optional<LinearHalves> LinearHalves::leadingTo(Value result,
                                                    Predicate isElementwise) {
  Operation *root = result.getDefiningOp();
  if (!root || !isElementwise(root))
    return std::nullopt;
  llvm::SmallSetVector<Operation *, 8> ops;
  llvm::SmallSetVector<Operation *, 4> slices;
  ops.insert(root);
  for (size_t i = 0; i < ops.size(); ++i)
    for (Value operand : ops[i]->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (isSplat(producer))
        continue;
      if (isa_and_present<SliceOp>(producer))
        slices.insert(producer);
      else if (producer && isElementwise(producer))
        ops.insert(producer);
      else
        return std::nullopt;
      if (ops.size() > maxOps || slices.size() > 2)
        return std::nullopt;
    }
  if (slices.size() != 2)
    return std::nullopt;
  auto isInside = [&](Operation *user) { return ops.contains(user); };
  for (Operation *op : llvm::concat<Operation *const>(
           slices.getArrayRef(), ops.getArrayRef().drop_front()))
    if (!llvm::all_of(op->getUsers(), isInside))
      return std::nullopt;

  LinearHalves halves;
  halves.first = cast<SliceOp>(slices[0]);
  halves.second = cast<SliceOp>(slices[1]);
  halves.linear = halves.first.getInput().getDefiningOp<LinearOp>();
  if (!halves.linear || halves.second.getInput() != halves.linear.getResult() ||
      !llvm::all_of(halves.linear->getUsers(),
                    [&](Operation *user) { return slices.contains(user); }))
    return std::nullopt;
  auto block =
      dyn_cast<BlockType>(getElementTypeOrSelf(halves.linear.getWeight()));
  int64_t half = halves.linear.getType().getShape().back() / 2;
  if (!block || !block.isInterleaved() || !halves.linear.getActivations() ||
      half % 32 != 0 || halves.linear.getType().getShape().back() != 2 * half)
    return std::nullopt;
  if (!takesColumns(halves.first, 0, half))
    std::swap(halves.first, halves.second);
  if (!takesColumns(halves.first, 0, half) ||
      !takesColumns(halves.second, half, half))
    return std::nullopt;
  halves.ops.append(ops.begin(), ops.end());
  return halves;
}

std::optional<LinearHalves> LinearHalves::of(LinearOp linear,
                                             Predicate isElementwise) {
  if (linear->use_empty())
    return std::nullopt;
  Operation *op = *linear->user_begin();
  for (size_t length = 0; length < maxOps && op->hasOneUse(); ++length) {
    op = *op->user_begin();
    if (op->getNumResults() != 1)
      return std::nullopt;
    if (auto halves = leadingTo(op->getResult(0), isElementwise))
      return halves;
  }
  return std::nullopt;
}

} // namespace weft
