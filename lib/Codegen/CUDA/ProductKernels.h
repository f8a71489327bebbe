//===- ProductKernels.h - The kernels of a product --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product whose number of rows is known only when it runs has a kernel for
// each way of computing it. They are launched one after another, and all but
// one have grids of no blocks: so each takes the threads, the registers and the
// shared memory of its own way.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_PRODUCTKERNELS_H
#define LIB_CODEGEN_CUDA_PRODUCTKERNELS_H

#include "lib/Codegen/CUDA/Family.h"

namespace weft::cuda {

/// Which numbers of rows a kernel computes.
enum class ProductRows { All, Many, Several, Few };

/// Those of a product's kernels. The first one has the product's name, others
/// have it with a suffix.
llvm::SmallVector<ProductRows> kernelsOfProduct(ElementEmitter &emitter,
                                                mlir::Operation *anchor);
llvm::StringRef suffixOf(ProductRows rows);
/// 1, or 0 for numbers of rows that others compute.
SizeExpr hasWork(ElementEmitter &emitter, mlir::Operation *anchor,
                 ProductRows rows);
Grid emitProductKernel(ElementEmitter &emitter, const KernelOutput &output,
                       mlir::Operation *anchor, ProductRows rows);

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_PRODUCTKERNELS_H
