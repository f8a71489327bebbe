//===- Driver.h - Functions of the CUDA driver ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUDA_API_DRIVER_H
#define RUNTIME_CUDA_API_DRIVER_H

#include "runtime/cuda_api/DriverTypes.h"

namespace weft::cuda {

/// One pointer for each function, named as the exported symbol.
struct DriverFunctions {
#define WEFT_CUDA(NAME, PARAMETERS) CUresult(*NAME) PARAMETERS = nullptr;
#include "runtime/cuda_api/DriverFunctions.def"
#undef WEFT_CUDA
};

} // namespace weft::cuda

#endif // RUNTIME_CUDA_API_DRIVER_H
