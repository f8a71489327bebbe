//===- Product.cpp - D = epilogue(alpha op(A) op(B) + beta C) -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/cublaslt/Product.h"
#include "runtime/cusim/cublaslt/Elements.h"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace weft;
using namespace weft::cuda;
using namespace weft::cusim;

static bool isTransposed(cublasOperation_t operation) {
  return operation != CUBLAS_OP_N;
}

static std::string sizesOf(const cublasLtMatrixLayout &layout) {
  return std::to_string(layout.rows) + "x" + std::to_string(layout.columns);
}

static Status checkLayout(const char *name, const cublasLtMatrixLayout &layout,
                          const Product &product) {
  if (elementBytes(layout.type) == 0)
    return Status::error(std::string(name) + " has data type " +
                         std::to_string(layout.type) +
                         ", which is not supported");
  if (layout.order != CUBLASLT_ORDER_COL && layout.order != CUBLASLT_ORDER_ROW)
    return Status::error(std::string(name) + " has order " +
                         std::to_string(layout.order) +
                         "; expected columns or rows");
  uint64_t contiguous =
      layout.order == CUBLASLT_ORDER_COL ? layout.rows : layout.columns;
  if (layout.leadingDimension < 0 ||
      uint64_t(layout.leadingDimension) < contiguous)
    return Status::error(std::string(name) + " is " + sizesOf(layout) +
                         " with a leading dimension of " +
                         std::to_string(layout.leadingDimension));
  if (layout.batchCount < 0 || layout.batchStride < 0)
    return Status::error(std::string(name) + " has a batch of " +
                         std::to_string(layout.batchCount) +
                         " with a stride of " +
                         std::to_string(layout.batchStride) +
                         "; negative ones are not supported");
  if (layout.batchCount != product.dLayout.batchCount)
    return Status::error(std::string(name) + " has a batch of " +
                         std::to_string(layout.batchCount) + ", D of " +
                         std::to_string(product.dLayout.batchCount));
  return Status::ok();
}

static bool isSupportedEpilogue(cublasLtEpilogue_t epilogue) {
  switch (epilogue) {
  case CUBLASLT_EPILOGUE_DEFAULT:
  case CUBLASLT_EPILOGUE_RELU:
  case CUBLASLT_EPILOGUE_BIAS:
  case CUBLASLT_EPILOGUE_RELU_BIAS:
  case CUBLASLT_EPILOGUE_GELU:
  case CUBLASLT_EPILOGUE_GELU_BIAS:
    return true;
  }
  return false;
}

/// The types of alpha and beta that go with a compute type (cuBLAS
/// documentation, cublasLtMatmul).
static bool isSupportedScale(cublasComputeType_t computeType,
                             cudaDataType scaleType) {
  switch (computeType) {
  case CUBLAS_COMPUTE_16F:
  case CUBLAS_COMPUTE_16F_PEDANTIC:
    return scaleType == CUDA_R_16F;
  case CUBLAS_COMPUTE_32F:
  case CUBLAS_COMPUTE_32F_PEDANTIC:
  case CUBLAS_COMPUTE_32F_FAST_16F:
  case CUBLAS_COMPUTE_32F_FAST_16BF:
  case CUBLAS_COMPUTE_32F_FAST_TF32:
    return scaleType == CUDA_R_32F;
  case CUBLAS_COMPUTE_64F:
  case CUBLAS_COMPUTE_64F_PEDANTIC:
    return scaleType == CUDA_R_64F;
  case CUBLAS_COMPUTE_32I:
  case CUBLAS_COMPUTE_32I_PEDANTIC:
    return scaleType == CUDA_R_32I || scaleType == CUDA_R_32F;
  }
  return false;
}

Status cusim::checkProduct(const Product &product) {
  const cublasLtMatmulDesc &description = product.description;
  WEFT_RETURN_IF_ERROR(checkLayout("A", product.aLayout, product));
  WEFT_RETURN_IF_ERROR(checkLayout("B", product.bLayout, product));
  WEFT_RETURN_IF_ERROR(checkLayout("C", product.cLayout, product));
  WEFT_RETURN_IF_ERROR(checkLayout("D", product.dLayout, product));
  bool transA = isTransposed(description.transposeA);
  bool transB = isTransposed(description.transposeB);
  uint64_t m = transA ? product.aLayout.columns : product.aLayout.rows;
  uint64_t k = transA ? product.aLayout.rows : product.aLayout.columns;
  uint64_t kOfB = transB ? product.bLayout.columns : product.bLayout.rows;
  uint64_t n = transB ? product.bLayout.rows : product.bLayout.columns;
  auto fits = [&](const cublasLtMatrixLayout &layout) {
    return layout.rows == m && layout.columns == n;
  };
  if (k != kOfB || !fits(product.dLayout) || !fits(product.cLayout))
    return Status::error(
        "the sizes do not fit: A is " + sizesOf(product.aLayout) + ", B " +
        sizesOf(product.bLayout) + ", C " + sizesOf(product.cLayout) + ", D " +
        sizesOf(product.dLayout));
  if (!isSupportedEpilogue(description.epilogue))
    return Status::error("epilogue " + std::to_string(description.epilogue) +
                         " is not supported; bias, relu and gelu are");
  if (description.transposeC != CUBLAS_OP_N)
    return Status::error("a transposed C is not supported");
  if (!isSupportedScale(description.computeType, description.scaleType))
    return Status::error(
        "compute type " + std::to_string(description.computeType) +
        " with factors of type " + std::to_string(description.scaleType) +
        " is not supported");
  if (description.pointerMode != CUBLASLT_POINTER_MODE_HOST &&
      description.pointerMode != CUBLASLT_POINTER_MODE_DEVICE)
    return Status::error("pointer mode " +
                         std::to_string(description.pointerMode) +
                         " is not supported; host and device are");
  cublasLtMatrixLayout bias = biasLayout(description, product.dLayout);
  if (elementBytes(bias.type) == 0 || bias.batchStride < 0)
    return Status::error("a bias of type " + std::to_string(bias.type) +
                         " with a batch stride of " +
                         std::to_string(bias.batchStride) +
                         " is not supported");
  bool isInteger = description.computeType == CUBLAS_COMPUTE_32I ||
                   description.computeType == CUBLAS_COMPUTE_32I_PEDANTIC;
  if (isInteger != (product.aLayout.type == CUDA_R_8I) ||
      isInteger != (product.bLayout.type == CUDA_R_8I))
    return Status::error(
        "compute type 32I goes with A and B of 8-bit integers, and only it");
  return Status::ok();
}

uint64_t cusim::byteSize(const cublasLtMatrixLayout &layout) {
  bool byColumns = layout.order == CUBLASLT_ORDER_COL;
  uint64_t lines = byColumns ? layout.columns : layout.rows;
  uint64_t line = byColumns ? layout.rows : layout.columns;
  if (lines == 0 || line == 0 || layout.batchCount <= 0)
    return 0;
  using Wide = unsigned __int128;
  Wide elements = Wide(lines - 1) * layout.leadingDimension + line +
                  Wide(layout.batchCount - 1) * layout.batchStride;
  return elements >> 60 ? UINT64_MAX
                        : uint64_t(elements) * elementBytes(layout.type);
}

cublasLtMatrixLayout cusim::biasLayout(const cublasLtMatmulDesc &description,
                                       const cublasLtMatrixLayout &d) {
  return {.type = description.biasType.value_or(d.type),
          .rows = d.rows,
          .columns = 1,
          .leadingDimension = int64_t(d.rows),
          .batchCount = d.batchCount,
          .batchStride = description.biasBatchStride};
}

namespace {
/// A matrix of one batch.
struct Matrix {
  const cublasLtMatrixLayout &layout;
  uint64_t first;

  uint64_t indexOf(uint64_t row, uint64_t column) const {
    return first + (layout.order == CUBLASLT_ORDER_COL
                        ? row + column * layout.leadingDimension
                        : column + row * layout.leadingDimension);
  }
};
} // namespace

static float roundInput(cublasComputeType_t type, float value) {
  switch (type) {
  case CUBLAS_COMPUTE_32F_FAST_TF32:
    return roundToTF32(value);
  case CUBLAS_COMPUTE_32F_FAST_16BF:
    return widenBFloat(narrowToBFloat(value));
  case CUBLAS_COMPUTE_32F_FAST_16F:
    return float(_Float16(value));
  default:
    return value;
  }
}

/// op(matrix) as [outer][k], so that products read both along K.
template <typename T>
static std::vector<T> gather(const Product &product, const uint8_t *data,
                             const Matrix &matrix, uint64_t outer, uint64_t k,
                             bool kIsRow) {
  std::vector<T> values(outer * k);
  for (uint64_t i = 0; i < outer; ++i)
    for (uint64_t j = 0; j < k; ++j) {
      uint64_t index = kIsRow ? matrix.indexOf(j, i) : matrix.indexOf(i, j);
      double value = readElement(matrix.layout.type, data, index);
      if constexpr (std::is_same_v<T, float>)
        value = roundInput(product.description.computeType, value);
      values[i * k + j] = T(value);
    }
  return values;
}

static double applyEpilogue(cublasLtEpilogue_t epilogue, double value) {
  if (epilogue & CUBLASLT_EPILOGUE_RELU)
    return std::isnan(value) ? value : std::max(value, 0.0);
  if (epilogue & CUBLASLT_EPILOGUE_GELU)
    return 0.5 * value *
           (1 + std::tanh(std::sqrt(2 / M_PI) *
                          (value + 0.044715 * value * value * value)));
  return value;
}

template <typename T>
static void computeBatch(const Product &product, uint64_t batch) {
  const cublasLtMatmulDesc &description = product.description;
  auto matrix = [&](const cublasLtMatrixLayout &layout) {
    return Matrix{layout, batch * layout.batchStride};
  };
  bool transA = isTransposed(description.transposeA);
  bool transB = isTransposed(description.transposeB);
  uint64_t m = product.dLayout.rows, n = product.dLayout.columns;
  uint64_t k = transA ? product.aLayout.rows : product.aLayout.columns;
  std::vector<T> a =
      gather<T>(product, product.a, matrix(product.aLayout), m, k, transA);
  std::vector<T> b =
      gather<T>(product, product.b, matrix(product.bLayout), n, k, !transB);
  Matrix c = matrix(product.cLayout), d = matrix(product.dLayout);
  cudaDataType biasType = description.biasType.value_or(product.dLayout.type);
  // Eight columns at once: one after the other along K, side by side in lanes.
  constexpr uint64_t lanes = 8;
  std::vector<T> panel(k * lanes);
  for (uint64_t column = 0; column < n; column += lanes) {
    uint64_t width = std::min(lanes, n - column);
    for (uint64_t i = 0; i < k; ++i)
      for (uint64_t lane = 0; lane < lanes; ++lane)
        panel[i * lanes + lane] =
            lane < width ? b[(column + lane) * k + i] : T();
    for (uint64_t row = 0; row < m; ++row) {
      T sums[lanes] = {};
      for (uint64_t i = 0; i < k; ++i)
        for (uint64_t lane = 0; lane < lanes; ++lane)
          sums[lane] += a[row * k + i] * panel[i * lanes + lane];
      for (uint64_t lane = 0; lane < width; ++lane) {
        double value = double(sums[lane]) * product.alpha * product.aScale *
                       product.bScale;
        if (product.beta != 0)
          value += product.beta * product.cScale *
                   readElement(product.cLayout.type, product.c,
                               c.indexOf(row, column + lane));
        if (description.epilogue & CUBLASLT_EPILOGUE_BIAS)
          value += readElement(biasType, product.bias,
                               batch * description.biasBatchStride + row);
        value = applyEpilogue(description.epilogue, value) * product.dScale;
        writeElement(product.dLayout.type, product.d,
                     d.indexOf(row, column + lane), value);
      }
    }
  }
}

void cusim::computeProduct(const Product &product) {
  if (product.dLayout.rows == 0 || product.dLayout.columns == 0)
    return;
  for (int32_t batch = 0; batch < product.dLayout.batchCount; ++batch)
    switch (product.description.computeType) {
    case CUBLAS_COMPUTE_64F:
    case CUBLAS_COMPUTE_64F_PEDANTIC:
      computeBatch<double>(product, batch);
      break;
    case CUBLAS_COMPUTE_32I:
    case CUBLAS_COMPUTE_32I_PEDANTIC:
      computeBatch<int32_t>(product, batch);
      break;
    default:
      computeBatch<float>(product, batch);
    }
}
