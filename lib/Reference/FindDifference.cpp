//===- FindDifference.cpp - The op where programs part --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/FindDifference.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace weft;

SmallVector<std::string> weft::namesOf(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return {name.getName().str()};
  if (auto place = dyn_cast<FileLineColLoc>(location)) {
    std::string text;
    llvm::raw_string_ostream(text) << place;
    return {text};
  }
  SmallVector<std::string> names;
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location source : fused.getLocations())
      names.append(namesOf(source));
  return names;
}

namespace {

/// What is known of a value of the later version.
struct ComparedValue {
  unsigned order;
  /// From the closest value of its name; none when one of them agrees.
  std::optional<Difference> difference;
};

} // namespace

/// Weights and constants are compared by what uses them.
static bool isCompared(Value value) {
  Operation *op = value.getDefiningOp();
  return op && !isa<LoadWeightOp, ConstantOp>(op);
}

/// The values that a value is computed from.
static SmallVector<Value> dependencies(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto kernel = dyn_cast<KernelOp>(argument.getOwner()->getParentOp());
    return kernel
               ? SmallVector<Value>{kernel.getInputs()[argument.getArgNumber()]}
               : SmallVector<Value>();
  }
  Operation *op = value.getDefiningOp();
  if (auto kernel = dyn_cast<KernelOp>(op))
    return {kernel.getBody().front().getTerminator()->getOperand(0)};
  return SmallVector<Value>(op->getOperands());
}

std::optional<DifferingValue>
weft::findDifference(Evaluator &evaluator, func::FuncOp before,
                     func::FuncOp after, ArrayRef<HostTensor> inputs,
                     ArrayRef<unsigned> differing, double tolerance) {
  llvm::StringMap<SmallVector<HostTensor, 1>> expected;
  auto record = [&](Value value, const HostTensor &tensor) {
    if (isCompared(value))
      for (const std::string &name : namesOf(value.getLoc()))
        expected[name].push_back(tensor);
  };
  if (failed(evaluator.evaluate(before, inputs, record)))
    return std::nullopt;

  DenseMap<Value, ComparedValue> compared;
  auto compare = [&](Value value, const HostTensor &tensor) {
    if (!isCompared(value))
      return;
    std::optional<Difference> closest;
    for (const std::string &name : namesOf(value.getLoc()))
      for (const HostTensor &candidate : expected[name]) {
        if (candidate.getShape() != tensor.getShape() ||
            candidate.getElementType() != tensor.getElementType())
          continue;
        unsigned order = compared.size();
        auto difference = compareTensors(tensor, candidate, tolerance);
        if (!difference) {
          compared[value] = ComparedValue{order, std::nullopt};
          return;
        }
        // An op that several were fused into replaces one of them.
        if (!closest || difference->distance() < closest->distance())
          closest = std::move(difference);
      }
    if (closest) {
      unsigned order = compared.size();
      compared[value] = ComparedValue{order, std::move(closest)};
    }
  };
  if (failed(evaluator.evaluate(after, inputs, compare)))
    return std::nullopt;

  // Backwards from the results, not past values that agree.
  SmallVector<Value> worklist;
  for (unsigned result : differing)
    worklist.push_back(after.front().getTerminator()->getOperand(result));
  DenseSet<Value> visited;
  Value first;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (!visited.insert(value).second)
      continue;
    auto it = compared.find(value);
    if (it != compared.end()) {
      if (!it->second.difference)
        continue;
      if (!first || it->second.order < compared[first].order)
        first = value;
    }
    worklist.append(dependencies(value));
  }
  if (!first)
    return std::nullopt;
  return DifferingValue{first, *compared[first].difference};
}
