//===- Family.h - Families of kernels ---------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A family is an emitter for kernels of one shape class. It says how the work
// is divided into items, and emits the loop over them.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_FAMILY_H
#define LIB_CODEGEN_CPU_FAMILY_H

#include "dialects/LLM/IR/AttentionParts.h"
#include "lib/Codegen/CPU/CPUCodeBuilder.h"
#include "lib/Codegen/Common/KernelRegion.h"

namespace weft {

/// How a kernel's work is divided; see artifact::Kernel.
struct Division {
  SizeExpr items, chunk = 1, scratchBytes;
  artifact::Split split = artifact::STATIC;
};

/// Elements along the last dimension, row by row: elementwise ops, layout,
/// gathers, reductions and normalizations, and all else in its general form.
Division emitMapKernel(ElementEmitter &emitter, const KernelOutput &output);

class NormTail;
struct LinearHalves;

/// A linear op with a packed weight, or a matmul; `anchor` reaches the output
/// through elementwise ops only, or what `tail` norms (null: nothing).
bool canEmitMatMulKernel(ElementEmitter &emitter, mlir::Operation *anchor);
Division emitMatMulKernel(ElementEmitter &emitter, const KernelOutput &output,
                          mlir::Operation *anchor, NormTail *tail = nullptr);

/// A linear op whose weight is in blocks, 16 rows interleaved; as above.
bool canEmitBlockLinearKernel(ElementEmitter &emitter, mlir::Operation *anchor);
/// With `halves`, of which `anchor` is the linear, the output is what they
/// become.
Division emitBlockLinearKernel(ElementEmitter &emitter,
                               const KernelOutput &output,
                               mlir::Operation *anchor,
                               LinearHalves *halves = nullptr);

/// Attention without scores in memory; as above.
bool canEmitAttentionKernel(AttentionOp anchor);
Division emitAttentionKernel(ElementEmitter &emitter,
                             const KernelOutput &output, AttentionOp anchor);

/// Attention to caches in blocks, in decoding and in prompts; as above.
bool canEmitPagedAttentionKernel(ElementEmitter &emitter,
                                 const KernelOutput &output,
                                 PagedAttention anchor);
Division emitPagedAttentionKernel(ElementEmitter &emitter,
                                  const KernelOutput &output,
                                  PagedAttention anchor);

/// Rows of a step's tokens into a cache; the output's buffer is the cache's.
bool canEmitWriteCacheKernel(ElementEmitter &emitter, WriteCacheOp op);
Division emitWriteCacheKernel(ElementEmitter &emitter,
                              const KernelOutput &output, WriteCacheOp op);

/// A product with the matrix of each row's choice; as above.
bool canEmitExpertLinearKernel(ElementEmitter &emitter, ExpertLinearOp anchor);
Division emitExpertLinearKernel(ElementEmitter &emitter,
                                const KernelOutput &output,
                                ExpertLinearOp anchor);

/// Emits `store(index of lanes)` for the columns [from, to) of a row: whole
/// vectors, then a masked rest.
void forEachVector(ElementEmitter &emitter, mlir::Value from, mlir::Value to,
                   bool isWhole,
                   llvm::function_ref<void(mlir::Value first)> store);

} // namespace weft

#endif // LIB_CODEGEN_CPU_FAMILY_H
