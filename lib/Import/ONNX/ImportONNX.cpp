//===- ImportONNX.cpp - ONNX files as llm modules -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/ImportONNX.h"
#include "lib/Import/ONNX/GraphImporter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

// Each run learns at least one thing; no model has so many of them to learn.
static constexpr unsigned maximumRuns = 32;

static OwningOpRef<ModuleOp> import(StatusOr<ModelFile> model,
                                    llvm::StringRef path, MLIRContext *context,
                                    const ImportOptions &options) {
  auto fail = [&](const std::string &message) {
    emitError(UnknownLoc::get(context)) << path << ": " << message;
    return OwningOpRef<ModuleOp>();
  };
  if (!model)
    return fail(model.message());
  context->loadDialect<LLMDialect, func::FuncDialect>();

  SizeReasoner reasoner;
  for (unsigned run = 0;; ++run) {
    unsigned numLearned = reasoner.getNumLearned();
    StatusOr<OwningOpRef<ModuleOp>> module =
        GraphImporter(*model, context, options, reasoner).run();
    // What was learned may decide what could not be decided before.
    if (reasoner.getNumLearned() != numLearned && run != maximumRuns)
      continue;
    if (!module)
      return fail(module.message());
    if (failed(verify(**module)))
      return {};
    return std::move(*module);
  }
}

OwningOpRef<ModuleOp> weft::importONNX(llvm::StringRef path,
                                       MLIRContext *context,
                                       const ImportOptions &options) {
  return import(ModelFile::open(path), path, context, options);
}

OwningOpRef<ModuleOp> weft::importONNX(llvm::MemoryBufferRef model,
                                       MLIRContext *context,
                                       const ImportOptions &options) {
  return import(ModelFile::ofBuffer(model), model.getBufferIdentifier(),
                context, options);
}
