//===- ModelStep.cpp - The step of a compiled model -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/ModelStep.h"

using namespace weft;

ModelStep::ModelStep(Model &model, const LanguageModel &description)
    : model(&model) {
  options.entryPoint = description.entryPoint;
  limits = {.blockSize = static_cast<uint32_t>(description.blockSize),
            .blocks = static_cast<uint32_t>(description.blocks),
            .context = static_cast<uint32_t>(description.context),
            .maxSequences = static_cast<uint32_t>(description.maxSequences),
            .maxTokens = static_cast<uint32_t>(description.maxTokens),
            .vocabulary = static_cast<uint32_t>(description.vocabulary)};
}

StatusOr<ModelStep> ModelStep::create(Model &model) {
  std::optional<LanguageModel> description = model.languageModel();
  if (!description)
    return Status::error("the artifact holds no language model; give its "
                         "inputs with --input");
  return ModelStep(model, *description);
}

StatusOr<std::span<const float>> ModelStep::run(const StepArguments &step) {
  auto rows = static_cast<int64_t>(step.logitsRows.size());
  auto vocabulary = static_cast<int64_t>(limits.vocabulary);
  if (!logits || logits->shape()[0] < rows) {
    StatusOr<Tensor> larger =
        Tensor::create("logits", DataType::F32, {rows, vocabulary});
    if (!larger)
      return larger.status();
    logits = std::move(*larger);
  }
  auto sequences = static_cast<int64_t>(step.kvLength.size());
  int64_t tokenShape[] = {static_cast<int64_t>(step.tokens.size())},
          startShape[] = {sequences + 1}, lengthShape[] = {sequences},
          tableShape[] = {sequences, static_cast<int64_t>(step.tableWidth)},
          rowShape[] = {rows}, logitsShape[] = {rows, vocabulary};
  TensorView inputs[] = {
      {"tokens", DataType::I32, tokenShape, step.tokens.data()},
      {"positions", DataType::I32, tokenShape, step.positions.data()},
      {"sequence_start", DataType::I32, startShape, step.sequenceStart.data()},
      {"kv_length", DataType::I32, lengthShape, step.kvLength.data()},
      {"block_table", DataType::I32, tableShape, step.blockTable.data()},
      {"logits_rows", DataType::I32, rowShape, step.logitsRows.data()}};
  MutableTensorView outputs[] = {
      {"logits", DataType::F32, logitsShape, logits->data()}};
  WEFT_RETURN_IF_ERROR(model->run(inputs, outputs, options));
  return std::span<const float>(
      logits->values<float>().first(static_cast<size_t>(rows * vocabulary)));
}
