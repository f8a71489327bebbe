//===- EqualValues.cpp - What all ranks have alike ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/EqualValues.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace weft::dist {

static bool usesCoordinates(Operation *op, ArrayAttr axes) {
  std::set<std::string> used;
  op->getAttrDictionary().walk([&](SizesAttr sizes) {
    for (const SizeExpr &size : sizes.getExprs())
      collectCoordinates(size, used);
  });
  return llvm::any_of(axes.getAsRange<StringAttr>(),
                      [&](StringAttr axis) { return used.count(axis.str()); });
}

/// A collective after which all ranks along `axes` have the same.
static bool isGivenToAll(Operation *op, ArrayAttr axes) {
  auto includes = [&](ArrayAttr others) {
    return llvm::all_of(
        axes, [&](Attribute axis) { return llvm::is_contained(others, axis); });
  };
  if (auto reduce = dyn_cast<AllReduceOp>(op))
    return includes(reduce.getAxes());
  auto gather = dyn_cast<AllGatherOp>(op);
  return gather && includes(gather.getAxes());
}

/// Shards are computed with a device's coordinates.
static bool isStoredAlike(LoadWeightOp load, ArrayAttr axes) {
  auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(
      load, load.getWeightAttr());
  if (!weight || !weight.getInitializer())
    return weight != nullptr;
  auto initializer = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      weight, weight.getInitializerAttr());
  return initializer && !initializer
                             .walk([&](Operation *op) {
                               return usesCoordinates(op, axes)
                                          ? WalkResult::interrupt()
                                          : WalkResult::advance();
                             })
                             .wasInterrupted();
}

bool isEqualAlong(ArrayAttr axes, Value value) {
  llvm::SmallSetVector<Value, 16> seen;
  seen.insert(value);
  for (size_t i = 0; i < seen.size(); ++i) {
    Operation *op = seen[i].getDefiningOp();
    if (!op || isGivenToAll(op, axes))
      continue;
    if (auto load = dyn_cast<LoadWeightOp>(op)) {
      if (!isStoredAlike(load, axes))
        return false;
    } else if (!isPure(op) || op->getNumRegions() != 0) {
      return false;
    }
    if (usesCoordinates(op, axes))
      return false;
    seen.insert_range(op->getOperands());
  }
  return true;
}

} // namespace weft::dist
