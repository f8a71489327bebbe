//===- KernelRegion.h - What a kernel's body computes -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_KERNELREGION_H
#define LIB_CODEGEN_COMMON_KERNELREGION_H

#include "lib/Codegen/Common/ElementEmitter.h"
#include "weft/artifact.pb.h"

namespace weft {

/// The value that a kernel computes, and where it goes.
struct KernelOutput {
  /// The result, without reshapes at the end: they move no bytes.
  mlir::Value value;
  MemoryTensor memory;
};

KernelOutput getKernelOutput(ElementEmitter &emitter,
                             const KernelSource &source);

/// The contraction that reaches `value` through elementwise ops at its own
/// index, or null when there is none, or more than one, or another way to it.
mlir::Operation *findAnchor(ElementEmitter &emitter, mlir::Value value);

/// Whether an op of the body goes along whole rows: a sum, a softmax, a norm.
bool reducesRows(const KernelSource &source);

/// Whether all that `output` is computed from is elementwise and of its own
/// sizes or one element: then a kernel may count elements without dimensions.
bool isFlat(ElementEmitter &emitter, const KernelOutput &output);

/// Name, family, parameters, buffers and flops: what is the same on all
/// targets.
void describeKernel(artifact::Kernel &kernel, ElementEmitter &emitter,
                    const KernelSource &source, llvm::StringRef family);

} // namespace weft

#endif // LIB_CODEGEN_COMMON_KERNELREGION_H
