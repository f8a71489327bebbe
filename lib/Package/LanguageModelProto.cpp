//===- LanguageModelProto.cpp - What generation must know -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Package/LanguageModelProto.h"

#include "dialects/Exec/IR/Exec.h"
#include "dialects/LLM/Analysis/SizeSymbols.h"
#include "dialects/LLM/IR/LanguageModel.h"

using namespace mlir;
using namespace weft;

/// The greatest value of a dimension of a named input or output.
static FailureOr<int64_t> getMaximum(exec::ProgramOp program, ArrayAttr tensors,
                                     StringRef name, unsigned dimension) {
  SizeSymbols symbols(program);
  for (auto tensor : tensors.getAsRange<exec::TensorAttr>()) {
    Sizes sizes = tensor.getSizes().getExprs();
    if (tensor.getName() == name && dimension < sizes.size())
      return symbols.of(sizes[dimension]).maximum;
  }
  return program.emitOpError("is the step of a language model, but has no '")
         << name << "' of at least " << dimension + 1 << " dimensions";
}

/// Blocks that every cache has.
static FailureOr<int64_t> getBlocks(ModuleOp module, exec::ProgramOp program) {
  std::optional<int64_t> fewest;
  for (auto state : module.getOps<exec::DeclareStateOp>()) {
    Sizes sizes = state.getSizes().getExprs();
    std::optional<int64_t> blocks =
        sizes.empty() ? std::nullopt : sizes.front().asConstant();
    if (!blocks)
      return state.emitOpError("is no cache of a known number of blocks");
    fewest = std::min(fewest.value_or(*blocks), *blocks);
  }
  if (!fewest)
    return program.emitOpError(
        "is the step of a language model, but no state holds its cache");
  return *fewest;
}

LogicalResult weft::addLanguageModel(ModuleOp module,
                                     artifact::Manifest &manifest) {
  for (auto program : module.getOps<exec::ProgramOp>()) {
    Attribute attribute = program->getAttr(languageModelAttrName);
    if (!attribute)
      continue;
    std::optional<LanguageModelInfo> info = LanguageModelInfo::of(attribute);
    if (!info)
      return program.emitOpError()
             << languageModelAttrName << " is " << attribute
             << "; expected {architecture = \"NAME\", context = N : i64}";
    auto blocks = getBlocks(module, program);
    auto tokens = getMaximum(program, program.getInputs(), "tokens", 0);
    auto sequences = getMaximum(program, program.getInputs(), "kv_length", 0);
    auto vocabulary = getMaximum(program, program.getOutputs(), "logits", 1);
    if (failed(blocks) || failed(tokens) || failed(sequences) ||
        failed(vocabulary))
      return failure();
    artifact::LanguageModel &model = *manifest.mutable_language_model();
    model.set_entry_point(program.getSymName().str());
    model.set_architecture(info->architecture);
    model.set_block_size(cacheBlockSize);
    model.set_blocks(*blocks);
    model.set_context(info->context);
    model.set_max_sequences(*sequences);
    model.set_max_tokens(*tokens);
    model.set_vocabulary(*vocabulary);
  }
  return success();
}
