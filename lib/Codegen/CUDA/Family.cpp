//===- Family.cpp - What families of CUDA kernels share -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CUDA/Family.h"

using namespace mlir;

namespace weft::cuda {

void storeLanes(ElementEmitter &emitter, const KernelOutput &output,
                ArrayRef<LaneIndex> index) {
  CodeBuilder &code = emitter.code;
  Value stored = code.broadcast(emitter.element(output.value, index));
  LaneIndex position = emitter.linearize(index, output.memory.sizes);
  code.store(
      emitter.toStorage(stored, output.memory.element),
      code.address(output.memory.base, output.memory.element, position.value),
      Value(), code.isMultipleOf(position.value, code.lanes));
}

} // namespace weft::cuda
