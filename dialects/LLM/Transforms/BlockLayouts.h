//===- BlockLayouts.h - Moving blocks as bytes ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_BLOCKLAYOUTS_H
#define DIALECTS_LLM_TRANSFORMS_BLOCKLAYOUTS_H

#include "dialects/LLM/IR/LLM.h"

#include "mlir/IR/Builders.h"

namespace weft {

/// [..., N, K] in blocks as the bytes they lie in: [..., N, K / elements,
/// bytes]. Rows must not be interleaved.
mlir::RankedTensorType bytesOfBlocks(mlir::RankedTensorType type);

/// Rewrites each slice, pad and concat in `block` of elements in blocks to one
/// of bytes between bitcasts, so that they need no code of their own:
///
///   slice(w) -> bitcast(slice(bitcast(w)))
void moveBlocksAsBytes(mlir::Block &block);

} // namespace weft

#endif // DIALECTS_LLM_TRANSFORMS_BLOCKLAYOUTS_H
