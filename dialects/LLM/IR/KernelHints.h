//===- KernelHints.h - What passes let kernels do ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Discardable attributes of ops: where one is lost, nothing is wrong.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_KERNELHINTS_H
#define DIALECTS_LLM_IR_KERNELHINTS_H

#include "llvm/ADT/StringRef.h"

namespace weft {

/// On `llm.paged_attention`: the softmax's numbers and the values may be rounded
/// to bf16, query and keys to the sum of two.
constexpr llvm::StringLiteral narrowAttrName = "llm.narrow";

} // namespace weft

#endif // DIALECTS_LLM_IR_KERNELHINTS_H
