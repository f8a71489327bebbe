//===- FuzzONNX.cpp - Any bytes as an ONNX model --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/ImportONNX.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include <cstdlib>

/// A module that verifies, or one diagnostic.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  unsigned numErrors = 0;
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &) { ++numErrors; });
  llvm::StringRef bytes(reinterpret_cast<const char *>(data), size);
  auto module =
      weft::importONNX(llvm::MemoryBufferRef(bytes, "model.onnx"), &context);
  if (numErrors != (module ? 0u : 1u))
    std::abort();
  return 0;
}
