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
using Tensor = WeightStore::Tensor;

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
  std::optional<DifferingValue> difference;
};

} // namespace

/// The shards that a value of `before` should have in a local form; none for
/// partial sums, which have no one form.
static Shards expectedShards(Value value, ArrayRef<Tensor> found,
                             bool becomesLocal) {
  dist::ShardingAttr sharding = dist::getSharding(value);
  if (!becomesLocal || !sharding)
    return Shards(found);
  if (sharding.isPartial())
    return {};
  return cutShards(*found.front(), sharding,
                   *dist::Mesh::find(value.getDefiningOp()));
}

/// Whether the shards may be compared, one by one or all with the same whole.
static bool areComparable(ArrayRef<Tensor> found, ArrayRef<Tensor> expected) {
  if (expected.size() != 1 && expected.size() != found.size())
    return false;
  for (auto [rank, tensor] : llvm::enumerate(found)) {
    const Tensor &other = expected[expected.size() == 1 ? 0 : rank];
    if (tensor->getShape() != other->getShape() ||
        tensor->getElementType() != other->getElementType())
      return false;
  }
  return true;
}

static std::optional<DifferingValue> compareShards(Value value,
                                                   ArrayRef<Tensor> found,
                                                   ArrayRef<Tensor> expected,
                                                   double tolerance) {
  for (auto [rank, tensor] : llvm::enumerate(found))
    if (auto difference = compareTensors(
            *tensor, *expected[expected.size() == 1 ? 0 : rank], tolerance)) {
      DifferingValue result{value, std::move(*difference), std::nullopt};
      if (found.size() > 1)
        result.rank = rank;
      return result;
    }
  return std::nullopt;
}

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
  llvm::StringMap<SmallVector<Shards, 1>> expected;
  bool becomesLocal =
      !dist::isInLocalForm(before) && dist::isInLocalForm(after);
  auto record = [&](Value value, ArrayRef<Tensor> shards) {
    if (!isCompared(value))
      return;
    Shards kept = expectedShards(value, shards, becomesLocal);
    if (!kept.empty())
      for (const std::string &name : namesOf(value.getLoc()))
        expected[name].push_back(kept);
  };
  evaluator.clearStates();
  if (failed(evaluator.evaluate(before, inputs, record)))
    return std::nullopt;

  DenseMap<Value, ComparedValue> compared;
  auto compare = [&](Value value, ArrayRef<Tensor> shards) {
    if (!isCompared(value))
      return;
    std::optional<DifferingValue> closest;
    for (const std::string &name : namesOf(value.getLoc()))
      for (const Shards &candidate : expected[name]) {
        if (!areComparable(shards, candidate))
          continue;
        unsigned order = compared.size();
        auto difference = compareShards(value, shards, candidate, tolerance);
        if (!difference) {
          compared[value] = ComparedValue{order, std::nullopt};
          return;
        }
        // An op that several were fused into replaces one of them.
        if (!closest ||
            difference->difference.distance() < closest->difference.distance())
          closest = std::move(difference);
      }
    if (closest) {
      unsigned order = compared.size();
      compared[value] = ComparedValue{order, std::move(closest)};
    }
  };
  // What is known until a failure is compared.
  evaluator.clearStates();
  (void)evaluator.evaluate(after, inputs, compare);

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
  return first ? compared[first].difference : std::nullopt;
}
