//===- PTXEmission.h - From the LLVM dialect to PTX -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_PTXEMISSION_H
#define LIB_CODEGEN_CUDA_PTXEMISSION_H

#include "lib/Codegen/CUDA/CodegenCUDA.h"

#include "mlir/IR/BuiltinOps.h"

namespace weft {

/// One PTX module of the kernels in `kernels`, modules in the LLVM dialect, and
/// of the kernel table's bytes.
mlir::FailureOr<std::string> emitPTX(mlir::ModuleOp kernels,
                                     const CUDATarget &target,
                                     const std::string &table);

} // namespace weft

#endif // LIB_CODEGEN_CUDA_PTXEMISSION_H
