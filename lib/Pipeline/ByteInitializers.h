//===- ByteInitializers.h - Initializers that move bytes -------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PIPELINE_BYTEINITIALIZERS_H
#define LIB_PIPELINE_BYTEINITIALIZERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace weft {

/// Rewrites the initializer of a weight in blocks as one of bytes, which code
/// can be made of: a tensor [..., K] of blocks of B elements becomes
/// [..., K / B, bytes of a block], and a slice, a pad or a concatenation of
/// whole blocks that of their bytes. Rows that lie interleaved are only looked
/// at through llm.bitcast. Fails on an op that computes with elements.
mlir::LogicalResult passBlocksAsBytes(mlir::func::FuncOp initializer);

} // namespace weft

#endif // LIB_PIPELINE_BYTEINITIALIZERS_H
