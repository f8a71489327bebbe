//===- NormTail.h - A norm behind a product ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A product's items make parts of rows, a norm needs whole ones. The items
// store what the norm reads where its result will be, and count themselves; the
// last one of a row norms it there. Nobody waits, and a row's numbers are the
// same whoever comes last.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CPU_NORMTAIL_H
#define LIB_CODEGEN_CPU_NORMTAIL_H

#include "lib/Codegen/CPU/Family.h"

namespace weft {

class NormTail {
public:
  /// If the output is the norm of what a linear op reaches through elementwise
  /// ops, and the matmul family takes that op.
  static std::optional<NormTail> find(ElementEmitter &emitter,
                                      const KernelOutput &output);

  mlir::Operation *product() const { return anchor; }
  /// What the product's items store.
  KernelOutput sums() const;

  /// An item of block `block` is done: one of `groups` of `blocks` blocks of
  /// nearly equal height, which are `rows` rows together.
  void emitArrival(ElementEmitter &emitter, mlir::Value block,
                   mlir::Value blocks, mlir::Value groups, mlir::Value rows);

private:
  NormTail(mlir::Operation *norm, mlir::Operation *anchor,
           const MemoryTensor &memory)
      : norm(norm), anchor(anchor), memory(memory) {}
  void emitRows(ElementEmitter &emitter, mlir::Value first, mlir::Value last);

  mlir::Operation *norm, *anchor;
  MemoryTensor memory;
};

} // namespace weft

#endif // LIB_CODEGEN_CPU_NORMTAIL_H
