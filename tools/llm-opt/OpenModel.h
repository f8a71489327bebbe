//===- OpenModel.h - Files that llm-opt takes -------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_LLM_OPT_OPENMODEL_H
#define TOOLS_LLM_OPT_OPENMODEL_H

#include "lib/Import/Decoder/LanguageModelOptions.h"

#include "mlir/IR/DialectRegistry.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>

namespace weft {

/// The IR in a file, or that of a model as bytecode, which keeps the names of
/// the model's nodes. Null after an error, which it prints.
std::unique_ptr<llvm::MemoryBuffer>
openModel(llvm::StringRef path, const mlir::DialectRegistry &registry,
          const LanguageModelOptions &options);

} // namespace weft

#endif // TOOLS_LLM_OPT_OPENMODEL_H
