//===- ReshardPlan.h - The cheapest way to another sharding -----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From one sharding of a tensor to another, as collectives over one mesh axis
// each and slices:
//
//   from <[{}, {}] sum {"tp"}> to <[{"tp"}, {}]>   // reduce_scatter dim 0
//   from <[{"tp"}, {}]> to <[{}, {"tp"}]>          // all_to_all
//   from <[{"dp"}, {}]> to <[{"tp"}, {}]>          // all_gather dim 0, slice
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_TRANSFORMS_RESHARDPLAN_H
#define DIALECTS_DIST_TRANSFORMS_RESHARDPLAN_H

#include "dialects/Dist/IR/Sharding.h"
#include "dialects/LLM/Analysis/SizeSymbols.h"

namespace weft::dist {

struct ReshardStep {
  enum class Kind { Slice, AllGather, AllReduce, ReduceScatter, AllToAll };
  Kind kind;
  mlir::StringAttr axis;
  /// The dimension that is cut, gathered or scattered; for an all_to_all the
  /// one that it splits.
  int64_t dimension = 0;
  /// The dimension that an all_to_all concatenates.
  int64_t concatDimension = 0;
  /// The sharding behind this step.
  ShardingAttr after;
};

struct ReshardPlan {
  llvm::SmallVector<ReshardStep> steps;
  /// What its collectives are expected to take; slices are free.
  double seconds = 0;
};

/// The plan of least time for a tensor of these sizes; among equal ones, that
/// of the fewest steps. None when the target is partial over an axis over which
/// the source is not: that would make up values.
std::optional<ReshardPlan> planReshard(ShardingAttr source, ShardingAttr target,
                                       const Sizes &sizes,
                                       mlir::Type elementType, const Mesh &mesh,
                                       const SizeSymbols &symbols);

/// Seconds of a collective over `devices` ranks of one machine, for a tensor of
/// `bytes` that they hold together (each of them, for an all_reduce).
double estimateCollective(bool isAllReduce, double devices, double bytes);

/// A size as it may be at run time: symbols are 256, or as near as their range
/// allows. For comparing costs only.
double estimateSize(const SizeExpr &size, const SizeSymbols &symbols);

} // namespace weft::dist

#endif // DIALECTS_DIST_TRANSFORMS_RESHARDPLAN_H
