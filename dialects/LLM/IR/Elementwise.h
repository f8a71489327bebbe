//===- Elementwise.h - What all elementwise ops share -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_ELEMENTWISE_H
#define DIALECTS_LLM_IR_ELEMENTWISE_H

#include "dialects/LLM/IR/ShapeCheck.h"
#include "dialects/LLM/IR/ShardingRules.h"

namespace weft {

/// Operands broadcast and the result has their common shape.
mlir::LogicalResult verifyElementwise(ModelOpInterface op);

/// The table's function on each element.
mlir::FailureOr<HostTensor> evaluateUnary(ModelOpInterface op,
                                          llvm::ArrayRef<HostTensor> operands,
                                          const Evaluation &evaluation);
mlir::FailureOr<HostTensor> evaluateBinary(ModelOpInterface op,
                                           llvm::ArrayRef<HostTensor> operands,
                                           const Evaluation &evaluation);

/// Identities such as x * 1.
mlir::OpFoldResult foldUnary(mlir::Operation *op);
mlir::OpFoldResult foldBinary(mlir::Operation *op, mlir::Attribute lhs,
                              mlir::Attribute rhs);

} // namespace weft

#endif // DIALECTS_LLM_IR_ELEMENTWISE_H
