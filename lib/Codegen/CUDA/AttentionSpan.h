//===- AttentionSpan.h - Into which parts attention is divided --*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_ATTENTIONSPAN_H
#define LIB_CODEGEN_CUDA_ATTENTIONSPAN_H

#include "lib/Codegen/CUDA/CodegenCUDA.h"

#include "mlir/IR/BuiltinOps.h"

namespace weft {

/// Positions of a part (see llm-split-attention), or 0 to keep heads whole:
/// what takes the least time by a model of a step of one sequence and one of as
/// many as there may be, on the GPU of the target's least arch. Parts give few
/// blocks of threads more of the GPU's multiprocessors, and cost a launch that
/// merges them.
int64_t chooseAttentionSpan(mlir::ModuleOp module, const CUDATarget &target);

} // namespace weft

#endif // LIB_CODEGEN_CUDA_ATTENTIONSPAN_H
