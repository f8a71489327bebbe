//===- BlockLayouts.cpp - Moving blocks as bytes --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/BlockLayouts.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {

static const BlockFormatInfo &infoOf(RankedTensorType type) {
  return cast<BlockType>(type.getElementType()).getInfo();
}

RankedTensorType bytesOfBlocks(RankedTensorType type) {
  const BlockFormatInfo &info = infoOf(type);
  SmallVector<int64_t> shape(type.getShape());
  shape.back() /= info.elements;
  shape.push_back(info.bytes);
  return RankedTensorType::get(
      shape, IntegerType::get(type.getContext(), 8, IntegerType::Unsigned));
}

/// Counts of elements along each dimension as counts of blocks and bytes.
static SmallVector<int64_t>
inBlocks(ArrayRef<int64_t> counts, const BlockFormatInfo &info, int64_t bytes) {
  SmallVector<int64_t> result(counts);
  result.back() /= info.elements;
  result.push_back(bytes);
  return result;
}

/// The op on bytes, where `operands` are bytes.
static Operation *cloneOnBytes(Operation *op, OpBuilder &builder,
                               RankedTensorType type, ValueRange operands) {
  const BlockFormatInfo &info =
      infoOf(cast<RankedTensorType>(op->getResult(0).getType()));
  if (auto slice = dyn_cast<SliceOp>(op)) {
    Sizes offsets = slice.getOffsets().getExprs();
    offsets.back() = *exactDiv(offsets.back(), info.elements); // Verified.
    offsets.push_back(0);
    SmallVector<int64_t> strides(slice.getStrides());
    strides.push_back(1);
    Sizes sizes(type.getShape().begin(), type.getShape().end());
    return SliceOp::create(builder, op->getLoc(), type, operands[0],
                           SizesAttr::get(op->getContext(), offsets),
                           SizesAttr::get(op->getContext(), sizes), strides);
  }
  if (auto pad = dyn_cast<PadOp>(op))
    return PadOp::create(builder, op->getLoc(), type, operands[0],
                         inBlocks(pad.getLow(), info, 0),
                         inBlocks(pad.getHigh(), info, 0));
  auto concat = cast<ConcatOp>(op);
  return ConcatOp::create(builder, op->getLoc(), type, operands,
                          concat.getAxis());
}

void moveBlocksAsBytes(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (!isa<SliceOp, PadOp, ConcatOp>(op))
      continue;
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    if (!isa<BlockType>(type.getElementType()))
      continue;
    OpBuilder builder(&op);
    SmallVector<Value> operands;
    for (Value operand : op.getOperands())
      operands.push_back(builder.createOrFold<BitcastOp>(
          op.getLoc(), bytesOfBlocks(cast<RankedTensorType>(operand.getType())),
          operand));
    Operation *onBytes =
        cloneOnBytes(&op, builder, bytesOfBlocks(type), operands);
    op.replaceAllUsesWith(
        BitcastOp::create(builder, op.getLoc(), type, onBytes->getResult(0)));
    op.erase();
  }
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isa<BitcastOp>(op) && op.use_empty())
      op.erase();
}

} // namespace weft
