//===- ImportLanguageModel.cpp - GGUF and Hugging Face as llm modules -----===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/ImportLanguageModel.h"
#include "lib/Import/Decoder/DecoderBuilder.h"
#include "lib/Import/Decoder/EncoderBuilder.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace weft;

static StatusOr<OwningOpRef<ModuleOp>>
buildGGUF(std::span<const gguf::ModelPart> parts, MLIRContext *context,
          const LanguageModelOptions &options) {
  const auto &[name, file] = parts.front();
  StatusOr<Checkpoint> checkpoint = Checkpoint::ofGGUF(parts);
  if (!checkpoint)
    return checkpoint.status();
  StatusOr<DecoderConfig> config =
      readGGUFConfig(file, *checkpoint, options.context);
  if (!config)
    return config.status();
  return DecoderBuilder(*config, *checkpoint, options, context)
      .build(file.find("tokenizer.ggml.model") ? name : "");
}

static StatusOr<OwningOpRef<ModuleOp>>
buildFolder(const ModelFolder &folder, MLIRContext *context,
            const LanguageModelOptions &options) {
  StatusOr<Checkpoint> checkpoint = Checkpoint::ofFolder(folder);
  if (!checkpoint)
    return checkpoint.status();
  StatusOr<DecoderConfig> config = readFolderConfig(
      folder.getConfig(), checkpoint->getNumTensors(), options.context);
  if (!config)
    return config.status();
  if (config->family->isEncoder)
    return EncoderBuilder(*config, *checkpoint, context).build();
  return DecoderBuilder(*config, *checkpoint, options, context)
      .build(folder.hasFile("tokenizer.json") ? "tokenizer.json" : "");
}

static OwningOpRef<ModuleOp> finish(StatusOr<OwningOpRef<ModuleOp>> module,
                                    llvm::StringRef path,
                                    MLIRContext *context) {
  if (!module) {
    emitError(UnknownLoc::get(context)) << path << ": " << module.message();
    return {};
  }
  if (failed(verify(**module)))
    return {};
  return std::move(*module);
}

OwningOpRef<ModuleOp> weft::importGGUF(StatusOr<gguf::GGUFFile> file,
                                       llvm::StringRef path,
                                       MLIRContext *context,
                                       const LanguageModelOptions &options) {
  context->loadDialect<LLMDialect, func::FuncDialect>();
  auto build = [&]() -> StatusOr<OwningOpRef<ModuleOp>> {
    if (!file)
      return file.status();
    gguf::ModelPart part{llvm::sys::path::filename(path).str(),
                         std::move(*file)};
    WEFT_RETURN_IF_ERROR(gguf::checkParts({&part, 1}));
    return buildGGUF({&part, 1}, context, options);
  };
  return finish(build(), path, context);
}

OwningOpRef<ModuleOp> weft::importFolder(StatusOr<ModelFolder> folder,
                                         llvm::StringRef path,
                                         MLIRContext *context,
                                         const LanguageModelOptions &options) {
  context->loadDialect<LLMDialect, func::FuncDialect>();
  return finish(folder ? buildFolder(*folder, context, options)
                       : folder.status(),
                path, context);
}

OwningOpRef<ModuleOp> weft::importGGUF(llvm::StringRef path,
                                       MLIRContext *context,
                                       const LanguageModelOptions &options) {
  context->loadDialect<LLMDialect, func::FuncDialect>();
  auto build = [&]() -> StatusOr<OwningOpRef<ModuleOp>> {
    auto parts = gguf::openParts(path.str());
    if (!parts)
      return parts.status();
    return buildGGUF(*parts, context, options);
  };
  return finish(build(), path, context);
}

OwningOpRef<ModuleOp> weft::importFolder(llvm::StringRef path,
                                         MLIRContext *context,
                                         const LanguageModelOptions &options) {
  return importFolder(ModelFolder::open(path.str()), path, context, options);
}
