//===- ImportLanguageModel.h - GGUF files and Hugging Face folders as llm
// modules -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_IMPORTLANGUAGEMODEL_H
#define LIB_IMPORT_DECODER_IMPORTLANGUAGEMODEL_H

#include "lib/Import/Decoder/LanguageModelOptions.h"
#include "lib/Import/GGUF/GGUFFile.h"
#include "lib/Import/HuggingFace/ModelFolder.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace weft {

/// A language model as a module with the function `step` (docs/Formats.md), or
/// an encoder as one with `encode` (EncoderBuilder.h), which has no options.
/// Weights stay in their file, in their type. Of a model in several GGUF files
/// `path` is the first; the others lie beside it. A failure is one diagnostic,
/// which names the file, what was found and what to do.
mlir::OwningOpRef<mlir::ModuleOp>
importGGUF(llvm::StringRef path, mlir::MLIRContext *context,
           const LanguageModelOptions &options = {});
mlir::OwningOpRef<mlir::ModuleOp>
importFolder(llvm::StringRef path, mlir::MLIRContext *context,
             const LanguageModelOptions &options = {});

/// The same of what was opened; `path` is for messages and for the name by
/// which weights refer to the file.
mlir::OwningOpRef<mlir::ModuleOp>
importGGUF(StatusOr<gguf::GGUFFile> file, llvm::StringRef path,
           mlir::MLIRContext *context,
           const LanguageModelOptions &options = {});
mlir::OwningOpRef<mlir::ModuleOp>
importFolder(StatusOr<ModelFolder> folder, llvm::StringRef path,
             mlir::MLIRContext *context,
             const LanguageModelOptions &options = {});

} // namespace weft

#endif // LIB_IMPORT_DECODER_IMPORTLANGUAGEMODEL_H
