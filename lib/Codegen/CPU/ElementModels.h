//===- ElementModels.h - The element form of each op ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_ELEMENTMODELS_H
#define LIB_CODEGEN_CPU_ELEMENTMODELS_H

#include "lib/Codegen/CPU/ElementEmitter.h"

namespace weft {

// Each attaches ElementOpInterface to the ops of one kind.
void attachUnaryModels(mlir::MLIRContext &context);
void attachBinaryModels(mlir::MLIRContext &context);
void attachCastModel(mlir::MLIRContext &context);
void attachLayoutModels(mlir::MLIRContext &context);
void attachIndexingModels(mlir::MLIRContext &context);
void attachReductionModels(mlir::MLIRContext &context);
void attachContractionModels(mlir::MLIRContext &context);

inline mlir::Type elementTypeOf(mlir::Value tensor) {
  return llvm::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
}

} // namespace weft

#endif // LIB_CODEGEN_CPU_ELEMENTMODELS_H
