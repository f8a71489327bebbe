//===- AlignedViews.cpp - The caller's tensors, aligned -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/AlignedViews.h"
#include "runtime/device/HostMemory.h"

#include <cstring>

using namespace weft;

static uint64_t bytesOf(const auto &view) {
  uint64_t bytes = byteWidth(view.type);
  for (int64_t size : view.shape)
    bytes *= static_cast<uint64_t>(size);
  return bytes;
}

/// `data` itself where it can be used, otherwise memory of slot `slot`.
StatusOr<void *> AlignedViews::place(size_t slot, const void *data,
                                     uint64_t bytes) {
  if (data && reinterpret_cast<uintptr_t>(data) % 64 == 0)
    return const_cast<void *>(data); // programs never write to an input
  if (slot >= copies.size())
    copies.resize(slot + 1);
  std::unique_ptr<Buffer> &copy = copies[slot];
  if (!copy || copy->bytes() < bytes) {
    copy = nullptr;
    StatusOr<std::unique_ptr<Buffer>> memory = HostMemory::allocate(bytes);
    if (!memory)
      return memory.status();
    copy = std::move(*memory);
  }
  return copy->address();
}

Status AlignedViews::take(std::span<const TensorView> inputs,
                          std::span<const MutableTensorView> outputs) {
  inputViews.assign(inputs.begin(), inputs.end());
  outputViews.assign(outputs.begin(), outputs.end());
  size_t slot = 0;
  for (TensorView &view : inputViews) {
    StatusOr<void *> data = place(slot++, view.data, bytesOf(view));
    if (!data)
      return data.status();
    if (*data != view.data && bytesOf(view) != 0)
      std::memcpy(*data, view.data, bytesOf(view));
    view.data = *data;
  }
  for (MutableTensorView &view : outputViews) {
    StatusOr<void *> data = place(slot++, view.data, bytesOf(view));
    if (!data)
      return data.status();
    view.data = *data;
  }
  return Status::ok();
}

void AlignedViews::copyBack(std::span<const MutableTensorView> outputs) const {
  for (size_t i = 0; i != outputs.size(); ++i)
    if (outputs[i].data != outputViews[i].data && bytesOf(outputs[i]) != 0)
      std::memcpy(outputs[i].data, outputViews[i].data, bytesOf(outputs[i]));
}
