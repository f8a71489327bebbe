//===- Passes.h - Passes on the llm dialect ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_PASSES_H
#define DIALECTS_LLM_TRANSFORMS_PASSES_H

#include "dialects/LLM/IR/LLM.h"

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace weft {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dialects/LLM/Transforms/Passes.h.inc"

/// From primitive ops, as an importer makes them, to linear, attention,
/// layer_norm, gelu and embedding. Runs on a module; `llm-opt --llm-simplify`.
void buildSimplifyPipeline(mlir::OpPassManager &pm);

/// Registers the pipelines above by name.
void registerLLMPipelines();

} // namespace weft

#endif // DIALECTS_LLM_TRANSFORMS_PASSES_H
