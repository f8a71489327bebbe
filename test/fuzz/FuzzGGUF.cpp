//===- FuzzGGUF.cpp - Any bytes as a GGUF file ----------------------------===//
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

/// Tensors lie within the file, values can be read, and the file is a module
/// that verifies, or one diagnostic.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StatusOr<gguf::GGUFFile> file = gguf::GGUFFile::ofBytes({data, size});
  if (!file)
    return 0;
  for (const gguf::GGUFFile::Tensor &tensor : file->getTensors())
    if (tensor.offset > size || tensor.bytes > size - tensor.offset)
      std::abort();
  auto texts = file->get<std::vector<std::string_view>>("key");
  if (texts && *texts && (*texts)->size() != file->find("key")->size())
    std::abort();

  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  unsigned numErrors = 0;
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &) { ++numErrors; });
  auto module = importGGUF(std::move(file), "model.gguf", &context);
  if (numErrors != (module ? 0u : 1u))
    std::abort();
  return 0;
}
