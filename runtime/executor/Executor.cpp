//===- Executor.cpp - Plans and prepares runs of one entry point ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/Executor.h"
#include "runtime/base/Text.h"

#include <algorithm>

using namespace weft;

// Plans of the sizes used last are kept; each is about as large as the program.
static constexpr size_t maximumBuckets = 64;

StatusOr<std::unique_ptr<Executor>>
Executor::create(const artifact::Manifest &manifest, int entry,
                 const RankContext &context) {
  std::unique_ptr<Executor> executor(
      new Executor(manifest, manifest.entries(entry), context));
  Status status = executor->load(manifest.stages(0).programs(entry));
  if (!status)
    return Status::error("entry point '" +
                         printable(manifest.entries(entry).name()) +
                         "': " + status.message());
  return executor;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

Status Executor::load(const artifact::Program &program) {
  StatusOr<SizeBinder> binder =
      SizeBinder::create(manifest, entry, context.rank);
  if (!binder)
    return binder.status();
  sizeBinder = std::move(*binder);
  auto parseShapes = [](const auto &tensors, Tensors &result) {
    for (const artifact::TensorInfo &tensor : tensors) {
      std::vector<SizeExpr> &shape = result.shapes.emplace_back();
      for (const std::string &text : tensor.sizes()) {
        StatusOr<SizeExpr> expr = SizeExpr::parse(text);
        if (!expr)
          return expr.status();
        shape.push_back(std::move(*expr));
      }
    }
    return Status::ok();
  };
  WEFT_RETURN_IF_ERROR(parseShapes(entry.inputs(), inputTensors));
  WEFT_RETURN_IF_ERROR(parseShapes(entry.outputs(), outputTensors));

  size_t inputs = inputTensors.shapes.size();
  size_t outputs = outputTensors.shapes.size();
  sizes.resize(sizeBinder->count());
  shapes.resize(inputs);
  inputOrder.resize(inputs);
  outputOrder.resize(outputs);
  inputAddresses.resize(inputs);
  outputAddresses.resize(outputs);
  staging.resize(inputs + outputs);
  for (const artifact::Variant &variant : program.variants())
    WEFT_RETURN_IF_ERROR(loadVariant(variant));
  return Status::ok();
}

Status Executor::loadVariant(const artifact::Variant &source) {
  auto variant = std::make_unique<Variant>();
  StatusOr<ProgramVariant> program =
      decodeVariant(source, manifest.stages(0).kernels());
  if (!program)
    return program.status();
  variant->program = std::move(*program);
  WEFT_RETURN_IF_ERROR(findProducts(variant->program));
  for (CollectiveOp &collective : variant->program.collectives)
    collective.group = &context.findGroup(collective.axes);
  StatusOr<Lifetimes> lifetimes = Lifetimes::of(variant->program);
  if (!lifetimes)
    return lifetimes.status();
  variant->lifetimes = std::move(*lifetimes);

  const std::vector<ProgramBuffer> &buffers = variant->program.buffers;
  variant->limits.resize(buffers.size());
  variant->addresses.resize(buffers.size());
  variant->dynamicBuffers.resize(buffers.size());
  for (size_t i = 0; i != buffers.size(); ++i) {
    const ProgramBuffer &buffer = buffers[i];
    Memory memory;
    if (buffer.kind == artifact::Buffer::WEIGHT) {
      memory = residents.weights.at(buffer.name);
    } else if (buffer.kind == artifact::Buffer::STATE) {
      memory = residents.states.at(buffer.name);
    } else if (buffer.kind == artifact::Buffer::CONSTANT) {
      StatusOr<std::unique_ptr<Buffer>> constant =
          device.allocate(buffer.data.size());
      if (!constant)
        return constant.status();
      memory = {(*constant)->address(), buffer.data.size()};
      std::unique_ptr<Queue> queue = device.createQueue();
      WEFT_RETURN_IF_ERROR(
          queue->upload(memory.address, buffer.data.data(), memory.bytes));
      WEFT_RETURN_IF_ERROR(queue->finish());
      residents.owned.push_back(std::move(*constant));
    }
    variant->limits[i] = memory.bytes;
    variant->addresses[i] = memory.address;
  }
  size_t arguments = 0;
  for (const LaunchOp &launch : variant->program.launches)
    arguments = std::max(arguments, launch.buffers.size());
  this->arguments.resize(std::max(this->arguments.size(), arguments));
  addresses.resize(std::max(addresses.size(), buffers.size()));
  for (uint32_t i = 0; i != variant->program.queues; ++i)
    variant->queues.push_back(device.createQueue());
  for (uint32_t i = 0; i != variant->program.events; ++i)
    variant->events.push_back(device.createEvent());
  variant->hasInputs = device.createEvent();
  variants.push_back(std::move(variant));
  return Status::ok();
}

//===----------------------------------------------------------------------===//
// Matching what the caller gives
//===----------------------------------------------------------------------===//

static Status checkType(const char *what, const artifact::TensorInfo &info,
                        DataType type) {
  auto expected = static_cast<DataType>(info.type());
  if (type == expected)
    return Status::ok();
  return Status::error(std::string(what) + " '" + printable(info.name()) +
                       "' has type " + std::string(name(type)) + "; expected " +
                       std::string(name(expected)));
}

/// The index of the view called `name`; fails unless it is there at most once.
template <typename View>
static StatusOr<std::optional<size_t>> findView(std::span<const View> views,
                                                const std::string &name,
                                                const char *what) {
  std::optional<size_t> found;
  for (size_t i = 0; i != views.size(); ++i)
    if (views[i].name == name) {
      if (found)
        return Status::error(std::string(what) + " '" + printable(name) +
                             "' is given twice");
      found = i;
    }
  return found;
}

template <typename View, typename Tensors>
static Status checkNames(std::span<const View> views, const Tensors &tensors,
                         const char *what) {
  for (const View &view : views) {
    bool isKnown = std::any_of(tensors.begin(), tensors.end(),
                               [&](const artifact::TensorInfo &info) {
                                 return info.name() == view.name;
                               });
    if (isKnown)
      continue;
    std::string names;
    for (const artifact::TensorInfo &info : tensors)
      names += (names.empty() ? "" : ", ") + printable(info.name());
    return Status::error("there is no " + std::string(what) + " '" +
                         printable(view.name) + "'; expected one of: " + names);
  }
  return Status::ok();
}

Status Executor::matchInputs(std::span<const TensorView> inputs) {
  WEFT_RETURN_IF_ERROR(checkNames(inputs, entry.inputs(), "input"));
  for (int i = 0; i != entry.inputs_size(); ++i) {
    const artifact::TensorInfo &info = entry.inputs(i);
    auto found = findView(inputs, info.name(), "input");
    if (!found)
      return found.status();
    if (!*found)
      return Status::error("input '" + printable(info.name()) +
                           "' is not given");
    const TensorView &view = inputs[**found];
    WEFT_RETURN_IF_ERROR(checkType("input", info, view.type));
    inputOrder[static_cast<size_t>(i)] = **found;
    shapes[static_cast<size_t>(i)] = view.shape;
  }
  return Status::ok();
}

Status Executor::matchOutputs(std::span<const MutableTensorView> outputs) {
  WEFT_RETURN_IF_ERROR(checkNames(outputs, entry.outputs(), "output"));
  for (int i = 0; i != entry.outputs_size(); ++i) {
    const artifact::TensorInfo &info = entry.outputs(i);
    auto found = findView(outputs, info.name(), "output");
    if (!found)
      return found.status();
    outputOrder[static_cast<size_t>(i)] = *found;
    if (!*found)
      continue;
    const MutableTensorView &view = outputs[**found];
    WEFT_RETURN_IF_ERROR(checkType("output", info, view.type));
    std::span<const int64_t> shape = outputShape(static_cast<size_t>(i));
    if (!std::equal(shape.begin(), shape.end(), view.shape.begin(),
                    view.shape.end()))
      return Status::error("output '" + printable(info.name()) +
                           "' has a shape that differs from the one these "
                           "inputs give");
  }
  return Status::ok();
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

/// The shapes of tensors and their bytes.
static Status evaluateShapes(const auto &tensors,
                             const std::vector<std::vector<SizeExpr>> &exprs,
                             const SizeExpr::Values &values,
                             std::vector<std::vector<int64_t>> *shapes,
                             std::vector<uint64_t> &bytes) {
  for (size_t i = 0; i != exprs.size(); ++i) {
    const artifact::TensorInfo &info = tensors[static_cast<int>(i)];
    auto total =
        static_cast<int64_t>(byteWidth(static_cast<DataType>(info.type())));
    std::vector<int64_t> shape;
    for (const SizeExpr &expr : exprs[i]) {
      StatusOr<int64_t> size = expr.evaluate(values);
      if (!size)
        return Status::error("the shape of '" + printable(info.name()) +
                             "': " + size.message());
      if (*size < 0 || __builtin_mul_overflow(total, *size, &total))
        return Status::error("the shape of '" + printable(info.name()) +
                             "' has a size of " + std::to_string(*size) +
                             ", which makes no tensor");
      shape.push_back(*size);
    }
    if (shapes)
      shapes->push_back(std::move(shape));
    bytes.push_back(static_cast<uint64_t>(total));
  }
  return Status::ok();
}

Status Executor::findOwnedOutputs(Bucket &bucket,
                                  const SizeExpr::Values &values) {
  bucket.ownsOutput.resize(outputTensors.shapes.size(), true);
  for (const ProgramBuffer &buffer : bucket.variant->program.buffers) {
    if (buffer.kind != artifact::Buffer::OUTPUT || !buffer.owner)
      continue;
    StatusOr<int64_t> owner = buffer.owner->evaluate(values);
    if (!owner)
      return Status::error("an output's owner: " + owner.message());
    bucket.ownsOutput[buffer.index] = *owner != 0;
  }
  return Status::ok();
}

StatusOr<Executor::Bucket> Executor::makeBucket() {
  Bucket bucket;
  bucket.variant = nullptr;
  auto values = [&](std::string_view name) {
    return sizeBinder->valueOf(name, sizes);
  };
  for (const std::unique_ptr<Variant> &variant : variants) {
    if (variant->program.guard) {
      StatusOr<int64_t> guard = variant->program.guard->evaluate(values);
      if (!guard)
        return Status::error("a program's guard: " + guard.message());
      if (*guard == 0)
        continue;
    }
    bucket.variant = variant.get();
    break;
  }
  if (!bucket.variant)
    return Status::error("the artifact has no program for these sizes");
  WEFT_RETURN_IF_ERROR(evaluateShapes(entry.inputs(), inputTensors.shapes,
                                      values, nullptr, bucket.inputBytes));
  WEFT_RETURN_IF_ERROR(evaluateShapes(entry.outputs(), outputTensors.shapes,
                                      values, &bucket.outputShapes,
                                      bucket.outputBytes));
  WEFT_RETURN_IF_ERROR(findOwnedOutputs(bucket, values));
  std::vector<uint64_t> limits = bucket.variant->limits;
  const std::vector<ProgramBuffer> &buffers = bucket.variant->program.buffers;
  for (size_t i = 0; i != buffers.size(); ++i) {
    if (buffers[i].kind == artifact::Buffer::INPUT)
      limits[i] = bucket.inputBytes[buffers[i].index];
    else if (buffers[i].kind == artifact::Buffer::OUTPUT)
      limits[i] = bucket.outputBytes[buffers[i].index];
  }
  auto plan =
      ExecutionPlan::create(bucket.variant->program, *bucket.variant->lifetimes,
                            *sizeBinder, sizes, limits);
  if (!plan)
    return plan.status();
  bucket.plan = std::move(*plan);
  bucket.captured =
      CapturedSteps(bucket.variant->program, *bucket.variant->queues[0]);
  return bucket;
}

Status Executor::prepare(std::span<const TensorView> inputs) {
  current = nullptr;
  WEFT_RETURN_IF_ERROR(matchInputs(inputs));
  WEFT_RETURN_IF_ERROR(sizeBinder->bind(shapes, sizes));
  auto known = buckets.find(sizes);
  if (known == buckets.end()) {
    StatusOr<Bucket> bucket = makeBucket();
    if (!bucket)
      return bucket.status();
    if (buckets.size() == maximumBuckets)
      buckets.erase(std::min_element(
          buckets.begin(), buckets.end(), [](const auto &a, const auto &b) {
            return a.second.lastUse < b.second.lastUse;
          }));
    known = buckets.emplace(sizes, std::move(*bucket)).first;
  }
  Bucket &bucket = known->second;
  bucket.lastUse = ++useCount;
  // Memory is kept for the largest sizes seen.
  if (!residents.arena ||
      residents.arena->bytes() < bucket.plan->arenaBytes()) {
    residents.arena = nullptr;
    StatusOr<std::unique_ptr<Buffer>> arena =
        device.allocate(bucket.plan->arenaBytes());
    if (!arena)
      return Status::error("temporary buffers: " + arena.message());
    residents.arena = std::move(*arena);
  }
  WEFT_RETURN_IF_ERROR(device.reserveScratch(bucket.plan->scratchBytes()));
  current = &bucket;
  return Status::ok();
}

std::span<const int64_t> Executor::outputShape(size_t output) const {
  return current->outputShapes[output];
}
