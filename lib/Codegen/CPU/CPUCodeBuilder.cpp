//===- CPUCodeBuilder.cpp - Instructions of one CPU kernel ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/CPU/CPUCodeBuilder.h"

using namespace mlir;

namespace weft {

static CodeFeatures featuresOf(const CPUTarget &target) {
  return {CPUCodeBuilder::lanes,
          target.hasFMA,
          target.hasF16C,
          /*roundsFloats=*/target.registerLanes > 4,
          /*reducesAlongLanes=*/true,
          /*alignsVectors=*/false,
          /*hasSpecialFunctions=*/false};
}

CPUCodeBuilder::CPUCodeBuilder(ModuleOp module, const KernelSource &source,
                               const CPUTarget &target)
    : CodeBuilder(module, source, featuresOf(target)), target(target) {
  Block &entry =
      startFunction(source.name, {pointer(), i64(), i64(), pointer()});
  begin = entry.getArgument(1);
  end = entry.getArgument(2);
  scratch = entry.getArgument(3);
  auto field = [&](Value from, Type element, int32_t index) -> Value {
    return load(element, make<LLVM::GEPOp>(pointer(), element, from,
                                           ArrayRef<LLVM::GEPArg>{index}));
  };
  // The fields of WeftArgs.
  Value arguments = entry.getArgument(0);
  Value list = load(pointer(), arguments);
  Value sizeList = field(arguments, pointer(), 1);
  error = field(arguments, pointer(), 2);
  // One more than the arguments: the result.
  for (unsigned i = 0; i <= source.body->getNumArguments(); ++i)
    buffers.push_back(field(list, pointer(), int32_t(i)));
  for (unsigned i = 0; i < source.sizeCount; ++i)
    parameters.push_back(field(sizeList, i64(), int32_t(i)));
  endStart();
}

void CPUCodeBuilder::prefetch(Value address) {
  make<LLVM::Prefetch>(address, /*rw=*/0u, /*hint=*/3u, /*cache=*/1u);
}

void CPUCodeBuilder::prefetchToSecondCache(Value address) {
  make<LLVM::Prefetch>(address, /*rw=*/0u, /*hint=*/2u, /*cache=*/1u);
}

} // namespace weft
