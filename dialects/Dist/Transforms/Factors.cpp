//===- Factors.cpp - Shardings as an op sees them -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/Factors.h"

#include <numeric>

using namespace mlir;

namespace weft::dist {

LoadWeightOp findWeight(Value value) {
  while (auto pad = value.getDefiningOp<PadOp>())
    value = pad.getInput();
  return value.getDefiningOp<LoadWeightOp>();
}

int64_t elementsOfBlock(Value value) {
  auto block = dyn_cast<BlockType>(getElementTypeOrSelf(value));
  return block ? block.getInfo().elements : 1;
}

bool haveSameShards(const SizeExpr &size, DimensionShardingAttr lhs,
                    DimensionShardingAttr rhs, const Mesh &mesh) {
  if (lhs.getAxes() != rhs.getAxes())
    return false;
  if (lhs.isWhole() || lhs.getGranule() == rhs.getGranule())
    return true;
  Shard left = getShard(size, lhs, mesh), right = getShard(size, rhs, mesh);
  return left.offset == right.offset && left.size == right.size;
}

bool haveSameShards(const Sizes &sizes, ShardingAttr lhs, ShardingAttr rhs,
                    const Mesh &mesh) {
  if (lhs.getPartialAxes() != rhs.getPartialAxes() ||
      lhs.getReduction() != rhs.getReduction())
    return false;
  for (auto [size, left, right] :
       llvm::zip_equal(sizes, lhs.getDimensions(), rhs.getDimensions()))
    if (!haveSameShards(size, left, right, mesh))
      return false;
  return true;
}

//===----------------------------------------------------------------------===//
// Factors
//===----------------------------------------------------------------------===//

/// The size of each factor; none where the dimensions do not tell.
static SmallVector<std::optional<SizeExpr>>
findFactorSizes(const ShardingRule &rule, ArrayRef<Sizes> sizes) {
  SmallVector<std::optional<SizeExpr>> found(rule.factors.size());
  auto forEachDimension = [&](auto visit) {
    for (auto [dimensions, tensorSizes] : llvm::zip(rule.operands, sizes))
      for (auto [dimension, size] : llvm::zip_equal(dimensions, tensorSizes))
        visit(dimension, size);
    for (auto [dimension, size] : llvm::zip_equal(rule.result, sizes.back()))
      visit(dimension, size);
  };
  forEachDimension([&](const auto &dimension, const SizeExpr &size) {
    if (dimension.size() == 1 && !found[dimension[0]])
      found[dimension[0]] = size;
  });
  // A product of factors tells the one that stands nowhere alone.
  forEachDimension([&](const auto &dimension, const SizeExpr &size) {
    SizeExpr known = 1;
    SmallVector<unsigned> unknown;
    for (unsigned factor : dimension)
      if (found[factor])
        known = known * *found[factor];
      else
        unknown.push_back(factor);
    if (unknown.size() == 1)
      found[unknown[0]] = exactDiv(size, known);
  });
  return found;
}

Factors::Factors(ModelOpInterface op, SizeAnalysis &analysis, const Mesh &mesh)
    : mesh(mesh), context(op->getContext()), tensors(op->getOperands()),
      sizes(analysis.getSizes(op->getOperands())) {
  Sizes result = analysis.getSizes(op->getResult(0));
  rule = op.getShardingRule(sizes, result);
  tensors.push_back(op->getResult(0));
  sizes.push_back(std::move(result));

  SmallVector<std::optional<SizeExpr>> factorSizes =
      findFactorSizes(rule, sizes);
  places.resize(rule.factors.size());
  granules.assign(rule.factors.size(), 1);
  for (auto [factor, kind] : llvm::enumerate(rule.factors))
    splittable.push_back(kind != FactorKind::Replicate &&
                         factorSizes[factor] != SizeExpr(1));
  for (unsigned tensor = 0; tensor < tensors.size(); ++tensor) {
    const ShardingRule::Dimensions &dimensions =
        tensor == getResultIndex() ? rule.result : rule.operands[tensor];
    for (auto [i, dimension] : llvm::enumerate(dimensions)) {
      std::optional<int64_t> minor = 1;
      for (unsigned factor : llvm::drop_begin(dimension, !dimension.empty())) {
        splittable[factor] = false;
        std::optional<int64_t> size = factorSizes[factor]
                                          ? factorSizes[factor]->asConstant()
                                          : std::nullopt;
        minor = minor && size ? std::optional(*minor * *size) : std::nullopt;
      }
      if (dimension.empty())
        continue;
      if (!minor || *minor < 1)
        splittable[dimension[0]] = false;
      else {
        places[dimension[0]].push_back(
            {tensor, int64_t(i), *minor, dimension[0]});
        // Whole elements of the factor hold whole blocks.
        if (i + 1 == dimensions.size()) {
          int64_t block = elementsOfBlock(tensors[tensor]);
          granules[dimension[0]] =
              std::lcm(granules[dimension[0]], block / std::gcd(block, *minor));
        }
      }
    }
  }
}

std::optional<ReductionKind> Factors::getReduction(unsigned factor) const {
  switch (rule.factors[factor]) {
  case FactorKind::Sum:
    return ReductionKind::sum;
  case FactorKind::Max:
    return ReductionKind::max;
  case FactorKind::Min:
    return ReductionKind::min;
  case FactorKind::PassThrough:
  case FactorKind::Replicate:
    return std::nullopt;
  }
  llvm_unreachable("all kinds are handled");
}

std::optional<unsigned> Factors::getFactor(unsigned tensor,
                                           int64_t dimension) const {
  for (unsigned factor = 0; factor < getNumFactors(); ++factor)
    for (const Place &place : places[factor])
      if (place.tensor == tensor && place.dimension == dimension)
        return splittable[factor] ? std::optional(factor) : std::nullopt;
  return std::nullopt;
}

std::optional<FactorSharding>
Factors::project(Place place, DimensionShardingAttr sharding) const {
  int64_t granule =
      std::lcm(sharding.getGranule(), place.minor * getGranule(place.factor));
  if (!haveSameShards(sizes[place.tensor][place.dimension], sharding,
                      DimensionShardingAttr::get(context, sharding.getAxes(),
                                                 granule, /*isOpen=*/false),
                      mesh))
    return std::nullopt;
  return FactorSharding{llvm::to_vector<2>(sharding.getAxes()),
                        granule / place.minor};
}

DimensionShardingAttr Factors::unproject(Place place,
                                         const FactorSharding &sharding) const {
  int64_t granule = sharding.axes.empty() ? 1 : sharding.granule * place.minor;
  return DimensionShardingAttr::get(context, sharding.axes, granule,
                                    /*isOpen=*/false);
}

ShardingAttr Factors::getSharding(unsigned tensor,
                                  ArrayRef<FactorSharding> factors) const {
  SmallVector<DimensionShardingAttr> dimensions(
      ShardingAttr::getReplicated(context, sizes[tensor].size())
          .getDimensions());
  SmallVector<StringAttr> partial;
  ReductionKind reduction = ReductionKind::sum;
  for (auto [factor, sharding] : llvm::enumerate(factors)) {
    for (const Place &place : places[factor])
      if (place.tensor == tensor)
        dimensions[place.dimension] = unproject(place, sharding);
    if (tensor == getResultIndex())
      if (std::optional<ReductionKind> kind = getReduction(factor);
          kind && !sharding.axes.empty()) {
        partial.append(sharding.axes.begin(), sharding.axes.end());
        reduction = *kind;
      }
  }
  // In the order of the mesh, so that equal shardings are equal attributes.
  llvm::sort(partial, [&](StringAttr lhs, StringAttr rhs) {
    return llvm::find(mesh.getAxes(), lhs) < llvm::find(mesh.getAxes(), rhs);
  });
  return ShardingAttr::get(context, dimensions, partial, reduction);
}

} // namespace weft::dist
