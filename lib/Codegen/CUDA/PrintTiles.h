//===- PrintTiles.h - Prints how products are cut ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_PRINTTILES_H
#define LIB_CODEGEN_CUDA_PRINTTILES_H

namespace weft {

/// Registers `print-cuda-tiles`: a remark at each product that a function is
/// about says which tile is chosen for each of the pass's archs, and what the
/// model predicts of it. Functions are bodies of kernels, as code is generated
/// from: what `llm-compile` saves behind its last phase but one, or any whose
/// arguments carry `llm.sizes` over s0, s1, ...
void registerPrintCUDATilesPass();

} // namespace weft

#endif // LIB_CODEGEN_CUDA_PRINTTILES_H
