//===- SplitAttention.cpp - Attention of decoding sequences in parts ------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Passes.h"

#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "dialects/LLM/IR/AttentionParts.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace weft {
#define GEN_PASS_DEF_SPLITATTENTIONPASS
#include "dialects/LLM/Transforms/Passes.h.inc"

namespace {

/// A sequence may be longer than a part.
bool isWorthSplitting(PagedAttentionOp op, int64_t span, SizeAnalysis &sizes) {
  ArrayRef<int64_t> keys = op.getKeys().getType().getShape();
  if (op.getType().isDynamicDim(2) || !op.getType().getElementType().isF32() ||
      ShapedType::isDynamicShape(keys))
    return false;
  if (keys[3] == 0 || span % keys[3] != 0)
    return false;
  SizeExpr capacity = sizes.getSize(op.getBlockTable(), 1) * keys[3];
  return sizes.getSymbols().of(capacity).maximum > span;
}

struct SplitAttentionPass : impl::SplitAttentionPassBase<SplitAttentionPass> {
  using SplitAttentionPassBase::SplitAttentionPassBase;

  void runOnOperation() override {
    if (span == 0)
      return;
    if (span < 0) {
      getOperation().emitError()
          << "a part of attention has " << span.getValue()
          << " positions but needs a positive multiple of the cache's blocks, "
             "or 0 to keep attention whole";
      return signalPassFailure();
    }
    IRRewriter rewriter(&getContext());
    SizeAnalysis sizes(getOperation());
    SmallVector<PagedAttentionOp> ops;
    getOperation().walk([&](PagedAttentionOp op) {
      if (isWorthSplitting(op, span, sizes))
        ops.push_back(op);
    });
    for (PagedAttentionOp op : ops)
      split(rewriter, op);
  }

private:
  void split(IRRewriter &rewriter, PagedAttentionOp op) {
    RankedTensorType type = op.getType();
    rewriter.setInsertionPoint(op);
    RankedTensorType partsType = type.clone(
        {ShapedType::kDynamic, type.getDimSize(1), type.getDimSize(2) + 1});
    auto parts = PagedAttentionPartsOp::create(
        rewriter, op.getLoc(), partsType, op.getQuery(), op.getKeys(),
        op.getValues(), op.getPositions(), op.getSequenceStart(),
        op.getKvLength(), op.getBlockTable(), op.getScaleAttr(),
        op.getWindowAttr(), op.getSoftCapAttr(),
        rewriter.getI64IntegerAttr(span));
    parts->setDiscardableAttrs(llvm::to_vector(op->getDiscardableAttrs()));
    rewriter.replaceOpWithNewOp<MergeAttentionOp>(
        op, type, parts, op.getPositions(), op.getSequenceStart());
  }
};

} // namespace
} // namespace weft
