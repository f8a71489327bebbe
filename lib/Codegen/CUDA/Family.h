//===- Family.h - Kernels by shape class ------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each family emits the body of one thread and says the grid. Its blocks are
// independent of each other; those beyond the work exit. Before it emits, a
// family says how many threads a block has (CUDACodeBuilder::setBlockThreads)
// and how many elements a thread computes together (CodeBuilder::lanes).
//
// What emits code for GPUs is in a namespace of its own: much of it has the
// name of its twin for CPUs, and one program links both.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_FAMILY_H
#define LIB_CODEGEN_CUDA_FAMILY_H

#include "dialects/LLM/IR/AttentionParts.h"
#include "lib/Codegen/CUDA/CUDACodeBuilder.h"
#include "lib/Codegen/Common/KernelRegion.h"

namespace weft::cuda {

/// Blocks of a launch, over s0, s1, ..., and the bytes of dynamic shared memory
/// of each.
struct Grid {
  SizeExpr x = 1, y = 1, z = 1;
  SizeExpr sharedBytes = 0;
};

/// Stores the output's `code.lanes` elements from `index` on, once what they
/// are computed of has been provided.
void storeLanes(ElementEmitter &emitter, const KernelOutput &output,
                llvm::ArrayRef<LaneIndex> index);

/// Elements one by one or in vectors: elementwise ops, layout, gathers, and all
/// else in its general form. Rows that are reduced are computed by a warp or a
/// block.
Grid emitMapKernel(ElementEmitter &emitter, const KernelOutput &output,
                   const KernelSource &source);

/// Rows of a step's tokens into their places of a paged cache.
bool canEmitWriteCacheKernel(ElementEmitter &emitter, WriteCacheOp op);
Grid emitWriteCacheKernel(ElementEmitter &emitter, const KernelOutput &output,
                          WriteCacheOp op);

/// Attention of rows to all keys, with masks.
bool canEmitAttentionKernel(ElementEmitter &emitter, AttentionOp anchor);
Grid emitAttentionKernel(ElementEmitter &emitter, const KernelOutput &output,
                         AttentionOp anchor);

/// Attention of a step's tokens to paged caches, in parts or not.
bool canEmitPagedAttentionKernel(ElementEmitter &emitter,
                                 const KernelOutput &output,
                                 PagedAttention anchor);
Grid emitPagedAttentionKernel(ElementEmitter &emitter,
                              const KernelOutput &output,
                              PagedAttention anchor);

/// A linear op of an expert of each row's choice.
bool canEmitExpertLinearKernel(ElementEmitter &emitter, ExpertLinearOp anchor);
Grid emitExpertLinearKernel(ElementEmitter &emitter, const KernelOutput &output,
                            ExpertLinearOp anchor);

/// A linear op whose weight lies row by row or in blocks, or a matmul; `anchor`
/// reaches the output through elementwise ops only.
bool canEmitMatMulKernel(ElementEmitter &emitter, mlir::Operation *anchor);
Grid emitMatMulKernel(ElementEmitter &emitter, const KernelOutput &output,
                      mlir::Operation *anchor);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_FAMILY_H
