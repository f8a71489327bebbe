//===- LanguageModelCheck.cpp - Can text be generated with this? ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/ManifestCheck.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <span>

using namespace weft;

static constexpr uint64_t maximumCapacity = INT32_MAX;

static Status bad(const std::string &why) {
  return Status::error("manifest: the language model " + why);
}

namespace {
struct StepTensor {
  const char *name;
  artifact::DataType type;
  int rank;
};
} // namespace

/// What `step` takes, and what it gives.
static constexpr StepTensor stepInputs[] = {
    {"tokens", artifact::I32, 1},         {"positions", artifact::I32, 1},
    {"sequence_start", artifact::I32, 1}, {"kv_length", artifact::I32, 1},
    {"block_table", artifact::I32, 2},    {"logits_rows", artifact::I32, 1}};
static constexpr StepTensor stepOutputs[] = {{"logits", artifact::F32, 2}};

template <typename Tensors>
static Status checkTensors(const Tensors &found,
                           std::span<const StepTensor> expected,
                           const std::string &noun) {
  for (const StepTensor &tensor : expected) {
    auto it = std::find_if(found.begin(), found.end(), [&](const auto &other) {
      return other.name() == tensor.name;
    });
    if (it == found.end() || it->type() != tensor.type ||
        it->sizes_size() != tensor.rank)
      return bad("has no " + noun + " '" + tensor.name + "' of " +
                 artifact::DataType_Name(tensor.type) + " with " +
                 std::to_string(tensor.rank) + " dimensions");
  }
  if (static_cast<size_t>(found.size()) != expected.size())
    return bad("has " + std::to_string(found.size()) + " " + noun +
               "s; expected " + std::to_string(expected.size()));
  return Status::ok();
}

static Status checkCapacity(const artifact::LanguageModel &model) {
  for (auto [what, value] :
       {std::pair("block size", model.block_size()),
        std::pair("number of blocks", model.blocks()),
        std::pair("context", model.context()),
        std::pair("number of sequences", model.max_sequences()),
        std::pair("number of tokens", model.max_tokens()),
        std::pair("vocabulary", model.vocabulary())})
    if (value < 1 || value > maximumCapacity)
      return bad("has a " + std::string(what) + " of " + std::to_string(value) +
                 "; expected 1 to 2147483647");
  uint64_t blocks =
      (model.context() + model.block_size() - 1) / model.block_size();
  if (model.blocks() < blocks)
    return bad("has a cache of " + std::to_string(model.blocks()) +
               " blocks; a sequence of " + std::to_string(model.context()) +
               " tokens takes " + std::to_string(blocks));
  return Status::ok();
}

Status weft::checkLanguageModel(const artifact::Manifest &manifest) {
  if (!manifest.has_language_model())
    return Status::ok();
  const artifact::LanguageModel &model = manifest.language_model();
  auto entry = std::find_if(
      manifest.entries().begin(), manifest.entries().end(),
      [&](const auto &other) { return other.name() == model.entry_point(); });
  if (entry == manifest.entries().end())
    return bad("runs entry point '" + printable(model.entry_point()) +
               "', which the artifact does not have");
  WEFT_RETURN_IF_ERROR(checkTensors(entry->inputs(), stepInputs, "input"));
  WEFT_RETURN_IF_ERROR(checkTensors(entry->outputs(), stepOutputs, "output"));
  WEFT_RETURN_IF_ERROR(checkCapacity(model));
  const std::string &file = model.tokenizer_file();
  auto isFile = [&](const artifact::File &other) {
    return other.path() == file;
  };
  if (!file.empty() &&
      std::none_of(manifest.files().begin(), manifest.files().end(), isFile))
    return bad("has tokenizer file '" + printable(file) +
               "', which is not among the artifact's files");
  return Status::ok();
}
