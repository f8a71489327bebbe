//===- RemoveCopies.cpp - Compute outputs in place ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Exec/Transforms/Passes.h"

using namespace mlir;
namespace weft::exec {

#define GEN_PASS_DEF_REMOVECOPIES
#include "dialects/Exec/Transforms/Passes.h.inc"

namespace {

/// Puts `output` in the place of `temporary` when `copy` moves all of the one
/// into the other.
void computeInPlace(CopyOp copy) {
  auto temporary = copy.getSource().getDefiningOp<TemporaryOp>();
  auto output = copy.getDestination().getDefiningOp<OutputOp>();
  if (!temporary || !output || !output->hasOneUse())
    return;
  // A copy inside of an if or a while may not happen.
  if (copy->getBlock() != output->getBlock())
    return;
  SizesAttr zero = getSizeAttr(copy.getContext(), 0);
  if (copy.getSourceOffset() != zero || copy.getDestinationOffset() != zero ||
      copy.getBytes() != temporary.getBytes() ||
      copy.getBytes() != output.getBytes())
    return;
  copy.erase();
  output->moveBefore(temporary);
  temporary.replaceAllUsesWith(output.getResult());
  temporary.erase();
}

struct RemoveCopiesPass : impl::RemoveCopiesBase<RemoveCopiesPass> {
  void runOnOperation() override {
    SmallVector<CopyOp> copies;
    getOperation().walk([&](CopyOp copy) { copies.push_back(copy); });
    for (CopyOp copy : copies)
      computeInPlace(copy);
  }
};

} // namespace
} // namespace weft::exec
