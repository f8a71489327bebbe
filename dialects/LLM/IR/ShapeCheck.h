//===- ShapeCheck.h - Shapes, checked in types and data ---------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A `?` leaves open at compile time what the data say at run time, so that the
// same conditions are checked twice: by the verifier on types, and by the
// evaluator on data. Each op writes them once:
//
//   static LogicalResult checkShapes(MatMulOp op, ShapeCheck &check) {
//     return check.equal("the columns of lhs", check.fromEnd(0, 1), ...);
//   }
//
// and passes what it found to `result` in the verifier, to `makeResult` in the
// evaluation.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_SHAPECHECK_H
#define DIALECTS_LLM_IR_SHAPECHECK_H

#include "dialects/LLM/IR/LLM.h"

namespace weft {

/// Sizes that are known.
Sizes constantSizes(llvm::ArrayRef<int64_t> shape);
/// Sizes of a type, with a symbol of its own ("prefix.dimension") for each `?`.
Sizes sizesOfType(mlir::Type type, llvm::StringRef prefix);
/// Sizes of all operands by their types.
llvm::SmallVector<Sizes> sizesOfOperands(mlir::Operation *op);
/// What operands have in common after broadcasting.
Sizes broadcast(llvm::ArrayRef<Sizes> operands);

/// True when a weight may hold `element` as `stored`: f32 in 16 bits or in
/// blocks. It is widened where it is read; nothing else of the op changes.
bool isHeldNarrow(mlir::Type stored, mlir::Type element);

/// What is checked fails with a diagnostic that gives both values.
class ShapeCheck {
public:
  /// Checks the types of an op.
  explicit ShapeCheck(ModelOpInterface op);
  /// Checks data. `error` reports at the evaluation's location.
  ShapeCheck(ModelOpInterface op, llvm::ArrayRef<HostTensor> operands,
             const Evaluation &evaluation);

  llvm::ArrayRef<int64_t> shape(unsigned operand) const {
    return shapes[operand];
  }
  /// A dimension of an operand, counted from the last one, which is 1.
  int64_t fromEnd(unsigned operand, unsigned position) const {
    return shapes[operand][shapes[operand].size() - position];
  }

  mlir::LogicalResult error(const llvm::Twine &message) const;
  mlir::LogicalResult require(bool condition, const llvm::Twine &message) const;
  /// Both names are noun phrases; an unknown size equals all others.
  mlir::LogicalResult equal(const llvm::Twine &lhsName, int64_t lhs,
                            const llvm::Twine &rhsName, int64_t rhs) const;
  mlir::LogicalResult rank(llvm::StringRef name, unsigned operand,
                           int64_t expected) const;
  mlir::LogicalResult atLeastRank(llvm::StringRef name, unsigned operand,
                                  int64_t expected) const;
  /// A value of `type` in the data is in [lowest, end).
  mlir::LogicalResult index(llvm::StringRef name, int64_t value,
                            mlir::Type type, int64_t lowest, int64_t end) const;
  /// Rows of the operand are not interleaved, so that each can be read.
  mlir::LogicalResult rowsAreApart(llvm::StringRef name,
                                   unsigned operand) const;
  mlir::LogicalResult axis(int64_t axis, int64_t rank) const;
  /// The given shapes broadcast against each other.
  mlir::LogicalResult
  broadcastable(llvm::ArrayRef<llvm::ArrayRef<int64_t>> shapes) const;

  /// The result's type agrees with `reifySizes`, which may be asked only of
  /// operands that `checked` found to be good.
  mlir::LogicalResult
  result(mlir::LogicalResult checked = mlir::success()) const;
  /// Zeros of the result's type, in the shape that the data give.
  mlir::FailureOr<HostTensor>
  makeResult(mlir::LogicalResult checked = mlir::success()) const;

private:
  mlir::LogicalResult wholeBlocks(const llvm::Twine &name,
                                  mlir::Type type) const;
  mlir::LogicalResult
  operandsMatchTypes(llvm::ArrayRef<HostTensor> operands) const;

  mutable ModelOpInterface op; // Interface methods are not const.
  const Evaluation *evaluation = nullptr;
  llvm::SmallVector<llvm::SmallVector<int64_t, 4>, 4> shapes;
  mlir::LogicalResult state = mlir::success();
};

} // namespace weft

#endif // DIALECTS_LLM_IR_SHAPECHECK_H
