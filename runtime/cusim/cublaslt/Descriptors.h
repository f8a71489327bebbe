//===- Descriptors.h - What a product is described by -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_CUBLASLT_DESCRIPTORS_H
#define RUNTIME_CUSIM_CUBLASLT_DESCRIPTORS_H

#include "runtime/cuda_api/CublasLtTypes.h"

#include <optional>

namespace weft::cuda {

struct cublasLtContext {};

struct cublasLtMatmulDesc {
  cublasComputeType_t computeType;
  cudaDataType scaleType;
  cublasLtPointerMode_t pointerMode = CUBLASLT_POINTER_MODE_HOST;
  cublasOperation_t transposeA = CUBLAS_OP_N;
  cublasOperation_t transposeB = CUBLAS_OP_N;
  cublasOperation_t transposeC = CUBLAS_OP_N;
  cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  uint64_t bias = 0;
  int64_t biasBatchStride = 0;
  /// That of D if not set.
  std::optional<cudaDataType> biasType = std::nullopt;
  /// Device addresses of one f32 each; 0: a factor of 1.
  uint64_t aScale = 0, bScale = 0, cScale = 0, dScale = 0;
};

struct cublasLtMatrixLayout {
  cudaDataType type;
  cublasLtOrder_t order = CUBLASLT_ORDER_COL;
  uint64_t rows, columns;
  /// Elements from one column to the next (of one row, in row order).
  int64_t leadingDimension;
  int32_t batchCount = 1;
  /// In elements.
  int64_t batchStride = 0;
};

struct cublasLtMatmulPreference {
  uint64_t maxWorkspaceBytes = 0;
};

} // namespace weft::cuda

#endif // RUNTIME_CUSIM_CUBLASLT_DESCRIPTORS_H
