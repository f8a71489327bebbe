//===- LanguageModel.h - The step of a language model ----------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A function with the attribute
//   llm.language_model = {architecture = "llama", context = 2048 : i64}
// does one step of text generation. docs/Formats.md says what its arguments
// mean, which their `llm.name` tells apart. Its capacity is in the ranges of
// their sizes, and in the first dimension of the states, which counts blocks.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_LANGUAGEMODEL_H
#define DIALECTS_LLM_IR_LANGUAGEMODEL_H

#include "mlir/IR/BuiltinAttributes.h"

namespace weft {

inline constexpr llvm::StringLiteral languageModelAttrName =
    "llm.language_model";

/// Positions of a sequence that one block of a cache holds.
inline constexpr int64_t cacheBlockSize = 64;

/// What the attribute says.
struct LanguageModelInfo {
  std::string architecture;
  /// Greatest number of tokens of a sequence.
  int64_t context = 0;

  mlir::DictionaryAttr toAttribute(mlir::MLIRContext *context) const;
  /// Nothing for an attribute that is none or of another form.
  static std::optional<LanguageModelInfo> of(mlir::Attribute attribute);
};

} // namespace weft

#endif // DIALECTS_LLM_IR_LANGUAGEMODEL_H
