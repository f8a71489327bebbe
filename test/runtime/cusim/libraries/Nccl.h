//===- Nccl.h - The functions of libnccl ------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_CUSIM_LIBRARIES_NCCL_H
#define TEST_RUNTIME_CUSIM_LIBRARIES_NCCL_H

#include "runtime/cuda_api/NcclTypes.h"
#include "test/runtime/cusim/driver/CudaTest.h"

namespace weft::cuda {

struct NcclFunctions {
#define WEFT_NCCL(NAME, PARAMETERS) ncclResult_t(*NAME) PARAMETERS = nullptr;
#include "runtime/cuda_api/NcclFunctions.def"
#undef WEFT_NCCL
};

inline const NcclFunctions &nccl() {
  static const NcclFunctions functions = [] {
    NcclFunctions loaded;
    void *library = dlopen(CUSIM_NCCL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    EXPECT_TRUE(library) << dlerror();
#define WEFT_NCCL(NAME, PARAMETERS)                                            \
  loaded.NAME =                                                                \
      reinterpret_cast<decltype(loaded.NAME)>(dlsym(library, #NAME));          \
  EXPECT_TRUE(loaded.NAME) << #NAME;
#include "runtime/cuda_api/NcclFunctions.def"
#undef WEFT_NCCL
    return loaded;
  }();
  return functions;
}

} // namespace weft::cuda

#endif // TEST_RUNTIME_CUSIM_LIBRARIES_NCCL_H
