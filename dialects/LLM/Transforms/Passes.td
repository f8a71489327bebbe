//===- Passes.td - Passes on the llm dialect ---------------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_PASSES_TD
#define DIALECTS_LLM_TRANSFORMS_PASSES_TD

include "dialects/LLM/Transforms/CachePasses.td"
include "dialects/LLM/Transforms/KernelPasses.td"
include "dialects/LLM/Transforms/PrecisionPasses.td"
include "dialects/LLM/Transforms/RaisePasses.td"

#endif // DIALECTS_LLM_TRANSFORMS_PASSES_TD
