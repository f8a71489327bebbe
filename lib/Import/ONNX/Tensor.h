//===- Tensor.h - A value of an ONNX graph on its way in --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_TENSOR_H
#define LIB_IMPORT_ONNX_TENSOR_H

#include "dialects/LLM/IR/Sizes.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"
#include <optional>
#include <vector>

namespace weft::onnx {

/// Elements that are a linear function of their place: element [i, j] is
/// offset + strides[0] * i + strides[1] * j.
struct LinearElements {
  SizeExpr offset;
  Sizes strides;
};

/// A tensor of the graph. What shapes are computed from is never computed at
/// run time: such a tensor has `elements`, and an op only if it is read as data
/// too.
struct Tensor {
  mlir::Type elementType;
  Sizes sizes;
  /// The op that computes it; null until it is read (see Emitter::getValue).
  mlir::Value value;
  /// The elements of a small tensor of integers or booleans in row-major order,
  /// where they follow from sizes.
  std::optional<std::vector<SizeExpr>> elements;
  /// Counts and what is computed from them, integers and booleans. Exporters
  /// pick the elements of masks by such indices one by one.
  std::optional<LinearElements> linear;
  /// The elements along the last dimension, where each of them is linear.
  std::vector<LinearElements> columns;
  /// An op with size 1 or nothing where this tensor repeats elements; those of
  /// elementwise ops repeat them anyway.
  mlir::Value narrowValue;
  Sizes narrowSizes;
  /// The elements of a small constant.
  mlir::DenseElementsAttr constant;
  /// The name of its `llm.weight`, or empty.
  std::string weight;

  int64_t getRank() const { return sizes.size(); }
  const Sizes &getNarrowSizes() const {
    return narrowValue ? narrowSizes : sizes;
  }
  /// Sizes as numbers, or nothing when one is symbolic.
  std::optional<llvm::SmallVector<int64_t>> getStaticShape() const {
    llvm::SmallVector<int64_t> shape;
    for (const SizeExpr &size : sizes) {
      if (!size.asConstant())
        return std::nullopt;
      shape.push_back(*size.asConstant());
    }
    return shape;
  }
};

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_TENSOR_H
