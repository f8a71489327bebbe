//===- ImportModel.h - A model file of any kind as an llm module -*- C++
//-*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_IMPORTMODEL_H
#define LIB_IMPORT_IMPORTMODEL_H

#include "lib/Import/Decoder/LanguageModelOptions.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace weft {

/// True for what is imported and not parsed: NAME.onnx, NAME.gguf, or a folder
/// with a config.json.
bool isModel(llvm::StringRef path);

/// The model at `path`, for which `isModel` holds, or null after a diagnostic.
mlir::OwningOpRef<mlir::ModuleOp>
importModel(llvm::StringRef path, mlir::MLIRContext *context,
            const LanguageModelOptions &options = {});

/// The name of a model: its file's without the extension, or its folder's.
std::string getModelName(llvm::StringRef path);

/// The folder by which the names of a model's files start: the model itself, if
/// it is one.
std::string getModelFolder(llvm::StringRef path);

} // namespace weft

#endif // LIB_IMPORT_IMPORTMODEL_H
