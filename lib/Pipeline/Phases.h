//===- Phases.h - The passes of each phase ---------------------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PIPELINE_PHASES_H
#define LIB_PIPELINE_PHASES_H

#include "mlir/Pass/PassManager.h"

namespace weft {

/// From what an importer gives to linear, attention, layer_norm, ...
void buildSimplifyPhase(mlir::OpPassManager &pm);

/// Weights are held in the type that `precision` names: see
/// llm-lower-precision. Inputs of products with weights in blocks are rounded
/// to the type that `activations` names: see llm-quantize-activations.
void buildPrecisionPhase(mlir::OpPassManager &pm, llvm::StringRef precision,
                         llvm::StringRef activations);

/// Every value gets a sharding over `mesh`: see CompileOptions.
void buildShardingPasses(mlir::OpPassManager &pm, llvm::StringRef mesh,
                         llvm::StringRef shard);
/// From shardings to one program for all devices of the mesh.
void buildLocalizingPasses(mlir::OpPassManager &pm);

/// Ops become kernels; weights take the form in which the kernels of a CPU, or
/// of a GPU, read them. With `gemms` a matrix library will compute plain
/// products. Attention of decoding sequences is computed in parts of
/// `attentionSpan` positions, unless that is 0.
struct FuseOptions {
  bool forGPU = false, gemms = false;
  int64_t attentionSpan = 0;
};
void buildFusePhase(mlir::OpPassManager &pm, const FuseOptions &options);

/// Kernels become launches of a program over buffers, or its `gemms`.
void buildSchedulePhase(mlir::OpPassManager &pm, bool gemms);

} // namespace weft

#endif // LIB_PIPELINE_PHASES_H
