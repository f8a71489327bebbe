//===- Artifact.cpp - An artifact folder, opened and checked --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/Artifact.h"
#include "runtime/artifact/CpuFeatures.h"
#include "runtime/artifact/ManifestCheck.h"
#include "runtime/artifact/ParseMessage.h"
#include "runtime/base/Sha256.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <cstring>

using namespace weft;

// Far above any real program; Protobuf's objects are a large multiple of their
// text.
static constexpr size_t maximumManifestBytes = 32 << 20;

static std::string_view asText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

StatusOr<std::unique_ptr<artifact::Manifest>>
weft::parseManifest(std::span<const uint8_t> bytes) {
  if (bytes.size() > maximumManifestBytes)
    return Status::error("manifest of " + std::to_string(bytes.size()) +
                         " bytes; expected at most 32 MiB");
  auto manifest = std::make_unique<artifact::Manifest>();
  if (!parseMessage(*manifest, bytes))
    return Status::error("manifest: it is no manifest of an artifact");
  WEFT_RETURN_IF_ERROR(checkManifest(*manifest));
  return manifest;
}

StatusOr<std::unique_ptr<artifact::Manifest>>
weft::readManifest(const std::string &folder) {
  StatusOr<MappedFile> file = MappedFile::openInside(folder, "manifest.pb");
  if (!file)
    return file.status();
  StatusOr<MappedFile> hash = MappedFile::openInside(folder, "manifest.sha256");
  if (!hash)
    return hash.status();
  // "<64 digits>  manifest.pb", as sha256sum prints it.
  std::string expected = hexadecimal(sha256(file->bytes()));
  if (asText(hash->bytes()).substr(0, 64) != expected)
    return Status::error("manifest.pb does not match manifest.sha256: the "
                         "artifact is damaged; build it again");
  return parseManifest(file->bytes());
}

static Status checkHash(const MappedFile &mapped, const artifact::File &file) {
  Sha256 hash = sha256(mapped.bytes());
  if (std::memcmp(hash.data(), file.sha256().data(), hash.size()) == 0)
    return Status::ok();
  return Status::error("'" + printable(file.path()) +
                       "' does not match its hash in the manifest: the "
                       "artifact is damaged; build it again");
}

Status Artifact::openFiles(const Options &options) {
  std::set<std::string> code, weights;
  const std::string &tokenizer =
      parsedManifest->language_model().tokenizer_file();
  for (const artifact::Stage &stage : parsedManifest->stages())
    code.insert(stage.code_files().begin(), stage.code_files().end());
  for (const artifact::Weight &weight : parsedManifest->weights())
    weights.insert(weight.file());

  for (const artifact::File &file : parsedManifest->files()) {
    StatusOr<MappedFile> mapped = MappedFile::openInside(path, file.path());
    if (!mapped)
      return mapped.status();
    if (mapped->bytes().size() != file.bytes())
      return Status::error("'" + printable(file.path()) + "' has " +
                           std::to_string(mapped->bytes().size()) +
                           " bytes; the manifest says " +
                           std::to_string(file.bytes()));
    bool isCode = code.contains(file.path());
    bool isTokenizer = file.path() == tokenizer;
    bool isWeights = weights.contains(file.path());
    if (isCode && (isTokenizer || isWeights))
      return Status::error("'" + printable(file.path()) +
                           "' is said to be code and something else");
    if (isCode || isTokenizer || options.verifyHashes)
      WEFT_RETURN_IF_ERROR(checkHash(*mapped, file));
    if (isTokenizer) {
      mapped->forgetPages(); // Not every program has text.
      tokenizerFile = std::move(*mapped);
    } else if (isCode) {
      codeFiles[file.path()] = std::move(*mapped);
    }
    if (!isWeights)
      continue;
    StatusOr<SafetensorsHeader> header = readSafetensors(mapped->bytes());
    if (!header)
      return Status::error("'" + printable(file.path()) +
                           "': " + header.message());
    auto name = header->metadata.find("file");
    if (name != header->metadata.end() && name->second != file.path())
      return Status::error("'" + printable(file.path()) +
                           "' says that it is '" + printable(name->second) +
                           "'; put the files back where they were");
    weightFiles[file.path()] = {std::move(*mapped), std::move(*header)};
  }
  return Status::ok();
}

StatusOr<Artifact> Artifact::open(const std::string &folder,
                                  const Options &options) {
  Artifact result;
  result.path = folder;
  auto prefixed = [&](const Status &status) {
    return Status::error("artifact '" + printable(folder) +
                         "': " + status.message());
  };
  auto manifest = readManifest(folder);
  if (!manifest)
    return prefixed(manifest.status());
  result.parsedManifest = std::move(*manifest);
  Status files = result.openFiles(options);
  if (!files)
    return prefixed(files);
  return result;
}

StatusOr<KernelLibrary> Artifact::openCode(uint32_t index) const {
  const artifact::Stage &stage =
      parsedManifest->stages(static_cast<int>(index));
  std::string what = "artifact '" + printable(path) + "': stage " +
                     std::to_string(index) + " ";
  if (stage.target() != artifact::CPU)
    return Status::error(what + "is for CUDA; a CPU device cannot run it");
  if (stage.kernel_abi() != WEFT_KERNEL_ABI_VERSION)
    return Status::error(
        what + "has kernel ABI version " + std::to_string(stage.kernel_abi()) +
        "; this runtime runs version " +
        std::to_string(WEFT_KERNEL_ABI_VERSION) + "; compile the model again");
  for (const std::string &feature : stage.cpu_features())
    if (!hasCpuFeature(feature))
      return Status::error(what + "needs the CPU feature '" +
                           printable(feature) +
                           "', which this machine lacks; compile the model "
                           "with --arch=x86-64");
  if (stage.code_files().empty() && stage.kernels().kernels().empty())
    return KernelLibrary();
  if (stage.code_files_size() != 1)
    return Status::error(what + "has " +
                         std::to_string(stage.code_files_size()) +
                         " code files; expected 1");
  return KernelLibrary::open(codeFiles.at(stage.code_files(0)).path(),
                             stage.kernels());
}

StatusOr<std::span<const uint8_t>> Artifact::weight(const std::string &name,
                                                    uint32_t rank) const {
  auto bad = [&](const std::string &what) {
    return Status::error("artifact '" + printable(path) + "': weight '" +
                         printable(name) + "' " + what);
  };
  auto entry = std::lower_bound(
      parsedManifest->weights().begin(), parsedManifest->weights().end(), name,
      [](const artifact::Weight &weight, const std::string &name) {
        return weight.name() < name;
      });
  for (; entry != parsedManifest->weights().end() && entry->name() == name;
       ++entry) {
    if (!entry->ranks().empty() &&
        std::find(entry->ranks().begin(), entry->ranks().end(), rank) ==
            entry->ranks().end())
      continue;
    const WeightFile &file = weightFiles.at(entry->file());
    auto tensor = file.header.tensors.find(name);
    if (tensor == file.header.tensors.end())
      return bad("is not in file '" + printable(entry->file()) + "'");
    if (tensor->second.offset % 64 != 0)
      return bad("starts at byte " + std::to_string(tensor->second.offset) +
                 "; expected a multiple of 64");
    return file.file.bytes().subspan(tensor->second.offset,
                                     tensor->second.bytes);
  }
  return bad("is not given to rank " + std::to_string(rank));
}
