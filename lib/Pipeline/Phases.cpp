//===- Phases.cpp - The passes of each phase ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Pipeline/Phases.h"

#include "dialects/Dist/Transforms/Passes.h"
#include "dialects/Exec/Transforms/Passes.h"
#include "dialects/LLM/Transforms/Passes.h"
#include "lib/Conversion/LLMToExec/LLMToExec.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;
namespace weft {

void buildSimplifyPhase(OpPassManager &pm) { buildSimplifyPipeline(pm); }

void buildPrecisionPhase(OpPassManager &pm, StringRef precision,
                         StringRef activations) {
  LowerPrecisionPassOptions options;
  options.type = precision.str();
  pm.addPass(createLowerPrecisionPass(options));
  pm.addPass(createQuantizeActivationsPass({activations.str()}));
}

void buildShardingPasses(OpPassManager &pm, StringRef mesh, StringRef shard) {
  pm.addPass(dist::createAnnotatePass({mesh.str(), shard.str()}));
  pm.addPass(dist::createPropagatePass());
}

void buildLocalizingPasses(OpPassManager &pm) {
  pm.addPass(dist::createInsertReshardsPass());
  pm.addPass(dist::createLocalizePass());
  pm.addPass(dist::createLowerReshardsPass());
  pm.addPass(createCSEPass());
  pm.addPass(dist::createMergeCollectivesPass());
  pm.addPass(dist::createSequenceParallelPass());
  pm.addPass(dist::createSinkReductionsPass());
  pm.addPass(dist::createCheckCollectivesPass());
  pm.addPass(createHoistWeightsPass());
}

void buildFusePhase(OpPassManager &pm, const FuseOptions &options) {
  if (options.forGPU)
    pm.addPass(createPadCacheHeadsPass());
  pm.addNestedPass<func::FuncOp>(createMergeLinearsPass());
  pm.addPass(createHoistWeightsPass());
  PackLinearWeightsPassOptions packing;
  packing.onlyBlocks = options.forGPU;
  pm.addPass(createPackLinearWeightsPass(packing));
  pm.addNestedPass<func::FuncOp>(
      createSplitAttentionPass({options.attentionSpan}));
  pm.addNestedPass<func::FuncOp>(createFormKernelsPass({!options.forGPU}));
  if (options.gemms)
    pm.addNestedPass<func::FuncOp>(createRoundProductInputsPass());
}

void buildSchedulePhase(OpPassManager &pm, bool gemms) {
  pm.addPass(createConvertLLMToExec({gemms}));
  pm.addNestedPass<exec::ProgramOp>(exec::createRemoveCopies());
  pm.addNestedPass<exec::ProgramOp>(exec::createCheckWrites());
  pm.addNestedPass<exec::ProgramOp>(exec::createCheckCollectives());
}

} // namespace weft
