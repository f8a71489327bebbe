//===- CublasLtLibrary.h - libcublasLt, opened ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CUDA_CUBLASLTLIBRARY_H
#define RUNTIME_DEVICE_CUDA_CUBLASLTLIBRARY_H

#include "runtime/cuda_api/CublasLtTypes.h"
#include "weft/Status.h"

#include <memory>
#include <string>

namespace weft::cuda {

/// One pointer for each function, named as the exported symbol.
struct CublasLtFunctions {
#define WEFT_CUBLASLT(NAME, PARAMETERS)                                        \
  cublasStatus_t(*NAME) PARAMETERS = nullptr;
#include "runtime/cuda_api/CublasLtFunctions.def"
#undef WEFT_CUBLASLT
};

/// NVIDIA's library of matrix products, or cusim's. It stays loaded until the
/// process ends.
class CublasLtLibrary {
public:
  /// Opens libcublasLt.so.13 or .12 of `folder`; of the system's folders when
  /// it is empty.
  static StatusOr<std::shared_ptr<const CublasLtLibrary>>
  open(const std::string &folder);

  const CublasLtFunctions &functions() const { return table; }

  /// "CUBLAS_STATUS_NOT_SUPPORTED from cublasLtMatmul".
  Status check(cublasStatus_t result, const char *call) const;

private:
  CublasLtFunctions table;
};

/// Returns from the caller when a call fails. `CUBLASLT` is a CublasLtLibrary.
#define WEFT_CUBLASLT_CALL(CUBLASLT, FUNCTION, ...)                            \
  WEFT_RETURN_IF_ERROR((CUBLASLT).check(                                       \
      (CUBLASLT).functions().FUNCTION(__VA_ARGS__), #FUNCTION))

} // namespace weft::cuda

#endif // RUNTIME_DEVICE_CUDA_CUBLASLTLIBRARY_H
