//===- ExecutorBuffers.cpp - Where the buffers of a run lie ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/Executor.h"

#include <algorithm>

using namespace weft;

StatusOr<void *> Executor::stagingBuffer(size_t slot, uint64_t bytes) {
  std::unique_ptr<Buffer> &buffer = staging[slot];
  if (!buffer || buffer->bytes() < bytes) {
    buffer = nullptr;
    StatusOr<std::unique_ptr<Buffer>> memory = device.allocate(bytes);
    if (!memory)
      return memory.status();
    buffer = std::move(*memory);
  }
  return buffer->address();
}

/// Finds an address on the device for each input and output: the caller's own
/// where the device can use it.
Status Executor::stage(std::span<const TensorView> inputs,
                       std::span<const MutableTensorView> outputs) {
  auto isUsable = [&](const void *data) {
    return device.sharesHostMemory() && data &&
           reinterpret_cast<uintptr_t>(data) % 64 == 0;
  };
  Queue &queue = *current->variant->queues[0];
  for (size_t i = 0; i != inputAddresses.size(); ++i) {
    const void *data = inputs[inputOrder[i]].data;
    if (isUsable(data)) {
      // Programs that write to an input were refused.
      inputAddresses[i] = const_cast<void *>(data);
      continue;
    }
    StatusOr<void *> copy = stagingBuffer(i, current->inputBytes[i]);
    if (!copy)
      return copy.status();
    inputAddresses[i] = *copy;
    if (current->inputBytes[i] != 0)
      WEFT_RETURN_IF_ERROR(queue.upload(*copy, data, current->inputBytes[i]));
  }
  std::vector<std::unique_ptr<Queue>> &queues = current->variant->queues;
  if (queues.size() > 1 && !device.isSynchronous()) {
    Event &hasInputs = *current->variant->hasInputs;
    WEFT_RETURN_IF_ERROR(queue.signal(hasInputs));
    for (size_t i = 1; i != queues.size(); ++i)
      WEFT_RETURN_IF_ERROR(queues[i]->wait(hasInputs));
  }
  for (size_t i = 0; i != outputAddresses.size(); ++i) {
    void *data = outputOrder[i] ? outputs[*outputOrder[i]].data : nullptr;
    if (isUsable(data) && current->ownsOutput[i]) {
      outputAddresses[i] = data;
      continue;
    }
    StatusOr<void *> copy =
        stagingBuffer(inputAddresses.size() + i, current->outputBytes[i]);
    if (!copy)
      return copy.status();
    outputAddresses[i] = *copy;
  }
  return Status::ok();
}

/// Sets `addresses` of every buffer that is known by now.
Status Executor::placeBuffers() {
  Variant &variant = *current->variant;
  const ExecutionPlan &plan = *current->plan;
  const std::vector<ProgramBuffer> &buffers = variant.program.buffers;
  auto rootAddress = [&](uint32_t root) -> void * {
    const ProgramBuffer &buffer = buffers[root];
    switch (buffer.kind) {
    case artifact::Buffer::INPUT:
      return inputAddresses[buffer.index];
    case artifact::Buffer::OUTPUT:
      return outputAddresses[buffer.index];
    case artifact::Buffer::TEMPORARY:
      if (buffer.isDynamic)
        return variant.dynamicBuffers[root]->address();
      return static_cast<char *>(residents.arena->address()) +
             plan.arenaOffset(root);
    default:
      return variant.addresses[root];
    }
  };
  for (uint32_t i = 0; i != buffers.size(); ++i) {
    if (!plan.isKnown(i))
      continue;
    if (buffers[i].kind == artifact::Buffer::TEMPORARY &&
        buffers[i].isDynamic) {
      std::unique_ptr<Buffer> &memory = variant.dynamicBuffers[i];
      if (!memory || memory->bytes() < plan.bytes(i)) {
        // Commands before the one that asks for more may be using it.
        if (memory && !device.isSynchronous())
          WEFT_RETURN_IF_ERROR(finishQueues());
        memory = nullptr;
        StatusOr<std::unique_ptr<Buffer>> grown =
            device.allocate(plan.bytes(i));
        if (!grown)
          return grown.status();
        memory = std::move(*grown);
      }
    }
  }
  for (uint32_t i = 0; i != buffers.size(); ++i)
    if (plan.isKnown(i))
      addresses[i] = static_cast<char *>(rootAddress(buffers[i].root)) +
                     plan.rootOffset(i);
  return Status::ok();
}

/// Copies outputs to the caller's memory, where they are not there yet. Other
/// ranks may write other parts of an output: only what is this one's.
Status Executor::fetchOutputs(std::span<const MutableTensorView> outputs) {
  Queue &queue = *current->variant->queues[0];
  for (size_t i = 0; i != outputAddresses.size(); ++i) {
    if (!outputOrder[i] || !current->ownsOutput[i])
      continue;
    auto *data = static_cast<char *>(outputs[*outputOrder[i]].data);
    auto *from = static_cast<const char *>(outputAddresses[i]);
    if (data == from)
      continue;
    std::vector<Block> parts = {{0, current->outputBytes[i]}};
    if (context.watchdog.size() > 1)
      parts = current->plan->writtenParts(static_cast<uint32_t>(i));
    for (Block part : parts) {
      part.end = std::min(part.end, current->outputBytes[i]);
      if (part.size() != 0)
        WEFT_RETURN_IF_ERROR(
            queue.download(data + part.begin, from + part.begin, part.size()));
    }
  }
  return Status::ok();
}
