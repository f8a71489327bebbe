//===- HostTensor.h - Tensors of the reference evaluator --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_HOSTTENSOR_H
#define DIALECTS_LLM_IR_HOSTTENSOR_H

#include "dialects/LLM/IR/Sizes.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"
#include <functional>
#include <vector>

namespace weft {

/// A dense tensor in row-major order. Floats of every type are held as double,
/// integers as int64_t, sign-extended (zero-extended for unsigned types and
/// i1), elements in blocks as the bytes they lie in.
class HostTensor {
public:
  HostTensor() = default;
  /// Zeros.
  HostTensor(mlir::Type elementType, llvm::ArrayRef<int64_t> shape);
  static HostTensor ofAttribute(mlir::DenseElementsAttr attribute);

  mlir::Type getElementType() const { return elementType; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getRank() const { return shape.size(); }
  int64_t getNumElements() const;
  bool isFloat() const { return llvm::isa<mlir::FloatType>(elementType); }

  /// Of an `!llm.block` type.
  bool isBlock() const;

  llvm::MutableArrayRef<double> floats() { return floatData; }
  llvm::ArrayRef<double> floats() const { return floatData; }
  llvm::MutableArrayRef<int64_t> integers() { return integerData; }
  llvm::ArrayRef<int64_t> integers() const { return integerData; }
  llvm::MutableArrayRef<uint8_t> bytes() { return byteData; }
  llvm::ArrayRef<uint8_t> bytes() const { return byteData; }

  /// All elements as little-endian bytes, in files and in memory; see
  /// getStorageBytes.
  std::vector<uint8_t> getStoredBytes() const;
  void setStoredBytes(llvm::ArrayRef<uint8_t> stored);

  /// The numbers of row `row` of floats or blocks, where a row runs along the
  /// last dimension and `values` has its length.
  void readRow(int64_t row, llvm::MutableArrayRef<double> values) const;

  /// Rounds every float to the element type; wraps every integer to its width.
  void roundToElementType();
  /// A constant of static shape.
  mlir::DenseElementsAttr toAttribute() const;

private:
  mlir::Type elementType;
  llvm::SmallVector<int64_t, 4> shape;
  std::vector<double> floatData;
  std::vector<int64_t> integerData;
  std::vector<uint8_t> byteData;
};

/// What an op may ask of the evaluation it is part of.
struct Evaluation {
  /// Where diagnostics go.
  mlir::Location location;
  /// Values of size symbols.
  SizeExpr::Values sizes;
  /// The tensor of an `llm.weight`, or failure with a diagnostic.
  std::function<mlir::FailureOr<HostTensor>(llvm::StringRef name)> weight;
  /// Fails without diagnostics: folding only tries.
  bool quiet = false;

  mlir::LogicalResult emitError(const llvm::Twine &message) const;

  /// The value of an expression, or failure with a diagnostic.
  mlir::FailureOr<int64_t> evaluate(const SizeExpr &size) const;
  mlir::FailureOr<llvm::SmallVector<int64_t, 4>>
  evaluate(llvm::ArrayRef<SizeExpr> sizes) const;
};

} // namespace weft

#endif // DIALECTS_LLM_IR_HOSTTENSOR_H
