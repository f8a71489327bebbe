//===- LLMOps.td - All ops of the llm dialect --------------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_LLMOPS_TD
#define DIALECTS_LLM_IR_LLMOPS_TD

include "dialects/LLM/IR/SymbolOps.td"
include "dialects/LLM/IR/ElementwiseOps.td"
include "dialects/LLM/IR/ContractionOps.td"
include "dialects/LLM/IR/NormalizationOps.td"
include "dialects/LLM/IR/LayoutOps.td"
include "dialects/LLM/IR/IndexingOps.td"
include "dialects/LLM/IR/StateOps.td"
include "dialects/LLM/IR/KernelOps.td"

#endif // DIALECTS_LLM_IR_LLMOPS_TD
