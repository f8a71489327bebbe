//===- TensorParallel.cpp - Which layers can share their columns ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/TensorParallel.h"

#include "dialects/Dist/Transforms/Factors.h"
#include "dialects/LLM/Transforms/Matchers.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/ADT/SetVector.h"
#include <numeric>

using namespace mlir;

namespace weft::dist {

namespace {

/// Columns of the first layer for one element of a dimension.
struct Scale {
  int64_t numerator = 1, denominator = 1;

  Scale times(int64_t factor) const {
    int64_t common = std::gcd(factor, denominator);
    return {numerator * (factor / common), denominator / common};
  }
  Scale dividedBy(int64_t divisor) const {
    int64_t common = std::gcd(divisor, numerator);
    return {numerator / common, denominator * (divisor / common)};
  }
};

/// A dimension that a cut has reached.
struct Reached {
  Value value;
  int64_t dimension;
  Scale scale;
};

class Walk {
public:
  Walk(SizeAnalysis &sizes, const Mesh &mesh) : sizes(sizes), mesh(mesh) {}

  std::optional<ColumnSplit> run(DenseLayer first) {
    reach(first.getResult(), first.getLastDimension(first.getResult()), {});
    // Grows while it is walked.
    for (size_t i = 0; i < reached.size(); ++i)
      for (OpOperand &use : reached[i].value.getUses())
        if (!pass(use, Reached(reached[i])))
          return std::nullopt;
    if (ends.empty())
      return std::nullopt;
    ColumnSplit split;
    split.granule = granule;
    for (auto [layer, scale] : ends)
      split.ends.push_back(
          {layer, granule / scale.numerator * scale.denominator});
    return split;
  }

private:
  void reach(Value value, int64_t dimension, Scale scale) {
    if (seen.insert({value, dimension}).second)
      reached.push_back({value, dimension, scale});
  }

  /// Whole elements of a factor stay together.
  void keepTogether(Scale scale) {
    granule = std::lcm(granule, scale.numerator);
  }

  bool pass(OpOperand &use, const Reached &from) {
    // A state is kept in shards.
    if (isa<StoreStateOp>(use.getOwner()))
      return true;
    auto model = dyn_cast<ModelOpInterface>(use.getOwner());
    if (!model)
      return false;
    // A bias does not hinder: it is added behind the reduction.
    std::optional<DenseLayer> layer = DenseLayer::of(use.getOwner());
    if (layer && use.getOperandNumber() == 0 &&
        from.dimension == layer->getLastDimension(from.value)) {
      if (!isWeight(layer->getWeight()))
        return false;
      keepTogether(from.scale.times(elementsOfBlock(layer->getWeight())));
      if (seenEnds.insert(layer->getOperation()).second)
        ends.push_back({*layer, from.scale});
      return true;
    }
    Factors factors(model, sizes, mesh);
    std::optional<unsigned> factor =
        factors.getFactor(use.getOperandNumber(), from.dimension);
    if (!factor || factors.getKind(*factor) != FactorKind::PassThrough)
      return false;
    auto minorAt = [&](unsigned tensor) -> std::optional<Factors::Place> {
      for (Factors::Place place : factors.getPlaces(*factor))
        if (place.tensor == tensor)
          return place;
      return std::nullopt;
    };
    Scale scale = from.scale.times(minorAt(use.getOperandNumber())->minor);
    keepTogether(scale);
    std::optional<Factors::Place> to = minorAt(factors.getResultIndex());
    if (!to)
      return false;
    reach(use.getOwner()->getResult(0), to->dimension,
          scale.dividedBy(to->minor));
    return true;
  }

  SizeAnalysis &sizes;
  const Mesh &mesh;
  int64_t granule = 1;
  SmallVector<Reached> reached;
  llvm::DenseSet<std::pair<Value, int64_t>> seen;
  SmallVector<std::pair<DenseLayer, Scale>> ends;
  llvm::DenseSet<Operation *> seenEnds;
};

} // namespace

std::optional<ColumnSplit> followColumns(DenseLayer layer, SizeAnalysis &sizes,
                                         const Mesh &mesh) {
  if (!isWeight(layer.getWeight()))
    return std::nullopt;
  return Walk(sizes, mesh).run(layer);
}

std::optional<DenseLayer> DenseLayer::of(Operation *op) {
  auto linear = dyn_cast<LinearOp>(op);
  if ((linear && !linear.getPanel()) || isa<ExpertLinearOp>(op))
    return DenseLayer(op);
  return std::nullopt;
}

bool isVocabularyLayer(DenseLayer layer) {
  constexpr int64_t minimum = 4096;
  if (layer.getNumColumns() < minimum ||
      !layer.getWeight().getDefiningOp<LoadWeightOp>())
    return false;
  for (Operation *op = layer.getOperation(); op->hasOneUse();) {
    Operation *user = *op->user_begin();
    if (isa<func::ReturnOp>(user))
      return true;
    if (!isElementwise(user) || user->getResultTypes() != op->getResultTypes())
      return false;
    op = user;
  }
  return false;
}

} // namespace weft::dist
