//===- Api.cpp - The exported functions -----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/cublaslt/Elements.h"
#include "runtime/cusim/cublaslt/Product.h"
#include "runtime/cusim/driver/HostWork.h"
#include "runtime/cusim/memory/AddressSpace.h"

#include <cstdio>
#include <cstring>

using namespace weft;
using namespace weft::cuda;
using namespace weft::cusim;

#define CUBLASLT_EXPORT                                                        \
  extern "C" __attribute__((visibility("default"))) cublasStatus_t

static cublasStatus_t refuse(const std::string &message) {
  std::fprintf(stderr, "cusim: cublasLt: %s\n", message.c_str());
  return CUBLAS_STATUS_NOT_SUPPORTED;
}

CUBLASLT_EXPORT cublasLtCreate(cublasLtHandle_t *handle) {
  if (!handle)
    return CUBLAS_STATUS_INVALID_VALUE;
  *handle = new cublasLtContext;
  return CUBLAS_STATUS_SUCCESS;
}

CUBLASLT_EXPORT cublasLtDestroy(cublasLtHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

extern "C" __attribute__((visibility("default"))) size_t cublasLtGetVersion() {
  return 130000;
}

CUBLASLT_EXPORT cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *description,
                                         cublasComputeType_t computeType,
                                         cudaDataType scaleType) {
  if (!description)
    return CUBLAS_STATUS_INVALID_VALUE;
  *description = new cublasLtMatmulDesc{computeType, scaleType};
  return CUBLAS_STATUS_SUCCESS;
}

CUBLASLT_EXPORT cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t description) {
  delete description;
  return CUBLAS_STATUS_SUCCESS;
}

template <typename T>
static cublasStatus_t set(T &field, const void *value, size_t bytes) {
  if (!value || bytes != sizeof(T))
    return CUBLAS_STATUS_INVALID_VALUE;
  std::memcpy(&field, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

CUBLASLT_EXPORT
cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t description,
                               cublasLtMatmulDescAttributes_t attribute,
                               const void *value, size_t bytes) {
  if (!description)
    return CUBLAS_STATUS_INVALID_VALUE;
  switch (attribute) {
  case CUBLASLT_MATMUL_DESC_COMPUTE_TYPE:
    return set(description->computeType, value, bytes);
  case CUBLASLT_MATMUL_DESC_SCALE_TYPE:
    return set(description->scaleType, value, bytes);
  case CUBLASLT_MATMUL_DESC_POINTER_MODE:
    return set(description->pointerMode, value, bytes);
  case CUBLASLT_MATMUL_DESC_TRANSA:
    return set(description->transposeA, value, bytes);
  case CUBLASLT_MATMUL_DESC_TRANSB:
    return set(description->transposeB, value, bytes);
  case CUBLASLT_MATMUL_DESC_TRANSC:
    return set(description->transposeC, value, bytes);
  case CUBLASLT_MATMUL_DESC_EPILOGUE:
    return set(description->epilogue, value, bytes);
  case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
    return set(description->bias, value, bytes);
  case CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE:
    return set(description->biasBatchStride, value, bytes);
  case CUBLASLT_MATMUL_DESC_A_SCALE_POINTER:
    return set(description->aScale, value, bytes);
  case CUBLASLT_MATMUL_DESC_B_SCALE_POINTER:
    return set(description->bScale, value, bytes);
  case CUBLASLT_MATMUL_DESC_C_SCALE_POINTER:
    return set(description->cScale, value, bytes);
  case CUBLASLT_MATMUL_DESC_D_SCALE_POINTER:
    return set(description->dScale, value, bytes);
  case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE: {
    cudaDataType type;
    cublasStatus_t status = set(type, value, bytes);
    if (status == CUBLAS_STATUS_SUCCESS)
      description->biasType = type;
    return status;
  }
  // How fast, not what.
  case CUBLASLT_MATMUL_DESC_SM_COUNT_TARGET:
  case CUBLASLT_MATMUL_DESC_FAST_ACCUM:
    return CUBLAS_STATUS_SUCCESS;
  }
  return refuse("attribute " + std::to_string(attribute) +
                " of a product is not supported");
}

CUBLASLT_EXPORT cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout,
                                           cudaDataType type, uint64_t rows,
                                           uint64_t columns,
                                           int64_t leadingDimension) {
  if (!layout)
    return CUBLAS_STATUS_INVALID_VALUE;
  *layout = new cublasLtMatrixLayout{
      .type = type,
      .rows = rows,
      .columns = columns,
      .leadingDimension = leadingDimension,
  };
  return CUBLAS_STATUS_SUCCESS;
}

CUBLASLT_EXPORT cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}

CUBLASLT_EXPORT
cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                 cublasLtMatrixLayoutAttribute_t attribute,
                                 const void *value, size_t bytes) {
  if (!layout)
    return CUBLAS_STATUS_INVALID_VALUE;
  switch (attribute) {
  case CUBLASLT_MATRIX_LAYOUT_TYPE:
    return set(layout->type, value, bytes);
  case CUBLASLT_MATRIX_LAYOUT_ORDER:
    return set(layout->order, value, bytes);
  case CUBLASLT_MATRIX_LAYOUT_ROWS:
    return set(layout->rows, value, bytes);
  case CUBLASLT_MATRIX_LAYOUT_COLS:
    return set(layout->columns, value, bytes);
  case CUBLASLT_MATRIX_LAYOUT_LD:
    return set(layout->leadingDimension, value, bytes);
  case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT:
    return set(layout->batchCount, value, bytes);
  case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET:
    return set(layout->batchStride, value, bytes);
  }
  return refuse("attribute " + std::to_string(attribute) +
                " of a matrix is not supported");
}

CUBLASLT_EXPORT
cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference) {
  if (!preference)
    return CUBLAS_STATUS_INVALID_VALUE;
  *preference = new cublasLtMatmulPreference;
  return CUBLAS_STATUS_SUCCESS;
}

CUBLASLT_EXPORT
cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}

CUBLASLT_EXPORT cublasLtMatmulPreferenceSetAttribute(
    cublasLtMatmulPreference_t preference,
    cublasLtMatmulPreferenceAttributes_t attribute, const void *value,
    size_t bytes) {
  if (!preference)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (attribute == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES)
    return set(preference->maxWorkspaceBytes, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

static uint8_t *hostPointer(const void *address) {
  return AddressSpace::hostPointer(reinterpret_cast<uint64_t>(address));
}

static double readScalar(cudaDataType type, const void *address) {
  return readElement(type, static_cast<const uint8_t *>(address), 0);
}

/// There is one algorithm, which fits whatever is supported.
CUBLASLT_EXPORT cublasLtMatmulAlgoGetHeuristic(
    cublasLtHandle_t handle, cublasLtMatmulDesc_t description,
    cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
    cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
    cublasLtMatmulPreference_t preference, int wanted,
    cublasLtMatmulHeuristicResult_t *results, int *found) {
  if (!handle || !description || !a || !b || !c || !d || !preference ||
      wanted < 1 || !results || !found)
    return CUBLAS_STATUS_INVALID_VALUE;
  *found = 0;
  Product product{*description, *a, *b, *c, *d};
  if (Status valid = checkProduct(product); !valid)
    return refuse(valid.message());
  results[0] = {};
  results[0].algo.data[0] = 1;
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}

CUBLASLT_EXPORT
cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t description,
               const void *alpha, const void *a, cublasLtMatrixLayout_t aLayout,
               const void *b, cublasLtMatrixLayout_t bLayout, const void *beta,
               const void *c, cublasLtMatrixLayout_t cLayout, void *d,
               cublasLtMatrixLayout_t dLayout, const cublasLtMatmulAlgo_t *,
               void *workspace, size_t workspaceBytes, CUstream stream) {
  if (!handle || !description || !alpha || !beta || !aLayout || !bLayout ||
      !cLayout || !dLayout)
    return CUBLAS_STATUS_INVALID_VALUE;
  Product product{*description, *aLayout, *bLayout, *cLayout, *dLayout};
  if (Status valid = checkProduct(product); !valid)
    return refuse(valid.message());
  cudaDataType scaleType = description->scaleType;
  bool isHost = description->pointerMode == CUBLASLT_POINTER_MODE_HOST;
  if (isHost) {
    product.alpha = readScalar(scaleType, alpha);
    product.beta = readScalar(scaleType, beta);
  }
  struct Range {
    const char *name;
    const void *address;
    uint64_t bytes;
  };
  uint64_t cBytes = isHost && product.beta == 0 ? 0 : byteSize(*cLayout);
  uint64_t biasBytes = description->epilogue & CUBLASLT_EPILOGUE_BIAS
                           ? byteSize(biasLayout(*description, *dLayout))
                           : 0;
  uint64_t scalarBytes = isHost ? 0 : elementBytes(scaleType);
  auto scale = [](const char *name, uint64_t address) {
    return Range{name, reinterpret_cast<const void *>(address),
                 address ? sizeof(float) : 0};
  };
  const void *bias = reinterpret_cast<const void *>(description->bias);
  for (const Range &range :
       {Range{"A", a, byteSize(*aLayout)}, Range{"B", b, byteSize(*bLayout)},
        Range{"C", c, cBytes}, Range{"D", d, byteSize(*dLayout)},
        Range{"the bias", bias, biasBytes}, Range{"alpha", alpha, scalarBytes},
        Range{"beta", beta, scalarBytes},
        scale("the scale of A", description->aScale),
        scale("the scale of B", description->bScale),
        scale("the scale of C", description->cScale),
        scale("the scale of D", description->dScale),
        Range{"the workspace", workspace, workspaceBytes}})
    if (!liesInAllocation(reinterpret_cast<uint64_t>(range.address),
                          range.bytes)) {
      refuse(std::string(range.name) + " takes " + std::to_string(range.bytes) +
             " bytes, which are not inside one allocation");
      return CUBLAS_STATUS_INVALID_VALUE;
    }
  product.a = hostPointer(a);
  product.b = hostPointer(b);
  product.c = hostPointer(c);
  product.d = hostPointer(d);
  product.bias = hostPointer(bias);

  // What lies in device memory is read when the stream comes to it.
  auto run = [=]() mutable {
    if (!isHost) {
      product.alpha = readScalar(scaleType, hostPointer(alpha));
      product.beta = readScalar(scaleType, hostPointer(beta));
    }
    auto scale = [](uint64_t address) {
      return address
                 ? float(readScalar(
                       CUDA_R_32F,
                       hostPointer(reinterpret_cast<const void *>(address))))
                 : 1.0f;
    };
    product.aScale = scale(product.description.aScale);
    product.bScale = scale(product.description.bScale);
    product.cScale = scale(product.description.cScale);
    product.dScale = scale(product.description.dScale);
    computeProduct(product);
  };
  return launchHostWork(stream, run) == CUDA_SUCCESS
             ? CUBLAS_STATUS_SUCCESS
             : CUBLAS_STATUS_EXECUTION_FAILED;
}
