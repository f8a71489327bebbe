//===- Model.cpp - The public interface -----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/Artifact.h"
#include "runtime/base/Text.h"
#include "runtime/device/HostMemory.h"
#include "runtime/device/cpu/AvailableCpus.h"
#include "runtime/device/cpu/CpuDevice.h"
#include "runtime/device/null/NullDevice.h"
#include "runtime/executor/Executor.h"

#include <charconv>
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

struct Model::Implementation {
  std::optional<Artifact> artifact;
  std::unique_ptr<Device> device;
  unsigned threadCount = 1;
  Residents residents;
  std::vector<std::unique_ptr<Executor>> executors; // one for each entry point
  std::mutex running;

  Status open(const std::string &folder, const LoadOptions &options);
  Status openDevice(const LoadOptions &options);
  Status loadWeights(bool copies);
  Status loadStates();
  std::optional<size_t> findEntry(const std::string &name) const;
  StatusOr<Executor *> executor(const std::string &entry);
};

Status Model::Implementation::openDevice(const LoadOptions &options) {
  const artifact::Manifest &manifest = artifact->manifest();
  if (manifest.ranks_size() != 1 || manifest.stages_size() != 1)
    return Status::error("the artifact is for " +
                         std::to_string(manifest.ranks_size()) + " ranks and " +
                         std::to_string(manifest.stages_size()) +
                         " stages; this runtime runs artifacts of one device");
  if (options.devices.size() > 1)
    return Status::error(std::to_string(options.devices.size()) +
                         " devices are given for an artifact of 1 rank");
  std::string name = options.devices.empty() ? "cpu:0" : options.devices[0];
  size_t colon = name.find(':');
  std::string kind = name.substr(0, colon);
  unsigned index = 0;
  bool isNumbered = colon != name.npos;
  if (isNumbered) {
    const char *begin = name.data() + colon + 1,
               *end = name.data() + name.size();
    auto [stop, error] = std::from_chars(begin, end, index);
    isNumbered = error == std::errc() && stop == end;
  }
  if (!isNumbered || (kind != "cpu" && kind != "null"))
    return Status::error("device '" + printable(name) +
                         "' is unknown; expected cpu:0");
  if (kind == "null") {
    device = std::make_unique<NullDevice>(index);
    return Status::ok();
  }
  threadCount = options.threads == 0 ? availableCpus() : options.threads;
  if (threadCount > 4096)
    return Status::error(std::to_string(threadCount) +
                         " threads; expected at most 4096");
  device = createCpuDevice(index, threadCount);
  return Status::ok();
}

Status Model::Implementation::loadWeights(bool copies) {
  std::unique_ptr<Queue> queue = device->createQueue();
  copies |= !device->sharesHostMemory();
  for (const artifact::Weight &weight : artifact->manifest().weights()) {
    if (residents.weights.contains(weight.name()))
      continue;
    StatusOr<std::span<const uint8_t>> bytes =
        artifact->weight(weight.name(), 0);
    if (!bytes)
      return bytes.status();
    Memory memory{const_cast<uint8_t *>(bytes->data()), bytes->size()};
    if (copies) {
      StatusOr<std::unique_ptr<Buffer>> copy = device->allocate(bytes->size());
      if (!copy)
        return Status::error("weight '" + printable(weight.name()) +
                             "': " + copy.message());
      memory.address = (*copy)->address();
      WEFT_RETURN_IF_ERROR(
          queue->upload(memory.address, bytes->data(), bytes->size()));
      residents.owned.push_back(std::move(*copy));
    }
    residents.weights[weight.name()] = memory;
  }
  return Status::ok();
}

Status Model::Implementation::loadStates() {
  for (const artifact::State &state : artifact->manifest().states()) {
    int64_t bytes = static_cast<int64_t>(
        byteWidth(static_cast<DataType>(static_cast<int>(state.type()))));
    for (const std::string &text : state.sizes()) {
      StatusOr<SizeExpr> expr = SizeExpr::parse(text);
      std::optional<int64_t> size =
          expr ? expr->asConstant() : std::optional<int64_t>();
      if (!size || *size < 0 || __builtin_mul_overflow(bytes, *size, &bytes))
        return Status::error("state '" + printable(state.name()) +
                             "' has size '" + printable(text) +
                             "'; expected a constant of at least 0");
    }
    StatusOr<std::unique_ptr<Buffer>> memory =
        device->allocate(static_cast<uint64_t>(bytes));
    if (!memory)
      return Status::error("state '" + printable(state.name()) +
                           "': " + memory.message());
    residents.states[state.name()] = {(*memory)->address(), (*memory)->bytes()};
    residents.owned.push_back(std::move(*memory));
  }
  return Status::ok();
}

Status Model::Implementation::open(const std::string &folder,
                                   const LoadOptions &options) {
  StatusOr<Artifact> opened =
      Artifact::open(folder, {.verifyHashes = options.verifyHashes});
  if (!opened)
    return opened.status();
  artifact = std::move(*opened);
  WEFT_RETURN_IF_ERROR(openDevice(options));
  StatusOr<std::unique_ptr<Code>> code = device->loadCode(*artifact, 0);
  if (!code)
    return code.status();
  residents.code = std::move(*code);
  WEFT_RETURN_IF_ERROR(loadWeights(options.copiesWeights));
  WEFT_RETURN_IF_ERROR(loadStates());
  for (int i = 0; i != artifact->manifest().entries_size(); ++i) {
    auto executor =
        Executor::create(artifact->manifest(), i, *device, residents);
    if (!executor)
      return executor.status();
    executors.push_back(std::move(*executor));
  }
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
Model &Model::operator=(Model &&) noexcept = default;
Model::~Model() = default;

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

StatusOr<Executor *> Model::Implementation::executor(const std::string &entry) {
  if (std::optional<size_t> index = findEntry(entry))
    return executors[*index].get();
  return Status::error("the artifact has no entry point '" + printable(entry) +
                       "'");
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

unsigned Model::threads() const { return implementation->threadCount; }

StatusOr<std::vector<std::vector<int64_t>>>
Model::inputShapes(const std::map<std::string, int64_t> &sizes,
                   const std::string &entryPoint) const {
  StatusOr<Executor *> executor = implementation->executor(entryPoint);
  if (!executor)
    return executor.status();
  const SizeBinder &binder = (*executor)->binder();
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
  StatusOr<Executor *> executor = implementation->executor(entryPoint);
  if (!executor)
    return executor.status();
  WEFT_RETURN_IF_ERROR((*executor)->prepare(inputs));
  std::vector<TensorInfo> infos = outputs(entryPoint);
  for (size_t i = 0; i != infos.size(); ++i)
    if (infos[i].name == name) {
      std::span<const int64_t> shape = (*executor)->outputShape(i);
      return std::vector<int64_t>(shape.begin(), shape.end());
    }
  return Status::error("there is no output '" + printable(name) + "'");
}

StatusOr<std::vector<Tensor>> Model::run(std::span<const TensorView> inputs,
                                         const RunOptions &options) {
  std::lock_guard lock(implementation->running);
  StatusOr<Executor *> executor = implementation->executor(options.entryPoint);
  if (!executor)
    return executor.status();
  WEFT_RETURN_IF_ERROR((*executor)->prepare(inputs));
  std::vector<Tensor> results;
  std::vector<MutableTensorView> views;
  for (const TensorInfo &info : outputs(options.entryPoint)) {
    std::span<const int64_t> shape = (*executor)->outputShape(results.size());
    StatusOr<Tensor> tensor = Tensor::create(
        info.name, info.type, std::vector<int64_t>(shape.begin(), shape.end()));
    if (!tensor)
      return tensor.status();
    results.push_back(std::move(*tensor));
  }
  for (Tensor &tensor : results)
    views.push_back(tensor.mutableView());
  WEFT_RETURN_IF_ERROR((*executor)->run(inputs, views, options));
  return results;
}

Status Model::run(std::span<const TensorView> inputs,
                  std::span<const MutableTensorView> outputs,
                  const RunOptions &options) {
  std::lock_guard lock(implementation->running);
  StatusOr<Executor *> executor = implementation->executor(options.entryPoint);
  if (!executor)
    return executor.status();
  WEFT_RETURN_IF_ERROR((*executor)->prepare(inputs));
  return (*executor)->run(inputs, outputs, options);
}
