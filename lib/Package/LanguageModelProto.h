//===- LanguageModelProto.h - What generation must know --------*- C++ -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_PACKAGE_LANGUAGEMODELPROTO_H
#define LIB_PACKAGE_LANGUAGEMODELPROTO_H

#include "weft/artifact.pb.h"

#include "mlir/IR/BuiltinOps.h"

namespace weft {

/// Fills in Manifest.language_model, but for the tokenizer, from the program
/// with an `llm.language_model` (dialects/LLM/IR/LanguageModel.h); without one
/// there is nothing to do. Fails with a diagnostic on a program that does not
/// say its capacity.
mlir::LogicalResult addLanguageModel(mlir::ModuleOp module,
                                     artifact::Manifest &manifest);

} // namespace weft

#endif // LIB_PACKAGE_LANGUAGEMODELPROTO_H
