//===- PackBlocks.cpp - Interleave rows of blocks -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/PackBlocks.h"

#include "dialects/LLM/IR/BlockLayout.h"
#include "dialects/LLM/Transforms/Matchers.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace weft {

static Sizes sizesOf(ArrayRef<int64_t> shape) {
  return Sizes(shape.begin(), shape.end());
}

static Value reshapeTo(OpBuilder &builder, Location location, Value value,
                       ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  return ReshapeOp::create(
      builder, location, type.clone(shape), value,
      SizesAttr::get(builder.getContext(), sizesOf(shape)));
}

Value packBlocks(OpBuilder &builder, Location location, Value matrix,
                 int64_t rows) {
  auto type = cast<RankedTensorType>(matrix.getType());
  auto block = cast<BlockType>(type.getElementType());
  const BlockFormatInfo &info = block.getInfo();
  int64_t blocks = type.getDimSize(1) / info.elements;
  int64_t panels = llvm::divideCeil(uint64_t(type.getDimSize(0)), rows);
  auto byte = IntegerType::get(builder.getContext(), 8, IntegerType::Unsigned);
  auto bytesType =
      RankedTensorType::get({type.getDimSize(0), blocks, info.bytes}, byte);
  Value bytes = BitcastOp::create(builder, location, bytesType, matrix);
  if (int64_t missing = panels * rows - type.getDimSize(0))
    bytes = PadOp::create(builder, location,
                          bytesType.clone({panels * rows, blocks, info.bytes}),
                          bytes, builder.getDenseI64ArrayAttr({0, 0, 0}),
                          builder.getDenseI64ArrayAttr({missing, 0, 0}));
  SmallVector<Value> planes;
  for (const BlockPlane &plane : planesOf(block.getFormat())) {
    SmallVector<int64_t> shape = {panels * rows, blocks, plane.bytes};
    Value part = SliceOp::create(
        builder, location, bytesType.clone(shape), bytes,
        SizesAttr::get(builder.getContext(), sizesOf({0, 0, plane.offset})),
        SizesAttr::get(builder.getContext(), sizesOf(shape)),
        builder.getDenseI64ArrayAttr({1, 1, 1}));
    part =
        reshapeTo(builder, location, part,
                  {panels, rows, blocks, plane.bytes / plane.unit, plane.unit});
    part = transpose(builder, location, part, {0, 2, 3, 1, 4});
    planes.push_back(reshapeTo(builder, location, part,
                               {panels, blocks * plane.bytes * rows}));
  }
  Value packed = ConcatOp::create(
      builder, location, bytesType.clone({panels, blocks * info.bytes * rows}),
      planes, builder.getI64IntegerAttr(1));
  return BitcastOp::create(
      builder, location,
      RankedTensorType::get(
          type.getShape(),
          BlockType::get(builder.getContext(), block.getFormat(), rows)),
      packed);
}

} // namespace weft
