//===- ElementModels.h - The element form of each op ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_ELEMENTMODELS_H
#define LIB_CODEGEN_COMMON_ELEMENTMODELS_H

#include "lib/Codegen/Common/ElementEmitter.h"

#include "llvm/ADT/STLExtras.h"

namespace weft {

// Each attaches ElementOpInterface to the ops of one kind.
void attachUnaryModels(mlir::MLIRContext &context);
void attachBinaryModels(mlir::MLIRContext &context);
void attachCastModel(mlir::MLIRContext &context);
void attachLayoutModels(mlir::MLIRContext &context);
void attachIndexingModels(mlir::MLIRContext &context);
void attachReductionModels(mlir::MLIRContext &context);
void attachContractionModels(mlir::MLIRContext &context);
void attachRopeModel(mlir::MLIRContext &context);
void attachSelectionModels(mlir::MLIRContext &context);

inline mlir::Type elementTypeOf(mlir::Value tensor) {
  return llvm::cast<mlir::RankedTensorType>(tensor.getType()).getElementType();
}

/// Uniform when `value` is a scalar.
inline LaneIndex indexOf(mlir::Value value) {
  return CodeBuilder::isVector(value) ? LaneIndex::vector(value)
                                      : LaneIndex::uniform(value);
}

/// Of a scalar or a vector.
inline bool isFloat(mlir::Value value) {
  return llvm::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(value));
}

/// An index that the data gave, of `type`, as an i64 in [0, size). What was
/// outside raises the error flag.
mlir::Value checkedIndex(ElementEmitter &emitter, mlir::Value raw,
                         mlir::Type type, mlir::Value size,
                         bool countsFromEnd = false);

/// Zero in the computing type of `tensor`; a scalar when all indices are
/// uniform.
inline mlir::Value zeroAt(ElementEmitter &emitter, mlir::Value tensor,
                          llvm::ArrayRef<LaneIndex> index) {
  mlir::Type type = ElementEmitter::computeType(elementTypeOf(tensor));
  if (!llvm::all_of(index, [](LaneIndex i) { return i.isUniform(); }))
    type = emitter.code.vectorOf(type);
  return emitter.code.number(type, 0);
}

} // namespace weft

#endif // LIB_CODEGEN_COMMON_ELEMENTMODELS_H
