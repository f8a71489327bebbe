//===- RemoveCopies.cpp - Compute outputs in place ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Exec/Transforms/Passes.h"
#include "dialects/LLM/Analysis/SizeSymbols.h"

using namespace mlir;
namespace weft::exec {

#define GEN_PASS_DEF_REMOVECOPIES
#include "dialects/Exec/Transforms/Passes.h.inc"

namespace {

/// Kernels and collectives find their buffers at multiples of this many bytes
/// (include/weft/kernel_abi.h).
constexpr int64_t kernelAlignment = 64;

/// Puts `output`, or the part of it that `copy` writes, in the place of
/// `temporary` when `copy` moves all of that there.
void computeInPlace(CopyOp copy, const SizeSymbols &symbols) {
  auto temporary = copy.getSource().getDefiningOp<TemporaryOp>();
  auto output = copy.getDestination().getDefiningOp<OutputOp>();
  if (!temporary || !output || !output->hasOneUse())
    return;
  // A copy inside of an if or a while may not happen.
  if (copy->getBlock() != output->getBlock())
    return;
  SizesAttr zero = getSizeAttr(copy.getContext(), 0);
  SizesAttr offset = copy.getDestinationOffset();
  bool isWhole = offset == zero && copy.getBytes() == output.getBytes();
  if (copy.getSourceOffset() != zero ||
      copy.getBytes() != temporary.getBytes() ||
      !(isWhole || symbols.isMultipleOf(getSize(offset), kernelAlignment)))
    return;
  output->moveBefore(temporary);
  Value place = output.getResult();
  if (!isWhole) {
    OpBuilder builder(temporary);
    place =
        ViewOp::create(builder, copy.getLoc(), place, offset, copy.getBytes());
  }
  copy.erase();
  temporary.replaceAllUsesWith(place);
  temporary.erase();
}

struct RemoveCopiesPass : impl::RemoveCopiesBase<RemoveCopiesPass> {
  void runOnOperation() override {
    SmallVector<CopyOp> copies;
    getOperation().walk([&](CopyOp copy) { copies.push_back(copy); });
    SizeSymbols symbols(getOperation());
    for (CopyOp copy : copies)
      computeInPlace(copy, symbols);
  }
};

} // namespace
} // namespace weft::exec
