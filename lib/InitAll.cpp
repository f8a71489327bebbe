//===- InitAll.cpp - Everything that the compiler tools know --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/InitAll.h"

#include "dialects/Dist/IR/Dist.h"
#include "dialects/Dist/Transforms/Passes.h"
#include "dialects/Exec/IR/Exec.h"
#include "dialects/Exec/Transforms/Passes.h"
#include "dialects/LLM/IR/LLM.h"
#include "dialects/LLM/Transforms/Passes.h"
#include "lib/Codegen/CUDA/PrintTiles.h"
#include "lib/Conversion/LLMToExec/LLMToExec.h"
#include "lib/Reference/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace weft {

void registerAllDialects(DialectRegistry &registry) {
  registry.insert<LLMDialect, dist::DistDialect, exec::ExecDialect,
                  func::FuncDialect>();
}

void registerAllPasses() {
  registerTransformsPasses();
  registerLLMPasses();
  registerLLMPipelines();
  dist::registerDistPasses();
  exec::registerExecPasses();
  registerLLMToExecPasses();
  registerReferencePasses();
  registerPrintCUDATilesPass();
}

} // namespace weft
