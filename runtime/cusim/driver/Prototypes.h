//===- Prototypes.h - The driver, to link with ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_PROTOTYPES_H
#define RUNTIME_CUSIM_DRIVER_PROTOTYPES_H

#include "runtime/cuda_api/DriverTypes.h"

namespace weft::cuda {

/// For what is linked with cusim's libcuda; other programs open it.
#define WEFT_CUDA(NAME, PARAMETERS) extern "C" CUresult NAME PARAMETERS;
#include "runtime/cuda_api/DriverFunctions.def"
#undef WEFT_CUDA

} // namespace weft::cuda

#endif // RUNTIME_CUSIM_DRIVER_PROTOTYPES_H
