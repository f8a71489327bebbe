//===- CollectiveOrder.h - Ranks meet in the same collectives ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Proves that all ranks of each group issue the same collectives in the same
// order, whatever the coordinates and the data are. All ranks run one program,
// so its text orders all collectives; what is left to prove is that
//
//   1. where one rank of a group issues a collective, all do: a condition
//   around
//      it has the same value on all of them, or every side issues the same;
//   2. they mean the same: kind, axes and element type stand in the text, but a
//      size may use coordinates, and only of axes outside the group.
//
// Then no rank waits for another in vain. Of the collectives that have been
// issued and not completed take the first in the text: by 1 its ranks all come
// to it, and none of them waits in an earlier one.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_ANALYSIS_COLLECTIVEORDER_H
#define DIALECTS_DIST_ANALYSIS_COLLECTIVEORDER_H

#include "dialects/Dist/IR/Mesh.h"

namespace weft::dist {

/// What the ranks of a group must agree on.
struct Collective {
  mlir::Operation *op;
  /// With all that changes its meaning: "all_gather dim 1 granule 2".
  std::string kind;
  llvm::SmallVector<mlir::StringAttr> axes;
  mlir::Type elementType;
  Sizes sizes;
  /// Only collectives on the same queue are in order.
  uint64_t queue = 0;

  /// "all_reduce sum over ["tp"] of f32 [4, n]".
  std::string str() const;
};

/// How a level of the IR says these things.
class CollectiveReader {
public:
  virtual ~CollectiveReader() = default;
  /// None for ops that are no collectives.
  virtual std::optional<Collective> getCollective(mlir::Operation *op) = 0;
  /// What decides which regions of `op` are run; none where that is unknown.
  virtual std::optional<SizeExpr> getCondition(mlir::Operation *op) {
    return std::nullopt;
  }
  /// Whether a size symbol has the same value on all ranks.
  virtual bool isShared(llvm::StringRef symbol) = 0;
};

/// Fails with a diagnostic at a collective for which there is no proof; where
/// two would meet that differ, it names both.
mlir::LogicalResult checkCollectiveOrder(mlir::Region &program,
                                         const Mesh &mesh,
                                         CollectiveReader &reader);

} // namespace weft::dist

#endif // DIALECTS_DIST_ANALYSIS_COLLECTIVEORDER_H
