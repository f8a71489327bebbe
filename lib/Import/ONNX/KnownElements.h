//===- KnownElements.h - Operators on sizes ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// How operators compute on the elements of small tensors of integers (see
// Tensor::elements), from which shapes follow. Each gives null, without a
// failure, where an input is data or ranges do not decide a comparison.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_KNOWNELEMENTS_H
#define LIB_IMPORT_ONNX_KNOWNELEMENTS_H

#include "lib/Import/ONNX/Node.h"

namespace weft::onnx {

/// Tensors of more elements than this are no shapes.
constexpr int64_t mostElements = 1024;

// Element by element, with broadcasting.
Tensor *evaluateAbs(Node &node);
Tensor *evaluateAdd(Node &node);
Tensor *evaluateAnd(Node &node);
Tensor *evaluateCast(Node &node);
Tensor *evaluateDiv(Node &node);
Tensor *evaluateEqual(Node &node);
Tensor *evaluateGreater(Node &node);
Tensor *evaluateGreaterOrEqual(Node &node);
Tensor *evaluateLess(Node &node);
Tensor *evaluateLessOrEqual(Node &node);
Tensor *evaluateMax(Node &node);
Tensor *evaluateMin(Node &node);
Tensor *evaluateMod(Node &node);
Tensor *evaluateMul(Node &node);
Tensor *evaluateNeg(Node &node);
Tensor *evaluateNot(Node &node);
Tensor *evaluateOr(Node &node);
Tensor *evaluateSub(Node &node);
Tensor *evaluateWhere(Node &node);

// The same elements in another order or under another shape.

/// `shape` filled from `input`: element i of the result is element `source(i)`,
/// where i counts each dimension.
Tensor *rearrange(Emitter &emit, Tensor *input, llvm::ArrayRef<int64_t> shape,
                  llvm::function_ref<int64_t(llvm::ArrayRef<int64_t>)> source);
/// The input's elements under another static shape.
Tensor *reshapeElements(Emitter &emit, Tensor *input, const Sizes &sizes);

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_KNOWNELEMENTS_H
