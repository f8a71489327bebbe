//===- Multiplier.cpp - Products by cuBLASLt ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/Multiplier.h"

#include <algorithm>
#include <bit>
#include <cstdio>

using namespace weft;
using namespace weft::cuda;

// What cuBLAS's documentation recommends for Hopper; others need less.
static constexpr uint64_t maximumWorkspace = uint64_t(32) << 20;
static constexpr uint32_t operandAlignment = 64; // MatrixProduct

static cudaDataType typeOf(DataType type) {
  return type == DataType::F16    ? CUDA_R_16F
         : type == DataType::BF16 ? CUDA_R_16BF
                                  : CUDA_R_32F;
}

static cublasLtEpilogue_t epilogueOf(const MatrixProduct &product) {
  bool hasBias = product.bias != nullptr;
  switch (product.epilogue) {
  case Epilogue::None:
    break;
  case Epilogue::Relu:
    return hasBias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
  case Epilogue::GeluTanh:
    return hasBias ? CUBLASLT_EPILOGUE_GELU_BIAS : CUBLASLT_EPILOGUE_GELU;
  }
  return hasBias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
}

/// "f16 m<=64 n=384 k=1536 batch=1 b^T bias gelu".
static std::string describe(const MatrixProduct &product,
                            const std::string &rows) {
  std::string text(name(product.type));
  if (product.output != product.type)
    text += " to " + std::string(name(product.output));
  text += " m" + rows + " n=" + std::to_string(product.n) +
          " k=" + std::to_string(product.k) +
          " batch=" + std::to_string(product.batch);
  text += product.transposeA ? " a^T" : "";
  text += product.transposeB ? " b^T" : "";
  text += product.bias ? " bias" : "";
  text += product.epilogue == Epilogue::Relu       ? " relu"
          : product.epilogue == Epilogue::GeluTanh ? " gelu"
                                                   : "";
  return text;
}

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

/// A product as cuBLASLt is told.
class Multiplier::Descriptors {
public:
  explicit Descriptors(const CublasLtLibrary &library) : library(library) {}
  ~Descriptors() {
    const CublasLtFunctions &functions = library.functions();
    for (cublasLtMatrixLayout_t layout : {a, b, d})
      if (layout)
        functions.cublasLtMatrixLayoutDestroy(layout);
    if (product)
      functions.cublasLtMatmulDescDestroy(product);
    if (preference)
      functions.cublasLtMatmulPreferenceDestroy(preference);
  }

  Status create(const MatrixProduct &wanted);
  Status createPreference();

  const CublasLtLibrary &library;
  cublasLtMatmulDesc_t product = nullptr;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, d = nullptr;
  cublasLtMatmulPreference_t preference = nullptr;

private:
  /// A row-major matrix of each batch, as columns.
  Status create(cublasLtMatrixLayout_t &layout, DataType type, uint64_t rows,
                uint64_t columns, uint64_t batch);
  template <typename T>
  Status set(cublasLtMatmulDescAttributes_t attribute, T value) {
    WEFT_CUBLASLT_CALL(library, cublasLtMatmulDescSetAttribute, product,
                       attribute, &value, sizeof(value));
    return Status::ok();
  }
};

Status Multiplier::Descriptors::create(cublasLtMatrixLayout_t &layout,
                                       DataType type, uint64_t rows,
                                       uint64_t columns, uint64_t batch) {
  WEFT_CUBLASLT_CALL(library, cublasLtMatrixLayoutCreate, &layout, typeOf(type),
                     columns, rows, static_cast<int64_t>(columns));
  auto count = static_cast<int32_t>(batch);
  auto stride = static_cast<int64_t>(rows * columns);
  WEFT_CUBLASLT_CALL(library, cublasLtMatrixLayoutSetAttribute, layout,
                     CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof(count));
  WEFT_CUBLASLT_CALL(library, cublasLtMatrixLayoutSetAttribute, layout,
                     CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride,
                     sizeof(stride));
  return Status::ok();
}

Status Multiplier::Descriptors::create(const MatrixProduct &wanted) {
  WEFT_CUBLASLT_CALL(library, cublasLtMatmulDescCreate, &product,
                     CUBLAS_COMPUTE_32F, CUDA_R_32F);
  auto operation = [](bool isTransposed) {
    return isTransposed ? CUBLAS_OP_T : CUBLAS_OP_N;
  };
  // D' = op(b)' op(a)': its first operand is b.
  WEFT_RETURN_IF_ERROR(
      set(CUBLASLT_MATMUL_DESC_TRANSA, operation(wanted.transposeB)));
  WEFT_RETURN_IF_ERROR(
      set(CUBLASLT_MATMUL_DESC_TRANSB, operation(wanted.transposeA)));
  WEFT_RETURN_IF_ERROR(set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogueOf(wanted)));
  if (wanted.bias)
    WEFT_RETURN_IF_ERROR(set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, wanted.bias));
  uint64_t m = wanted.m, n = wanted.n, k = wanted.k;
  WEFT_RETURN_IF_ERROR(create(a, wanted.type, wanted.transposeA ? k : m,
                              wanted.transposeA ? m : k, wanted.batch));
  WEFT_RETURN_IF_ERROR(create(b, wanted.type, wanted.transposeB ? n : k,
                              wanted.transposeB ? k : n, wanted.batch));
  return create(d, wanted.output, m, n, wanted.batch);
}

Status Multiplier::Descriptors::createPreference() {
  WEFT_CUBLASLT_CALL(library, cublasLtMatmulPreferenceCreate, &preference);
  WEFT_CUBLASLT_CALL(library, cublasLtMatmulPreferenceSetAttribute, preference,
                     CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                     &maximumWorkspace, sizeof(maximumWorkspace));
  // It would expect multiples of 256.
  for (auto attribute : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
                         CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                         CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES,
                         CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    WEFT_CUBLASLT_CALL(library, cublasLtMatmulPreferenceSetAttribute,
                       preference, attribute, &operandAlignment,
                       sizeof(operandAlignment));
  return Status::ok();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Status Multiplier::openLibrary() {
  auto found = CublasLtLibrary::open(context->driver().folder());
  if (!found)
    return found.status();
  library = std::move(*found);
  WEFT_RETURN_IF_ERROR(context->enter());
  WEFT_CUBLASLT_CALL(*library, cublasLtCreate, &handle);
  return Status::ok();
}

Status Multiplier::open() {
  std::lock_guard lock(mutex);
  if (!opened)
    opened = openLibrary();
  return *opened;
}

Multiplier::~Multiplier() {
  if (!handle || !context->enter())
    return;
  for (auto &[stream, area] : workspaces)
    outgrown.push_back(area.address);
  outgrown.push_back(zeroArea.address);
  for (CUdeviceptr address : outgrown)
    if (address)
      context->functions().cuMemFree_v2(address);
  library->functions().cublasLtDestroy(handle);
}

Status Multiplier::reserve(Area &area, uint64_t bytes) {
  if (bytes <= area.bytes)
    return Status::ok();
  if (area.address)
    outgrown.push_back(area.address);
  area = {};
  WEFT_CUDA_CALL(context->driver(), cuMemAlloc_v2, &area.address, bytes);
  area.bytes = bytes;
  return Status::ok();
}

StatusOr<const void *> Multiplier::zeros(uint64_t bytes) {
  if (bytes > zeroArea.bytes) {
    WEFT_RETURN_IF_ERROR(reserve(zeroArea, bytes));
    WEFT_CUDA_CALL(context->driver(), cuMemsetD8_v2, zeroArea.address, 0,
                   bytes);
    // Streams do not wait for the fill, which may end after the call.
    WEFT_CUDA_CALL(context->driver(), cuCtxSynchronize);
  }
  return reinterpret_cast<const void *>(zeroArea.address);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

StatusOr<const Multiplier::Choice *>
Multiplier::choose(const MatrixProduct &product, uint64_t rows) {
  Kind kind(product.type, product.output, product.epilogue, product.transposeA,
            product.transposeB, product.bias != nullptr, product.n, product.k,
            product.batch, rows);
  auto known = choices.find(kind);
  if (known != choices.end())
    return &known->second;
  MatrixProduct asked = product;
  asked.m = rows;
  Descriptors descriptors(*library);
  WEFT_RETURN_IF_ERROR(descriptors.create(asked));
  WEFT_RETURN_IF_ERROR(descriptors.createPreference());
  cublasLtMatmulHeuristicResult_t results[4] = {};
  int found = 0;
  WEFT_CUBLASLT_CALL(*library, cublasLtMatmulAlgoGetHeuristic, handle,
                     descriptors.product, descriptors.b, descriptors.a,
                     descriptors.d, descriptors.d, descriptors.preference, 4,
                     results, &found);
  auto usable = std::find_if(results, results + found,
                             [](const cublasLtMatmulHeuristicResult_t &it) {
                               return it.state == CUBLAS_STATUS_SUCCESS;
                             });
  if (usable == results + found)
    return Status::error("cuBLASLt has no algorithm for it");
  Choice choice{usable->algo, usable->workspaceSize, ""};
  char number[20];
  std::snprintf(number, sizeof(number), "0x%llx",
                static_cast<unsigned long long>(usable->algo.data[0]));
  choice.text = describe(product, (product.transposeA ? "=" : "<=") +
                                      std::to_string(rows)) +
                ": algorithm " + number + ", " +
                std::to_string(choice.workspaceBytes) + " bytes of workspace";
  return &choices.emplace(kind, std::move(choice)).first->second;
}

Status Multiplier::run(const MatrixProduct &product, const Choice &choice,
                       CUstream stream) {
  Area &workspace = workspaces[stream];
  WEFT_RETURN_IF_ERROR(reserve(workspace, choice.workspaceBytes));
  Descriptors descriptors(*library);
  WEFT_RETURN_IF_ERROR(descriptors.create(product));
  const float alpha = 1, beta = 0;
  WEFT_CUBLASLT_CALL(*library, cublasLtMatmul, handle, descriptors.product,
                     &alpha, product.b, descriptors.b, product.a, descriptors.a,
                     &beta, product.d, descriptors.d, product.d, descriptors.d,
                     &choice.algorithm,
                     reinterpret_cast<void *>(workspace.address),
                     choice.workspaceBytes, stream);
  return Status::ok();
}

Status Multiplier::multiply(const MatrixProduct &given, CUstream stream) {
  if (given.m == 0 || given.n == 0 || given.batch == 0)
    return Status::ok();
  std::lock_guard lock(mutex);
  auto attempt = [&]() -> Status {
    WEFT_RETURN_IF_ERROR(context->enter());
    MatrixProduct product = given;
    if (product.k == 0) {
      // An empty sum is one product with 0.
      StatusOr<const void *> nothing =
          zeros(std::max(product.m, product.n) * product.batch *
                byteWidth(product.type));
      if (!nothing)
        return nothing.status();
      product.k = 1;
      product.a = product.b = *nothing;
    }
    // With a transposed, the distance of its rows is m.
    uint64_t rows = product.transposeA ? product.m : std::bit_ceil(product.m);
    StatusOr<const Choice *> choice = choose(product, rows);
    if (!choice)
      return choice.status();
    Status status = run(product, **choice, stream);
    if (status || rows == product.m)
      return status;
    // The algorithm of the power of two does not take every size below it.
    choice = choose(product, product.m);
    return choice ? run(product, **choice, stream) : choice.status();
  };
  Status status = attempt();
  return status ? status
                : Status::error("product " +
                                describe(given, "=" + std::to_string(given.m)) +
                                ": " + status.message());
}

std::vector<std::string> Multiplier::algorithms() const {
  std::lock_guard lock(mutex);
  std::vector<std::string> texts;
  for (const auto &[kind, choice] : choices)
    texts.push_back(choice.text);
  return texts;
}
