//===- OpenModel.cpp - Files that llm-opt takes ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/llm-opt/OpenModel.h"
#include "lib/Import/ImportModel.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;

static std::unique_ptr<llvm::MemoryBuffer>
importToBytecode(llvm::StringRef path, const DialectRegistry &registry,
                 const weft::LanguageModelOptions &options) {
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  // Where an error lies is part of its sentence.
  ScopedDiagnosticHandler handler(&context, [](Diagnostic &diagnostic) {
    llvm::WithColor::error(llvm::errs()) << diagnostic << '\n';
  });
  OwningOpRef<ModuleOp> module = weft::importModel(path, &context, options);
  if (!module)
    return nullptr;
  std::string bytecode;
  llvm::raw_string_ostream stream(bytecode);
  if (failed(writeBytecodeToFile(*module, stream)))
    return nullptr;
  return llvm::MemoryBuffer::getMemBufferCopy(bytecode, path);
}

std::unique_ptr<llvm::MemoryBuffer>
weft::openModel(llvm::StringRef path, const DialectRegistry &registry,
                const LanguageModelOptions &options) {
  if (isModel(path))
    return importToBytecode(path, registry, options);
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> file = openInputFile(path, &message);
  if (!file)
    llvm::WithColor::error(llvm::errs()) << message << '\n';
  return file;
}
