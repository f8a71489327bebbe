//===- Iteration.cpp - Walks over the elements of host tensors ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/Iteration.h"

#include "dialects/LLM/IR/LLM.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {

View rowMajor(ArrayRef<int64_t> shape) {
  View view;
  view.strides.resize(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    view.strides[i] = stride;
    stride *= shape[i];
  }
  return view;
}

View broadcastView(ArrayRef<int64_t> shape, ArrayRef<int64_t> resultShape) {
  View view = rowMajor(shape);
  for (auto [stride, size] : llvm::zip(view.strides, shape))
    if (size == 1)
      stride = 0;
  view.strides.insert(view.strides.begin(), resultShape.size() - shape.size(),
                      0);
  return view;
}

void forEachIndex(ArrayRef<int64_t> shape, ArrayRef<View> views,
                  llvm::function_ref<void(ArrayRef<int64_t>)> body) {
  if (llvm::is_contained(shape, 0))
    return;
  SmallVector<int64_t, 4> positions;
  for (const View &view : views)
    positions.push_back(view.start);
  SmallVector<int64_t, 4> index(shape.size(), 0);
  while (true) {
    body(positions);
    size_t dim = shape.size();
    while (dim-- > 0) {
      for (auto [position, view] : llvm::zip(positions, views))
        position += view.strides[dim];
      if (++index[dim] < shape[dim])
        break;
      for (auto [position, view] : llvm::zip(positions, views))
        position -= view.strides[dim] * shape[dim];
      index[dim] = 0;
    }
    if (dim == size_t(-1))
      return;
  }
}

/// Positions still count elements, but move by whole blocks.
static void copyBlocks(ArrayRef<int64_t> shape, HostTensor &to, View toView,
                       const HostTensor &from, View fromView) {
  const BlockFormatInfo &info = cast<BlockType>(to.getElementType()).getInfo();
  SmallVector<int64_t> blocks(shape);
  blocks.back() /= info.elements;
  toView.strides.back() *= info.elements;
  fromView.strides.back() *= info.elements;
  auto offset = [&](int64_t at) { return at / info.elements * info.bytes; };
  forEachIndex(blocks, {toView, fromView}, [&](ArrayRef<int64_t> at) {
    llvm::copy(from.bytes().slice(offset(at[1]), info.bytes),
               to.bytes().begin() + offset(at[0]));
  });
}

void copyElements(ArrayRef<int64_t> shape, HostTensor &to, const View &toView,
                  const HostTensor &from, const View &fromView) {
  if (to.isBlock())
    return copyBlocks(shape, to, toView, from, fromView);
  forEachIndex(shape, {toView, fromView}, [&](ArrayRef<int64_t> at) {
    if (to.isFloat())
      to.floats()[at[0]] = from.floats()[at[1]];
    else
      to.integers()[at[0]] = from.integers()[at[1]];
  });
}

} // namespace weft
