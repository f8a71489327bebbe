//===- ImportModel.cpp - A model file of any kind as an llm module --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ImportModel.h"
#include "lib/Import/Decoder/ImportLanguageModel.h"
#include "lib/Import/ONNX/ImportONNX.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace weft;

static bool isFolder(llvm::StringRef path) {
  return llvm::sys::fs::is_directory(path);
}

bool weft::isModel(llvm::StringRef path) {
  return path.ends_with(".onnx") || path.ends_with(".gguf") || isFolder(path);
}

OwningOpRef<ModuleOp> weft::importModel(llvm::StringRef path,
                                        MLIRContext *context,
                                        const LanguageModelOptions &options) {
  if (isFolder(path))
    return importFolder(path, context, options);
  if (path.ends_with(".gguf"))
    return importGGUF(path, context, options);
  return importONNX(path, context);
}

std::string weft::getModelName(llvm::StringRef path) {
  // "Qwen2.5-0.5B" has no extension.
  return isFolder(path) ? llvm::sys::path::filename(path.rtrim('/')).str()
                        : llvm::sys::path::stem(path).str();
}

std::string weft::getModelFolder(llvm::StringRef path) {
  return isFolder(path) ? path.str() : llvm::sys::path::parent_path(path).str();
}
