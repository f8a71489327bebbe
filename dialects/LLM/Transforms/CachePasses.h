//===- CachePasses.h - Passes over paged caches -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_CACHEPASSES_H
#define DIALECTS_LLM_TRANSFORMS_CACHEPASSES_H

#include "dialects/LLM/Transforms/Passes.h"

namespace weft {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dialects/LLM/Transforms/CachePasses.h.inc"
} // namespace weft

#endif // DIALECTS_LLM_TRANSFORMS_CACHEPASSES_H
