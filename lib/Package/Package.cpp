//===- Package.cpp - Writing the compiled artifact ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Package/Package.h"

#include "dialects/Exec/IR/Exec.h"
#include "lib/Package/ArtifactFolder.h"
#include "lib/Package/LanguageModelProto.h"
#include "lib/Package/ProgramProto.h"
#include "lib/Package/WeightShards.h"
#include "lib/Package/WeightSources.h"
#include "runtime/base/AtomicFile.h"

#include "llvm/Support/FileSystem.h"

#include <tuple>

using namespace mlir;
using namespace weft;

static constexpr llvm::StringLiteral tokenizerFile = "tokenizer.pb";

static std::span<const uint8_t> asBytes(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

/// No axes, and so one rank, when the module declares no mesh.
static dist::Mesh getMesh(ModuleOp module) {
  return dist::Mesh::find(module).value_or(dist::Mesh());
}

static void addFile(artifact::Manifest &manifest, llvm::StringRef path,
                    uint64_t bytes, const Sha256 &hash) {
  artifact::File &file = *manifest.add_files();
  file.set_path(path.str());
  file.set_bytes(bytes);
  file.set_sha256(std::string(hash.begin(), hash.end()));
}

/// Writes one weight file and lists what it holds.
static Status writeWeightFile(const std::string &path,
                              ArrayRef<WeightShard> shards,
                              WeightSources &sources, uint64_t memory,
                              const std::string &folder,
                              artifact::Manifest &manifest,
                              PackageReport &report) {
  std::vector<PackagedTensor> tensors;
  for (const WeightShard &shard : shards) {
    StatusOr<PackagedTensor> tensor = sources.getTensor(shard);
    if (!tensor)
      return tensor.status();
    artifact::Weight &weight = *manifest.add_weights();
    weight.set_name(tensor->name);
    weight.set_file(path);
    weight.set_layout(shard.layout.empty() ? "row_major" : shard.layout);
    weight.mutable_ranks()->Assign(shard.ranks.begin(), shard.ranks.end());
    tensors.push_back(std::move(*tensor));
  }
  WeightFileWriter writer(folder, path, memory);
  StatusOr<WeightFileWriter::Written> written = writer.write(tensors);
  if (!written)
    return written.status();
  addFile(manifest, path, written->bytes, written->hash);
  report.weights += tensors.size();
  report.weightBytes += written->bytes;
  return Status::ok();
}

static Status writeWeights(const PackageInput &input,
                           const PackageOptions &options,
                           const std::string &folder,
                           artifact::Manifest &manifest,
                           PackageReport &report) {
  std::optional<LoadedInitializers> initializers;
  if (!input.initializers.sharedObject.empty()) {
    auto loaded = LoadedKernels::load(input.initializers.sharedObject,
                                      input.module->getLoc());
    if (failed(loaded))
      return Status::error("cannot load the code that computes weights");
    initializers.emplace(input.initializers.table, std::move(*loaded));
  }
  // Half for sources, half for what is being written.
  WeightSources sources(input.module, initializers ? &*initializers : nullptr,
                        {input.modelFolder, folder, options.memoryBudget / 2});
  auto files = collectWeightShards(input.module, getMesh(input.module));
  if (files.empty())
    return Status::ok();

  if (std::error_code error = llvm::sys::fs::create_directory(
          folder + "/weights",
          /*IgnoreExisting=*/true, llvm::sys::fs::all_all))
    return Status::error("cannot create '" + folder +
                         "/weights': " + error.message());
  uint64_t memory = std::max<uint64_t>(options.memoryBudget / 2, 1 << 20);
  for (const auto &[file, shards] : files)
    WEFT_RETURN_IF_ERROR(writeWeightFile(file, shards, sources, memory, folder,
                                         manifest, report));
  llvm::sort(llvm::make_range(manifest.mutable_weights()->pointer_begin(),
                              manifest.mutable_weights()->pointer_end()),
             [](const artifact::Weight *a, const artifact::Weight *b) {
               return std::tie(a->name(), a->file()) <
                      std::tie(b->name(), b->file());
             });
  return Status::ok();
}

static void describeMesh(ModuleOp module, artifact::Manifest &manifest) {
  dist::Mesh mesh = getMesh(module);
  for (auto [name, size] : llvm::zip_equal(mesh.getAxes(), mesh.getSizes())) {
    artifact::MeshAxis &axis = *manifest.mutable_mesh()->add_axes();
    axis.set_name(name.str());
    axis.set_size(size);
  }
  for (int64_t rank = 0; rank != mesh.getNumRanks(); ++rank) {
    artifact::Rank &proto = *manifest.add_ranks();
    for (int64_t coordinate : mesh.getCoordinates(rank))
      proto.add_coordinates(coordinate);
  }
}

StatusOr<PackageReport> weft::writeArtifact(const PackageInput &input,
                                            const PackageOptions &options) {
  PackageReport report;
  artifact::Manifest manifest;
  manifest.set_format_version(1);
  manifest.set_tool_version(WEFT_VERSION);
  manifest.set_model_name(input.modelName);
  for (const auto &[name, value] : input.options) {
    artifact::Option &option = *manifest.add_options();
    option.set_name(name);
    option.set_value(value);
  }
  *manifest.add_stages() = input.stage;
  describeMesh(input.module, manifest);
  if (failed(addPrograms(input.module, manifest)) ||
      failed(addLanguageModel(input.module, manifest)))
    return Status::error("the program has no form in an artifact");

  StatusOr<ArtifactFolder> folder = ArtifactFolder::create(options.output);
  if (!folder)
    return folder.status();
  const std::string &path = folder->path();
  auto write = [&](llvm::StringRef file, const std::string &content) -> Status {
    if (content.empty())
      return Status::ok();
    addFile(manifest, file, content.size(), sha256(asBytes(content)));
    return writeAtomically(path + "/" + file.str(), {asBytes(content)});
  };
  for (auto [name, content] :
       llvm::zip_equal(input.stage.code_files(), input.codeFiles)) {
    WEFT_RETURN_IF_ERROR(write(name, content));
    report.codeBytes += content.size();
  }
  if (manifest.has_language_model() && !input.tokenizer.empty()) {
    WEFT_RETURN_IF_ERROR(write(tokenizerFile, input.tokenizer));
    manifest.mutable_language_model()->set_tokenizer_file(tokenizerFile.str());
  }
  WEFT_RETURN_IF_ERROR(writeWeights(input, options, path, manifest, report));

  llvm::sort(llvm::make_range(manifest.mutable_files()->pointer_begin(),
                              manifest.mutable_files()->pointer_end()),
             [](const artifact::File *a, const artifact::File *b) {
               return a->path() < b->path();
             });
  std::string bytes = manifest.SerializeAsString();
  WEFT_RETURN_IF_ERROR(
      writeAtomically(path + "/manifest.pb", {asBytes(bytes)}));
  std::string hash = hexadecimal(sha256(asBytes(bytes))) + "  manifest.pb\n";
  WEFT_RETURN_IF_ERROR(
      writeAtomically(path + "/manifest.sha256", {asBytes(hash)}));
  WEFT_RETURN_IF_ERROR(folder->commit());
  return report;
}
