//===- Assembly.h - From PTX to cubins --------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_ASSEMBLY_H
#define LIB_CODEGEN_CUDA_ASSEMBLY_H

#include "lib/Codegen/CUDA/CodegenCUDA.h"

namespace weft {

/// Assembles `ptx` for each arch of the target, as `target.cubin` says, with
/// the ptxas of $CUDA_HOME, $CUDA_PATH, $PATH or /usr/local/cuda. Fails with
/// its messages; without one, warns or, where cubins are required, fails.
mlir::LogicalResult
assemble(const std::string &ptx, const CUDATarget &target,
         mlir::Location location,
         std::vector<std::pair<unsigned, std::string>> &cubins);

} // namespace weft

#endif // LIB_CODEGEN_CUDA_ASSEMBLY_H
