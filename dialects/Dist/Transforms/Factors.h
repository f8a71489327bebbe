//===- Factors.h - Shardings as an op sees them -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An op's sharding rule is an einsum over factors. Here its factors get sizes,
// and shardings of tensors become shardings of factors and back:
//
//   llm.reshape [8, 384] -> [8, 12, 32]          // rule: a(bc)->abc
//   [{}, {"tp"} granule 64] of the operand       // b: {"tp"} granule 2
//   b: {"tp"} granule 2, of the result           // [{}, {"tp"} granule 2, {}]
//
// A factor can be split only where it is the major part of every dimension it
// is in, and what is minor to it has a constant size: that many elements stay
// together.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_TRANSFORMS_FACTORS_H
#define DIALECTS_DIST_TRANSFORMS_FACTORS_H

#include "dialects/Dist/IR/Sharding.h"
#include "dialects/LLM/Analysis/SizeAnalysis.h"

namespace weft::dist {

/// The axes that split a factor, major to minor, in whole granules.
struct FactorSharding {
  llvm::SmallVector<mlir::StringAttr, 2> axes;
  int64_t granule = 1;
};

/// Neighbouring elements of the last dimension that are stored together: those
/// of a block, else 1.
int64_t elementsOfBlock(mlir::Value value);

/// The weight that a value is, also with zeros around it; none for any other.
LoadWeightOp findWeight(mlir::Value value);
inline bool isWeight(mlir::Value value) { return findWeight(value) != nullptr; }

/// True when both give every device the same elements of a dimension.
bool haveSameShards(const SizeExpr &size, DimensionShardingAttr lhs,
                    DimensionShardingAttr rhs, const Mesh &mesh);
/// The same for a tensor.
bool haveSameShards(const Sizes &sizes, ShardingAttr lhs, ShardingAttr rhs,
                    const Mesh &mesh);

/// The sharding rule of one op, with sizes. Its tensors are the operands, then
/// the result.
class Factors {
public:
  Factors(ModelOpInterface op, SizeAnalysis &sizes, const Mesh &mesh);

  unsigned getNumFactors() const { return rule.factors.size(); }
  FactorKind getKind(unsigned factor) const { return rule.factors[factor]; }
  /// What splitting this factor leaves in the result; none when it splits it.
  std::optional<ReductionKind> getReduction(unsigned factor) const;
  bool canSplit(unsigned factor) const { return splittable[factor]; }
  /// Neighbouring elements of a factor that stay together: those of a block of
  /// a quantized tensor.
  int64_t getGranule(unsigned factor) const { return granules[factor]; }

  unsigned getNumTensors() const { return tensors.size(); }
  unsigned getResultIndex() const { return tensors.size() - 1; }
  mlir::Value getTensor(unsigned tensor) const { return tensors[tensor]; }
  const Sizes &getSizes(unsigned tensor) const { return sizes[tensor]; }

  /// Where a factor is major.
  struct Place {
    unsigned tensor;
    int64_t dimension;
    /// Elements of the dimension for one of the factor.
    int64_t minor;
    unsigned factor;
  };
  llvm::ArrayRef<Place> getPlaces(unsigned factor) const {
    return places[factor];
  }
  /// The factor that splits a dimension; none when nothing can.
  std::optional<unsigned> getFactor(unsigned tensor, int64_t dimension) const;

  /// What a sharding of a dimension means for its factor; none when blocks
  /// would cut what must stay together.
  std::optional<FactorSharding> project(Place place,
                                        DimensionShardingAttr sharding) const;
  DimensionShardingAttr unproject(Place place,
                                  const FactorSharding &sharding) const;
  /// The sharding of a tensor when the op is computed with its factors split
  /// so. The result is partial over axes that split factors it does not have.
  ShardingAttr getSharding(unsigned tensor,
                           llvm::ArrayRef<FactorSharding> factors) const;

private:
  const Mesh &mesh;
  mlir::MLIRContext *context;
  ShardingRule rule;
  llvm::SmallVector<mlir::Value> tensors;
  llvm::SmallVector<Sizes> sizes;
  llvm::SmallVector<bool> splittable;
  llvm::SmallVector<int64_t> granules;
  llvm::SmallVector<llvm::SmallVector<Place, 4>> places;
};

} // namespace weft::dist

#endif // DIALECTS_DIST_TRANSFORMS_FACTORS_H
