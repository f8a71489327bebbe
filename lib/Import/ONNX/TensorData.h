//===- TensorData.h - Type and elements of a TensorProto --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_TENSORDATA_H
#define LIB_IMPORT_ONNX_TENSORDATA_H

#include "lib/Import/ONNX/ModelFile.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace weft::onnx {

/// Tensors of more dimensions than this are taken for nonsense.
constexpr unsigned maximumRank = 32;

/// The MLIR type of a TensorProto::DataType, or null for those that have none
/// here (strings, complex numbers, types below a byte).
mlir::Type getElementType(mlir::MLIRContext *context, int32_t dataType);

/// The name ONNX gives a data type, for messages.
llvm::StringRef getDataTypeName(int32_t dataType);

/// Elements times bytes of each, or nothing beyond 2^50.
std::optional<uint64_t> getNumBytes(llvm::ArrayRef<int64_t> shape,
                                    mlir::Type elementType);

/// A tensor of the model.
struct TensorData {
  mlir::RankedTensorType type;
  /// Small tensors, and those stored as varints.
  mlir::DenseElementsAttr elements;
  /// Where the others lie. Elements of bool take a byte.
  ModelFile::Region region;
};

/// A tensor of int64 whose elements count up or down by a fixed step, as
/// exporters store positions.
struct Count {
  int64_t start, step;
};

/// The count that `data`, of up to 64 KiB in a file, is along the one dimension
/// that it has beside those of size 1.
std::optional<Count> readCount(const ModelFile &model, const TensorData &data);

/// Type and elements of `tensor`; those of `inlineLimit` bytes or more stay in
/// their file where their form allows.
StatusOr<TensorData> readTensor(mlir::MLIRContext *context, ModelFile &model,
                                const TensorProto &tensor,
                                uint64_t inlineLimit);

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_TENSORDATA_H
