//===- SliceOperator.h - Slice ----------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_SLICEOPERATOR_H
#define LIB_IMPORT_ONNX_SLICEOPERATOR_H

#include "lib/Import/ONNX/Node.h"

namespace weft::onnx {

/// Python's slices: starts, ends, axes and steps are inputs; negative ones
/// count from the end, those beyond an end are clamped.
Tensor *importSlice(Node &node);

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_SLICEOPERATOR_H
