//===- KernelFunction.cpp - Functions as kernels --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/KernelFunction.h"

#include "dialects/LLM/IR/LLM.h"

using namespace mlir;

namespace weft {

KernelSource kernelSourceOf(func::FuncOp function, unsigned sizeCount) {
  KernelSource source{function.getSymName().str(),
                      &function.getBody().front(),
                      {},
                      sizeCount,
                      function.getLoc()};
  for (BlockArgument argument : function.getArguments()) {
    Sizes sizes;
    if (auto attr = function.getArgAttrOfType<SizesAttr>(
            argument.getArgNumber(), "llm.sizes"))
      sizes = attr.getExprs();
    else
      for (int64_t size : cast<RankedTensorType>(argument.getType()).getShape())
        sizes.push_back(size);
    source.argumentSizes.push_back(std::move(sizes));
  }
  return source;
}

} // namespace weft
