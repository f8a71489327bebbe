//===- Pipelines.cpp - Passes on the llm dialect in their order -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace weft {

void buildSimplifyPipeline(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createSimplifyIndicesPass());
  pm.addPass(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createSimplifyLayoutPass());
  // Patterns recognize a value that is used twice, not one computed twice.
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createRaiseLayerNormPass());
  pm.addNestedPass<func::FuncOp>(createRaiseGeluPass());
  pm.addNestedPass<func::FuncOp>(createRaiseLinearPass());
  pm.addNestedPass<func::FuncOp>(createRaiseEmbeddingPass());
  pm.addNestedPass<func::FuncOp>(createRaiseAttentionPass());
  pm.addNestedPass<func::FuncOp>(createSimplifyLayoutPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createHoistWeightsPass());
}

void registerLLMPipelines() {
  PassPipelineRegistration<>(
      "llm-simplify",
      "Raise primitive ops to linear, attention, layer_norm, gelu, embedding",
      buildSimplifyPipeline);
}

} // namespace weft
