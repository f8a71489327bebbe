//===- SplitAttention.h - Attention in parts --------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_SPLITATTENTION_H
#define DIALECTS_LLM_TRANSFORMS_SPLITATTENTION_H

#include "dialects/LLM/Transforms/Passes.h"

namespace weft {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dialects/LLM/Transforms/SplitAttention.h.inc"
} // namespace weft

#endif // DIALECTS_LLM_TRANSFORMS_SPLITATTENTION_H
