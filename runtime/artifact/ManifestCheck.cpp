//===- ManifestCheck.cpp - Is this manifest sound? ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/ManifestCheck.h"
#include "runtime/base/MappedFile.h"
#include "runtime/base/Text.h"
#include "weft/DataType.h"

#include <algorithm>

using namespace weft;

static constexpr uint32_t formatVersion = 1;
static constexpr uint64_t maximumRanks = 1 << 20;
static constexpr int64_t maximumSize = int64_t(1) << 62;
static constexpr uint32_t maximumKernelSizes = 256;
static constexpr int maximumKernelBuffers = 256;
static constexpr int maximumDimensions = 32;
static constexpr uint32_t maximumBlockThreads = 1024; // of all GPUs

static Status bad(const std::string &what, const std::string &why) {
  return Status::error("manifest: " + what + " " + why);
}

static std::string quoted(const std::string &name) {
  return "'" + printable(name) + "'";
}

/// Element types are one list in the format and in the API.
static_assert(static_cast<int>(artifact::F64) ==
                  static_cast<int>(DataType::F64) &&
              artifact::DataType_ARRAYSIZE == 14);

static bool isType(artifact::DataType type) {
  return artifact::DataType_IsValid(type) &&
         type != artifact::DATA_TYPE_INVALID;
}

/// Names are shown to people and become file names of outputs.
static bool isName(const std::string &name) {
  return !name.empty() && name.size() <= 4096 &&
         std::none_of(name.begin(), name.end(),
                      [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

static Status checkFiles(const artifact::Manifest &manifest) {
  const std::string *previous = nullptr;
  for (const artifact::File &file : manifest.files()) {
    if (!isPlainRelativePath(file.path()) || file.path() == "manifest.pb" ||
        file.path() == "manifest.sha256")
      return bad("file " + quoted(file.path()),
                 "is not a plain relative path of a file in the artifact");
    if (previous && *previous >= file.path())
      return bad("file " + quoted(file.path()),
                 "is listed twice or out of order");
    if (file.sha256().size() != 32)
      return bad("file " + quoted(file.path()), "has no SHA-256 of 32 bytes");
    previous = &file.path();
  }
  return Status::ok();
}

static Status checkMesh(const artifact::Manifest &manifest, uint64_t &ranks) {
  std::set<std::string> names;
  ranks = 1;
  for (const artifact::MeshAxis &axis : manifest.mesh().axes()) {
    if (!SizeExpr::isSymbolName(axis.name()) ||
        !names.insert(axis.name()).second)
      return bad("mesh axis " + quoted(axis.name()),
                 "is named twice or no identifier");
    if (axis.size() < 1 || axis.size() > maximumRanks ||
        (ranks *= axis.size()) > maximumRanks)
      return bad("mesh axis " + quoted(axis.name()),
                 "has size " + std::to_string(axis.size()) +
                     "; expected meshes of 1 to 1048576 devices");
  }
  return Status::ok();
}

/// s0, v12: names of kernel parameters and program variables.
static bool isReserved(const std::string &name) {
  return name.size() > 1 && (name[0] == 's' || name[0] == 'v') &&
         std::all_of(name.begin() + 1, name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

static Status checkSizes(const artifact::Manifest &manifest) {
  std::set<std::string> names;
  for (const artifact::SizeSymbol &size : manifest.sizes()) {
    std::string what = "size " + quoted(size.name());
    if (!SizeExpr::isSymbolName(size.name()) || isReserved(size.name()) ||
        !names.insert(size.name()).second)
      return bad(what, "is declared twice or is no free identifier");
    if (size.minimum() < 0 || size.minimum() > size.maximum() ||
        size.maximum() > maximumSize || size.divisor() < 1)
      return bad(what, "has range [" + std::to_string(size.minimum()) + ", " +
                           std::to_string(size.maximum()) + "] and divisor " +
                           std::to_string(size.divisor()) +
                           "; expected 0 <= minimum <= maximum <= 2^62 and a "
                           "divisor of at least 1");
  }
  return Status::ok();
}

/// Checks an array of TensorInfo or State.
template <typename Tensors>
static Status checkTensors(const std::string &where, const Tensors &tensors,
                           const ExpressionScope &scope) {
  std::set<std::string> names;
  for (const auto &tensor : tensors) {
    std::string what = where + " " + quoted(tensor.name());
    if (!isName(tensor.name()) || !names.insert(tensor.name()).second)
      return bad(what, "is named twice, or its name is empty or unprintable");
    if (!isType(tensor.type()))
      return bad(what,
                 "has unknown element type " + std::to_string(tensor.type()));
    if (tensor.sizes_size() > maximumDimensions)
      return bad(what, "has " + std::to_string(tensor.sizes_size()) +
                           " dimensions; expected at most 32");
    for (const std::string &text : tensor.sizes())
      if (StatusOr<SizeExpr> size = scope.parse(text); !size)
        return bad(what, "has a bad size: " + size.message());
  }
  return Status::ok();
}

/// What a GPU's kernel has in place of items: the numbers that do not depend on
/// sizes. The others are checked when they are known.
static Status checkGrid(const artifact::Kernel &kernel,
                        const std::string &what) {
  if (kernel.grid_size() != 3)
    return bad(what, "has a grid of " + std::to_string(kernel.grid_size()) +
                         " sizes; expected 3");
  if (kernel.block_threads() < 1 ||
      kernel.block_threads() > maximumBlockThreads)
    return bad(what, "has blocks of " + std::to_string(kernel.block_threads()) +
                         " threads; expected 1 to 1024");
  for (const std::string &text : kernel.grid())
    if (SizeExpr::parse(text)->asConstant() == 0)
      return bad(what, "has a grid of 0 blocks");
  return Status::ok();
}

static Status checkKernel(const artifact::Kernel &kernel,
                          artifact::Target target) {
  std::string what = "kernel " + quoted(kernel.name());
  if (!SizeExpr::isSymbolName(kernel.name()))
    return bad(what, "is no symbol of an object file");
  if (!artifact::Split_IsValid(kernel.split()) ||
      kernel.split() == artifact::SPLIT_INVALID)
    return bad(what, "has unknown split " + std::to_string(kernel.split()));
  if (kernel.size_count() > maximumKernelSizes ||
      kernel.buffers_size() > maximumKernelBuffers)
    return bad(what, "has " + std::to_string(kernel.size_count()) +
                         " sizes and " + std::to_string(kernel.buffers_size()) +
                         " buffers; expected at most 256 of each");
  ExpressionScope scope;
  scope.addNumbered("s", kernel.size_count());
  std::vector<std::string> texts = {kernel.items(), kernel.chunk(),
                                    kernel.scratch_bytes()};
  if (!kernel.flops().empty())
    texts.push_back(kernel.flops());
  for (const artifact::KernelBuffer &buffer : kernel.buffers())
    texts.push_back(buffer.least_bytes());
  texts.insert(texts.end(), kernel.grid().begin(), kernel.grid().end());
  bool isCuda = target == artifact::CUDA;
  if (isCuda)
    texts.push_back(kernel.shared_bytes());
  for (const std::string &text : texts)
    if (StatusOr<SizeExpr> expr = scope.parse(text); !expr)
      return bad(what, "has a bad expression: " + expr.message());
  if (isCuda)
    return checkGrid(kernel, what);
  if (!kernel.grid().empty() || kernel.block_threads() != 0 ||
      !kernel.shared_bytes().empty())
    return bad(what, "has a grid, threads or shared memory of a GPU on a CPU");
  return Status::ok();
}

static bool hasFile(const artifact::Manifest &manifest,
                    const std::string &path) {
  auto it =
      std::lower_bound(manifest.files().begin(), manifest.files().end(), path,
                       [](const artifact::File &file, const std::string &path) {
                         return file.path() < path;
                       });
  return it != manifest.files().end() && it->path() == path;
}

static Status checkStage(const artifact::Manifest &manifest, int index) {
  const artifact::Stage &stage = manifest.stages(index);
  std::string what = "stage " + std::to_string(index);
  if (!artifact::Target_IsValid(stage.target()) ||
      stage.target() == artifact::TARGET_INVALID)
    return bad(what, "has unknown target " + std::to_string(stage.target()));
  for (const std::string &feature : stage.cpu_features())
    if (!isName(feature))
      return bad(what, "needs a CPU feature without a name");
  for (const std::string &path : stage.code_files())
    if (!hasFile(manifest, path))
      return bad(what, "has code file " + quoted(path) +
                           ", which is not among the artifact's files");
  std::set<std::string> kernels;
  for (const artifact::Kernel &kernel : stage.kernels().kernels()) {
    WEFT_RETURN_IF_ERROR(checkKernel(kernel, stage.target()));
    if (!kernels.insert(kernel.name()).second)
      return bad(what, "has two kernels " + quoted(kernel.name()));
  }
  if (stage.programs_size() != manifest.entries_size())
    return bad(what, "has " + std::to_string(stage.programs_size()) +
                         " programs for " +
                         std::to_string(manifest.entries_size()) +
                         " entry points");
  for (int i = 0; i != stage.programs_size(); ++i) {
    Status status =
        checkProgram(manifest, stage, manifest.entries(i), stage.programs(i));
    if (!status)
      return bad(what + ", entry point " + quoted(manifest.entries(i).name()) +
                     ":",
                 status.message());
  }
  return Status::ok();
}

static Status checkRanks(const artifact::Manifest &manifest, uint64_t ranks) {
  if (static_cast<uint64_t>(manifest.ranks_size()) != ranks)
    return bad(std::to_string(manifest.ranks_size()) + " ranks",
               "do not fill a mesh of " + std::to_string(ranks));
  std::set<std::vector<uint64_t>> places;
  for (const artifact::Rank &rank : manifest.ranks()) {
    std::vector<uint64_t> place(rank.coordinates().begin(),
                                rank.coordinates().end());
    bool inside =
        place.size() == static_cast<size_t>(manifest.mesh().axes_size());
    for (size_t i = 0; inside && i != place.size(); ++i)
      inside = place[i] < manifest.mesh().axes(static_cast<int>(i)).size();
    if (!inside || !places.insert(place).second)
      return bad("a rank's coordinates", "are outside of the mesh or taken");
    if (rank.stage() >= static_cast<uint32_t>(manifest.stages_size()))
      return bad("a rank", "runs stage " + std::to_string(rank.stage()) +
                               " of " + std::to_string(manifest.stages_size()));
  }
  return Status::ok();
}

static Status checkWeights(const artifact::Manifest &manifest) {
  // Which ranks have a weight of this name; all of them share the first set.
  std::set<uint32_t> taken;
  const artifact::Weight *previous = nullptr;
  bool coversAll = false;
  for (const artifact::Weight &weight : manifest.weights()) {
    std::string what = "weight " + quoted(weight.name());
    if (!isName(weight.name()) || !hasFile(manifest, weight.file()))
      return bad(what, "is in file " + quoted(weight.file()) +
                           ", which is not among the artifact's files");
    bool sameName = previous && previous->name() == weight.name();
    if (previous && (previous->name() > weight.name() ||
                     (sameName && previous->file() > weight.file())))
      return bad(what, "is out of order");
    if (!sameName) {
      taken.clear();
      coversAll = false;
    }
    bool clash = coversAll || (weight.ranks().empty() && !taken.empty());
    coversAll |= weight.ranks().empty();
    for (uint32_t rank : weight.ranks()) {
      if (rank >= static_cast<uint32_t>(manifest.ranks_size()))
        return bad(what, "is for rank " + std::to_string(rank) + " of " +
                             std::to_string(manifest.ranks_size()));
      clash |= !taken.insert(rank).second;
    }
    if (clash)
      return bad(what, "is given to a rank twice");
    previous = &weight;
  }
  return Status::ok();
}

ExpressionScope weft::scopeOf(const artifact::Manifest &manifest) {
  ExpressionScope scope;
  for (const artifact::SizeSymbol &size : manifest.sizes())
    scope.addSymbol(size.name());
  for (const artifact::MeshAxis &axis : manifest.mesh().axes())
    scope.addAxis(axis.name());
  return scope;
}

Status weft::checkManifest(const artifact::Manifest &manifest) {
  if (manifest.format_version() > formatVersion)
    return bad("format version",
               "is " + std::to_string(manifest.format_version()) +
                   ", but this runtime reads up to 1; use a newer one");
  if (manifest.format_version() != formatVersion)
    return bad("format version", "is 0; expected 1");
  uint64_t ranks = 0;
  WEFT_RETURN_IF_ERROR(checkFiles(manifest));
  WEFT_RETURN_IF_ERROR(checkMesh(manifest, ranks));
  WEFT_RETURN_IF_ERROR(checkSizes(manifest));
  ExpressionScope scope = scopeOf(manifest);
  WEFT_RETURN_IF_ERROR(checkTensors("state", manifest.states(), scope));
  WEFT_RETURN_IF_ERROR(checkRanks(manifest, ranks));
  WEFT_RETURN_IF_ERROR(checkWeights(manifest));
  if (manifest.entries().empty() || manifest.stages().empty())
    return bad("the artifact", "has no entry point or no stage");
  // What the caller gives and gets has one shape for all ranks.
  ExpressionScope wholeSizes;
  for (const artifact::SizeSymbol &size : manifest.sizes())
    wholeSizes.addSymbol(size.name());
  std::set<std::string> names;
  for (const artifact::EntryPoint &entry : manifest.entries()) {
    std::string what = "entry point " + quoted(entry.name());
    if (!isName(entry.name()) || !names.insert(entry.name()).second)
      return bad(what, "is named twice, or its name is empty or unprintable");
    WEFT_RETURN_IF_ERROR(
        checkTensors(what + " input", entry.inputs(), wholeSizes));
    WEFT_RETURN_IF_ERROR(
        checkTensors(what + " output", entry.outputs(), wholeSizes));
  }
  for (int i = 0; i != manifest.stages_size(); ++i)
    WEFT_RETURN_IF_ERROR(checkStage(manifest, i));
  WEFT_RETURN_IF_ERROR(checkLanguageModel(manifest));
  for (const artifact::Microbatch &step : manifest.schedule())
    if (step.stage() >= static_cast<uint32_t>(manifest.stages_size()))
      return bad("the schedule", "names stage " + std::to_string(step.stage()) +
                                     " of " +
                                     std::to_string(manifest.stages_size()));
  return Status::ok();
}
