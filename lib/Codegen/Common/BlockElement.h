//===- BlockElement.h - Single elements of quantized tensors ----*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_COMMON_BLOCKELEMENT_H
#define LIB_CODEGEN_COMMON_BLOCKELEMENT_H

#include "lib/Codegen/Common/ElementEmitter.h"

namespace weft {

/// The f32 of a tensor in blocks at `index`, which may be any: for gathers of
/// embeddings, and for bodies that no family takes. Rows may be interleaved.
mlir::Value emitBlockElement(ElementEmitter &emitter,
                             const MemoryTensor &tensor,
                             llvm::ArrayRef<LaneIndex> index);

} // namespace weft

#endif // LIB_CODEGEN_COMMON_BLOCKELEMENT_H
