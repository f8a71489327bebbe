//===- RemoveCopies.cpp - Compute outputs in place ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Exec/Transforms/Passes.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
namespace weft::exec {

#define GEN_PASS_DEF_REMOVECOPIES
#include "dialects/Exec/Transforms/Passes.h.inc"

namespace {

/// temporary -> copy -> output: the temporary is the output.
struct ForwardTemporaryToOutput : OpRewritePattern<CopyOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CopyOp copy,
                                PatternRewriter &rewriter) const override {
    auto temporary = copy.getSource().getDefiningOp<TemporaryOp>();
    auto output = copy.getDestination().getDefiningOp<OutputOp>();
    if (!temporary || !output)
      return rewriter.notifyMatchFailure(copy, "not a temporary to an output");
    if (!output->hasOneUse())
      return rewriter.notifyMatchFailure(copy, "the output has other uses");
    // A copy inside an if or a while may not happen.
    if (copy->getBlock() != output->getBlock())
      return rewriter.notifyMatchFailure(copy, "the copy is conditional");
    SizesAttr zero = getSizeAttr(getContext(), 0);
    if (copy.getSourceOffset() != zero || copy.getDestinationOffset() != zero ||
        copy.getBytes() != temporary.getBytes() ||
        copy.getBytes() != output.getBytes())
      return rewriter.notifyMatchFailure(copy, "copies a part");
    rewriter.moveOpBefore(output, temporary);
    rewriter.eraseOp(copy);
    rewriter.replaceOp(temporary, output.getResult());
    return success();
  }
};

struct RemoveCopiesPass : impl::RemoveCopiesBase<RemoveCopiesPass> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    set.add<ForwardTemporaryToOutput>(context);
    patterns = std::move(set);
    return success();
  }

  void runOnOperation() override {
    // Folding would turn nothing and moving constants would reorder buffers.
    GreedyRewriteConfig config;
    config.enableFolding(false).enableConstantCSE(false);
    if (failed(applyPatternsGreedily(getOperation(), patterns, config)))
      signalPassFailure();
  }

  FrozenRewritePatternSet patterns;
};

} // namespace
} // namespace weft::exec
