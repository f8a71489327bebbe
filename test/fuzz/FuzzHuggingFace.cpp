//===- FuzzHuggingFace.cpp - Any bytes as a model's folder ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/ImportLanguageModel.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include <cstdlib>

using namespace weft;

/// What comes before the first empty line is a config.json, the rest a
/// model.safetensors: a module that verifies, or one diagnostic.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  auto [config, weights] = text.split("\n\n");
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  unsigned numErrors = 0;
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &) { ++numErrors; });
  std::span<const uint8_t> bytes(data + (size - weights.size()),
                                 weights.size());
  auto module =
      importFolder(ModelFolder::ofMemory(config, bytes), "model", &context);
  if (numErrors != (module ? 0u : 1u))
    std::abort();
  return 0;
}
