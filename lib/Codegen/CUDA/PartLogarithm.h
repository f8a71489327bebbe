//===- PartLogarithm.h - How much a part of attention weighs ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_PARTLOGARITHM_H
#define LIB_CODEGEN_CUDA_PARTLOGARITHM_H

#include "lib/Codegen/CUDA/CUDACodeBuilder.h"
#include "lib/Codegen/Common/KernelRegion.h"

namespace weft::cuda {

/// The logarithm of `sum` times 2 to the power of `greatest`, both f32:
/// -infinity of what saw nothing, whose sum is 0.
mlir::Value partLogarithm(CUDACodeBuilder &code, mlir::Value greatest,
                          mlir::Value sum);

/// Stores it behind the elements of a row of parts and a head.
void storePartLogarithm(ElementEmitter &emitter, const KernelOutput &output,
                        mlir::Value row, mlir::Value head,
                        mlir::Value logarithm);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_PARTLOGARITHM_H
