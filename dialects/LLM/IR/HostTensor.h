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
/// i1).
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

  llvm::MutableArrayRef<double> floats() { return floatData; }
  llvm::ArrayRef<double> floats() const { return floatData; }
  llvm::MutableArrayRef<int64_t> integers() { return integerData; }
  llvm::ArrayRef<int64_t> integers() const { return integerData; }

  /// Rounds every float to the element type; wraps every integer to its width.
  void roundToElementType();
  /// A constant of static shape.
  mlir::DenseElementsAttr toAttribute() const;

private:
  mlir::Type elementType;
  llvm::SmallVector<int64_t, 4> shape;
  std::vector<double> floatData;
  std::vector<int64_t> integerData;
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
