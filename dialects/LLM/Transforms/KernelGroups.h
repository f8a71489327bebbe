//===- KernelGroups.h - Which ops share a launch ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Divides the ops of a block into groups that become `llm.kernel` each:
//
//   KernelGroups groups(block, sizes);
//   for (const KernelGroup &group : groups.get()) outline(group);
//
// Nothing is computed twice: a value that two groups need is the result of a
// third. Free values (splat constants, iota) are the exception.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_KERNELGROUPS_H
#define DIALECTS_LLM_TRANSFORMS_KERNELGROUPS_H

#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "dialects/LLM/IR/LLM.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include <deque>

namespace weft {

struct KernelGroup {
  /// The op whose result leaves the kernel; all others lead to it.
  mlir::Operation *root = nullptr;
  llvm::SmallSetVector<mlir::Operation *, 8> ops;
};

/// Computed anew in each kernel that uses it, from no memory: splat constants,
/// iota, sizes, and their casts and expansions.
bool isFree(mlir::Operation *op);

class KernelGroups {
public:
  /// With `joinsHalves` a product may end with what becomes of its halves (see
  /// LinearHalves).
  KernelGroups(mlir::Block &block, SizeAnalysis &sizes, bool joinsHalves);

  /// In the order of their roots.
  llvm::SmallVector<const KernelGroup *> get() const;

private:
  void growPrologue(KernelGroup &group);
  /// Adds the producers of some operands of the root, and theirs.
  void growFrom(KernelGroup &group, mlir::ValueRange operands,
                llvm::function_ref<bool(mlir::Operation *)> mayJoin);
  void growEpilogue(KernelGroup &group);
  /// What becomes of the halves of a product, where that is the group's root.
  void growHalves(KernelGroup &group);
  /// Works on nothing but the result of an anchor, which nothing else reads:
  /// the anchor's epilogue, where the value is still in a register.
  bool finishesAnchor(mlir::Operation *op) const;
  /// The norm that alone reads what a linear op with a packed weight reaches
  /// through elementwise ops of its size, or null.
  mlir::Operation *findNormBehind(LinearOp linear);
  /// Adds producers of the group's ops that `mayJoin` while all their users are
  /// in the group.
  void absorb(KernelGroup &group,
              llvm::function_ref<bool(mlir::Operation *)> mayJoin);
  bool joinProducers(KernelGroup &group,
                     llvm::function_ref<bool(mlir::Operation *)> mayJoin);
  void dropViews(KernelGroup &group);

  KernelGroup &startGroup(mlir::Operation *op);
  void add(KernelGroup &group, mlir::Operation *op);
  bool isUngrouped(mlir::Operation *op) const {
    return op && op->getBlock() == &block && !groupOf.contains(op);
  }
  /// As large as the group's result, or cheap enough to compute again where it
  /// is broadcast.
  bool isWorthRepeating(mlir::Operation *op, const KernelGroup &group);
  bool isUnitReshape(mlir::Operation *op);
  /// Each element stays in its row of the first dimension.
  bool isReshapeOfRows(mlir::Operation *op);

  mlir::Block &block;
  SizeAnalysis &sizes;
  bool joinsHalves;
  /// Groups do not move when more are added.
  std::deque<KernelGroup> groups;
  llvm::DenseMap<mlir::Operation *, KernelGroup *> groupOf;
};

} // namespace weft

#endif // DIALECTS_LLM_TRANSFORMS_KERNELGROUPS_H
