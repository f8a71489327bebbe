//===- Model.cpp - The public interface -----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Text.h"
#include "runtime/device/HostMemory.h"
#include "runtime/executor/AlignedViews.h"
#include "runtime/executor/DeviceGroups.h"
#include "runtime/executor/Devices.h"
#include "runtime/executor/Rank.h"
#include "runtime/executor/RankThreads.h"

#include <algorithm>
#include <cstring>
#include <mutex>

using namespace weft;

//===----------------------------------------------------------------------===//
// Tensor
//===----------------------------------------------------------------------===//

void Tensor::Free::operator()(void *memory) const { std::free(memory); }

StatusOr<Tensor> Tensor::create(std::string name, DataType type,
                                std::vector<int64_t> shape) {
  Tensor tensor;
  int64_t bytes = static_cast<int64_t>(byteWidth(type));
  for (int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(bytes, size, &bytes))
      bytes = INT64_MAX;
  uint64_t rounded = (static_cast<uint64_t>(bytes) + 64) / 64 * 64;
  void *memory = exceedsPhysicalMemory(rounded)
                     ? nullptr
                     : std::aligned_alloc(64, rounded);
  if (!memory)
    return Status::error("tensor '" + printable(name) + "' of " +
                         std::to_string(bytes) +
                         " bytes does not fit in memory");
  std::memset(memory, 0, rounded);
  tensor.tensorName = std::move(name);
  tensor.elementType = type;
  tensor.sizes = std::move(shape);
  tensor.byteCount = static_cast<uint64_t>(bytes);
  tensor.memory.reset(memory);
  return tensor;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

namespace {
/// What the ranks are asked to do; the same for all of them.
struct Request {
  size_t entry = 0;
  AlignedViews views;
  const RunOptions *options = nullptr;
};
} // namespace

struct Model::Implementation {
  std::optional<Artifact> artifact;
  std::optional<Watchdog> watchdog;
  std::unique_ptr<Groups> groups;
  std::string groupsNote;
  std::mutex reporting;
  std::vector<std::unique_ptr<Rank>> ranks;
  unsigned threadCount = 1;
  Request request;
  std::optional<RankThreads> threads; // these use all of the above
  /// A rank did not end; it may still use the outputs that `run` made.
  bool isStuck = false;
  std::vector<Tensor> abandoned;
  std::mutex running;

  Status open(const std::string &folder, const LoadOptions &options);
  std::optional<size_t> findEntry(const std::string &name) const;
  /// Finds the entry point and makes the first rank ready for inputs.
  Status prepare(std::span<const TensorView> inputs, const std::string &entry);
  Executor &first() { return ranks[0]->executor(request.entry); }
  Status run(std::span<const TensorView> inputs,
             std::span<const MutableTensorView> outputs,
             const RunOptions &options);
  Status runRank(unsigned rank);
};

Status Model::Implementation::open(const std::string &folder,
                                   const LoadOptions &options) {
  StatusOr<Artifact> opened =
      Artifact::open(folder, {.verifyHashes = options.verifyHashes});
  if (!opened)
    return opened.status();
  artifact = std::move(*opened);
  const artifact::Manifest &manifest = artifact->manifest();
  if (manifest.stages_size() != 1)
    return Status::error("it has " + std::to_string(manifest.stages_size()) +
                         " stages; this runtime runs artifacts of one stage");
  auto count = static_cast<unsigned>(manifest.ranks_size());
  StatusOr<Devices> devices =
      openDevices(options, count, manifest.stages(0).target());
  if (!devices)
    return devices.status();
  threadCount = devices->threads;
  WaitPolicy policy = WaitPolicy::of(devices->isOversubscribed);

  std::vector<std::string> names;
  for (unsigned rank = 0; rank != count; ++rank)
    names.push_back(rankName(manifest, rank));
  watchdog.emplace(std::move(names), policy);
  groups = createGroups(manifest, *devices, *watchdog);
  Rank::Peers peers{
      *watchdog, reporting,
      [this](unsigned rank, const std::vector<std::string> &axes) -> Group & {
        return groups->find(rank, axes);
      }};
  for (unsigned rank = 0; rank != count; ++rank) {
    auto loaded = Rank::load(*artifact, rank, std::move(devices->list[rank]),
                             peers, options.copiesWeights);
    if (!loaded)
      return loaded.status();
    ranks.push_back(std::move(*loaded));
  }
  if (count > 1 && groups->isMakeshift())
    groupsNote = "ranks exchange data by " + groups->name();
  WEFT_RETURN_IF_ERROR(groups->prepare());
  threads.emplace(count, policy, [this](unsigned rank) {
    watchdog->enter(rank);
    if (Status status = runRank(rank); !status) {
      watchdog->fail(status);
      groups->abort();
    }
    watchdog->end(rank);
  });
  return Status::ok();
}

StatusOr<Model> Model::load(const std::string &folder,
                            const LoadOptions &options) {
  auto implementation = std::make_unique<Implementation>();
  Status status = implementation->open(folder, options);
  if (!status) {
    // Sentences of the artifact's reader name the folder already.
    if (status.message().starts_with("artifact '"))
      return status;
    return Status::error("artifact '" + printable(folder) +
                         "': " + status.message());
  }
  return Model(std::move(implementation));
}

Model::Model(std::unique_ptr<Implementation> implementation)
    : implementation(std::move(implementation)) {}
Model::Model(Model &&) noexcept = default;
Model &Model::operator=(Model &&other) noexcept {
  std::swap(implementation, other.implementation);
  return *this;
}
Model::~Model() {
  if (!implementation)
    return;
  auto &ranks = implementation->ranks;
  // A rank or a device that never ended still uses all of it.
  if (implementation->isStuck ||
      !std::all_of(ranks.begin(), ranks.end(),
                   [](auto &rank) { return rank->settle(); }))
    static_cast<void>(implementation.release());
}

//===----------------------------------------------------------------------===//
// Asking and running
//===----------------------------------------------------------------------===//

std::optional<size_t>
Model::Implementation::findEntry(const std::string &name) const {
  const auto &entries = artifact->manifest().entries();
  for (int i = 0; i != entries.size(); ++i)
    if (name.empty() || entries[i].name() == name)
      return static_cast<size_t>(i);
  return std::nullopt;
}

Status Model::Implementation::prepare(std::span<const TensorView> inputs,
                                      const std::string &entry) {
  std::optional<size_t> index = findEntry(entry);
  if (!index)
    return Status::error("the artifact has no entry point '" +
                         printable(entry) + "'");
  if (isStuck)
    return Status::error("a rank did not end in an earlier run; load the "
                         "model again");
  request.entry = *index;
  return first().prepare(inputs);
}

Status Model::Implementation::runRank(unsigned rank) {
  auto run = [&]() -> Status {
    Executor &executor = ranks[rank]->executor(request.entry);
    // The first one is ready.
    if (rank != 0) {
      WEFT_RETURN_IF_ERROR(executor.prepare(request.views.inputs()));
      WEFT_RETURN_IF_ERROR(executor.matchOutputs(request.views.outputs()));
    }
    return executor.run(request.views.inputs(), request.views.outputs(),
                        *request.options);
  };
  Status status = run();
  if (status || ranks.size() == 1)
    return status;
  return Status::error(watchdog->name(rank) + ": " + status.message());
}

Status Model::Implementation::run(std::span<const TensorView> inputs,
                                  std::span<const MutableTensorView> outputs,
                                  const RunOptions &options) {
  WEFT_RETURN_IF_ERROR(first().matchOutputs(outputs));
  WEFT_RETURN_IF_ERROR(request.views.take(inputs, outputs));
  request.options = &options;
  if (watchdog->hasFailed()) {
    groups->reset();
    WEFT_RETURN_IF_ERROR(groups->prepare());
  }
  watchdog->begin(options.timeout);
  isStuck = !threads->run([this] { return watchdog->isOverdue(); });
  Status status = watchdog->error();
  if (status)
    request.views.copyBack(outputs);
  return status;
}

std::vector<std::string> Model::entryPoints() const {
  std::vector<std::string> names;
  for (const auto &entry : implementation->artifact->manifest().entries())
    names.push_back(entry.name());
  return names;
}

static std::vector<TensorInfo> infosOf(const auto &tensors) {
  std::vector<TensorInfo> infos;
  for (const artifact::TensorInfo &tensor : tensors)
    infos.push_back({tensor.name(),
                     static_cast<DataType>(static_cast<int>(tensor.type())),
                     {tensor.sizes().begin(), tensor.sizes().end()}});
  return infos;
}

std::vector<TensorInfo> Model::inputs(const std::string &entryPoint) const {
  std::optional<size_t> index = implementation->findEntry(entryPoint);
  if (!index)
    return {};
  return infosOf(implementation->artifact->manifest()
                     .entries(static_cast<int>(*index))
                     .inputs());
}

std::vector<TensorInfo> Model::outputs(const std::string &entryPoint) const {
  std::optional<size_t> index = implementation->findEntry(entryPoint);
  if (!index)
    return {};
  return infosOf(implementation->artifact->manifest()
                     .entries(static_cast<int>(*index))
                     .outputs());
}

std::optional<LanguageModel> Model::languageModel() const {
  const Artifact &artifact = *implementation->artifact;
  if (!artifact.manifest().has_language_model())
    return std::nullopt;
  const artifact::LanguageModel &model = artifact.manifest().language_model();
  // The reader has bounded all of them.
  auto number = [](uint64_t value) { return static_cast<int64_t>(value); };
  return LanguageModel{
      model.entry_point(),        model.architecture(),
      number(model.block_size()), number(model.blocks()),
      number(model.context()),    number(model.max_sequences()),
      number(model.max_tokens()), number(model.vocabulary()),
      artifact.tokenizer()};
}

std::vector<std::string> Model::notes() const {
  std::set<std::string> notes;
  for (const std::unique_ptr<Rank> &rank : implementation->ranks)
    notes.insert(rank->notes().begin(), rank->notes().end());
  const std::string &groups = implementation->groupsNote;
  if (!groups.empty())
    notes.insert(groups);
  return {notes.begin(), notes.end()};
}

unsigned Model::threads() const { return implementation->threadCount; }

std::vector<std::string> Model::devices() const {
  std::vector<std::string> names;
  for (const std::unique_ptr<Rank> &rank : implementation->ranks)
    names.push_back(rank->device().name());
  return names;
}

StatusOr<std::vector<std::vector<int64_t>>>
Model::inputShapes(const std::map<std::string, int64_t> &sizes,
                   const std::string &entryPoint) const {
  std::optional<size_t> entry = implementation->findEntry(entryPoint);
  if (!entry)
    return Status::error("the artifact has no entry point '" +
                         printable(entryPoint) + "'");
  const SizeBinder &binder =
      implementation->ranks[0]->executor(*entry).binder();
  std::vector<int64_t> values(binder.count(), -1);
  for (const auto &[name, value] : sizes) {
    std::optional<size_t> index = binder.indexOf(name);
    if (!index || value < 0)
      return Status::error(!index ? "the artifact has no size '" +
                                        printable(name) + "'"
                                  : "size '" + name + "' is below 0");
    values[*index] = value;
  }
  WEFT_RETURN_IF_ERROR(binder.checkValues(values));
  std::vector<std::vector<int64_t>> shapes;
  for (const TensorInfo &input : inputs(entryPoint)) {
    std::vector<int64_t> &shape = shapes.emplace_back();
    for (const std::string &text : input.sizes) {
      StatusOr<SizeExpr> expr = SizeExpr::parse(text);
      if (!expr)
        return expr.status();
      StatusOr<int64_t> size = expr->evaluate(
          [&](std::string_view name) { return binder.valueOf(name, values); });
      if (!size)
        return Status::error("input '" + printable(input.name) +
                             "': " + size.message());
      shape.push_back(*size);
    }
  }
  return shapes;
}

StatusOr<std::vector<int64_t>>
Model::outputShape(std::span<const TensorView> inputs, std::string_view name,
                   const std::string &entryPoint) {
  std::lock_guard lock(implementation->running);
  WEFT_RETURN_IF_ERROR(implementation->prepare(inputs, entryPoint));
  std::vector<TensorInfo> infos = outputs(entryPoint);
  for (size_t i = 0; i != infos.size(); ++i)
    if (infos[i].name == name) {
      std::span<const int64_t> shape = implementation->first().outputShape(i);
      return std::vector<int64_t>(shape.begin(), shape.end());
    }
  return Status::error("there is no output '" + printable(name) + "'");
}

StatusOr<std::vector<Tensor>> Model::run(std::span<const TensorView> inputs,
                                         const RunOptions &options) {
  std::lock_guard lock(implementation->running);
  WEFT_RETURN_IF_ERROR(implementation->prepare(inputs, options.entryPoint));
  std::vector<Tensor> results;
  std::vector<MutableTensorView> views;
  for (const TensorInfo &info : outputs(options.entryPoint)) {
    std::span<const int64_t> shape =
        implementation->first().outputShape(results.size());
    StatusOr<Tensor> tensor = Tensor::create(
        info.name, info.type, std::vector<int64_t>(shape.begin(), shape.end()));
    if (!tensor)
      return tensor.status();
    results.push_back(std::move(*tensor));
  }
  for (Tensor &tensor : results)
    views.push_back(tensor.mutableView());
  Status status = implementation->run(inputs, views, options);
  if (implementation->isStuck)
    implementation->abandoned = std::move(results);
  if (!status)
    return status;
  return results;
}

Status Model::run(std::span<const TensorView> inputs,
                  std::span<const MutableTensorView> outputs,
                  const RunOptions &options) {
  std::lock_guard lock(implementation->running);
  WEFT_RETURN_IF_ERROR(implementation->prepare(inputs, options.entryPoint));
  return implementation->run(inputs, outputs, options);
}
