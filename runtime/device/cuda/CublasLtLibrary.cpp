//===- CublasLtLibrary.cpp - libcublasLt, opened --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/CublasLtLibrary.h"
#include "runtime/base/Text.h"

#include <dlfcn.h>

using namespace weft;
using namespace weft::cuda;

StatusOr<std::shared_ptr<const CublasLtLibrary>>
CublasLtLibrary::open(const std::string &folder) {
  void *handle = nullptr;
  std::string file, reason;
  for (const char *name : {"libcublasLt.so.13", "libcublasLt.so.12"}) {
    file = (folder.empty() ? "" : folder + "/") + name;
    // Never closed: it leaves threads behind.
    handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle)
      break;
    const char *error = dlerror();
    if (reason.empty())
      reason = error ? error : "unknown reason";
  }
  if (!handle)
    return Status::error("cannot load cuBLASLt: " + printable(reason));
  auto library = std::make_shared<CublasLtLibrary>();
#define WEFT_CUBLASLT(NAME, PARAMETERS)                                        \
  library->table.NAME =                                                        \
      reinterpret_cast<decltype(library->table.NAME)>(dlsym(handle, #NAME));   \
  if (!library->table.NAME)                                                    \
    return Status::error("'" + printable(file) +                               \
                         "' has no function " #NAME "; install cuBLAS 12 or "  \
                         "newer");
#include "runtime/cuda_api/CublasLtFunctions.def"
#undef WEFT_CUBLASLT
  return std::shared_ptr<const CublasLtLibrary>(std::move(library));
}

static const char *nameOf(cublasStatus_t result) {
  switch (result) {
  case CUBLAS_STATUS_SUCCESS:
    return "CUBLAS_STATUS_SUCCESS";
  case CUBLAS_STATUS_NOT_INITIALIZED:
    return "CUBLAS_STATUS_NOT_INITIALIZED";
  case CUBLAS_STATUS_ALLOC_FAILED:
    return "CUBLAS_STATUS_ALLOC_FAILED";
  case CUBLAS_STATUS_INVALID_VALUE:
    return "CUBLAS_STATUS_INVALID_VALUE";
  case CUBLAS_STATUS_ARCH_MISMATCH:
    return "CUBLAS_STATUS_ARCH_MISMATCH";
  case CUBLAS_STATUS_EXECUTION_FAILED:
    return "CUBLAS_STATUS_EXECUTION_FAILED";
  case CUBLAS_STATUS_INTERNAL_ERROR:
    return "CUBLAS_STATUS_INTERNAL_ERROR";
  case CUBLAS_STATUS_NOT_SUPPORTED:
    return "CUBLAS_STATUS_NOT_SUPPORTED";
  }
  return "an unknown status";
}

Status CublasLtLibrary::check(cublasStatus_t result, const char *call) const {
  if (result == CUBLAS_STATUS_SUCCESS)
    return Status::ok();
  return Status::error(std::string(nameOf(result)) + " from " + call);
}
