//===- Iteration.h - Walks over the elements of host tensors ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_ITERATION_H
#define DIALECTS_LLM_IR_ITERATION_H

#include "dialects/LLM/IR/HostTensor.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace weft {

/// How a walk moves through one tensor: the position of index 0 and the step,
/// in elements, of each dimension.
struct View {
  llvm::SmallVector<int64_t, 4> strides;
  int64_t start = 0;
};

/// A view of all elements in row-major order.
View rowMajor(llvm::ArrayRef<int64_t> shape);
/// A view of `shape` repeated to `resultShape`, to which it broadcasts.
View broadcastView(llvm::ArrayRef<int64_t> shape,
                   llvm::ArrayRef<int64_t> resultShape);

/// Calls `body` for each index of `shape` in row-major order, with the position
/// that each view gives it.
void forEachIndex(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<View> views,
                  llvm::function_ref<void(llvm::ArrayRef<int64_t>)> body);

/// to[position by toView] = from[position by fromView] over all of `shape`.
void copyElements(llvm::ArrayRef<int64_t> shape, HostTensor &to,
                  const View &toView, const HostTensor &from,
                  const View &fromView);

} // namespace weft

#endif // DIALECTS_LLM_IR_ITERATION_H
