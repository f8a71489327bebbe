//===- PinnedStaging.cpp - Between host and device ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/PinnedStaging.h"

#include <algorithm>
#include <bit>
#include <cstring>

using namespace weft;
using namespace weft::cuda;

// Inputs of a step are small; from the greater size on, a copy takes much
// longer than giving it to the device.
static constexpr uint64_t leastCapacity = 64 << 10, mostCapacity = 8 << 20;

PinnedStaging::~PinnedStaging() {
  // It can only fail as the stream has failed before.
  (void)release();
}

Status PinnedStaging::release() {
  for (Chunk &chunk : chunks) {
    if (chunk.event)
      context.functions().cuEventDestroy_v2(chunk.event);
    if (chunk.memory)
      WEFT_CUDA_CALL(context.driver(), cuMemFreeHost, chunk.memory);
    chunk = Chunk();
  }
  capacity = 0;
  return Status::ok();
}

/// Makes the buffers large enough for as much as they are ever given.
Status PinnedStaging::reserve(uint64_t bytes) {
  uint64_t wanted =
      std::bit_ceil(std::clamp(bytes, leastCapacity, mostCapacity));
  if (wanted <= capacity)
    return Status::ok();
  const DriverLibrary &driver = context.driver();
  WEFT_CUDA_CALL(driver, cuStreamSynchronize, stream);
  WEFT_RETURN_IF_ERROR(release());
  for (Chunk &chunk : chunks) {
    void *memory = nullptr;
    WEFT_CUDA_CALL(driver, cuMemAllocHost_v2, &memory, wanted);
    chunk.memory = static_cast<char *>(memory);
    WEFT_CUDA_CALL(driver, cuEventCreate, &chunk.event,
                   CU_EVENT_DISABLE_TIMING);
  }
  capacity = wanted;
  return Status::ok();
}

Status PinnedStaging::record(Chunk &chunk) {
  WEFT_CUDA_CALL(context.driver(), cuEventRecord, chunk.event, stream);
  chunk.isBusy = true;
  return Status::ok();
}

Status PinnedStaging::wait(Chunk &chunk) {
  if (chunk.isBusy)
    WEFT_CUDA_CALL(context.driver(), cuEventSynchronize, chunk.event);
  chunk.isBusy = false;
  chunk.used = 0;
  return Status::ok();
}

/// The other buffer's turn.
Status PinnedStaging::turn() {
  WEFT_RETURN_IF_ERROR(record(chunks[current]));
  current ^= 1;
  return wait(chunks[current]);
}

Status PinnedStaging::upload(CUdeviceptr destination, const void *host,
                             uint64_t bytes) {
  WEFT_RETURN_IF_ERROR(reserve(bytes));
  auto *from = static_cast<const char *>(host);
  while (bytes != 0) {
    if (chunks[current].used == capacity)
      WEFT_RETURN_IF_ERROR(turn());
    Chunk &chunk = chunks[current];
    uint64_t part = std::min(bytes, capacity - chunk.used);
    std::memcpy(chunk.memory + chunk.used, from, part);
    WEFT_CUDA_CALL(context.driver(), cuMemcpyHtoDAsync_v2, destination,
                   chunk.memory + chunk.used, part, stream);
    // Each copy begins on a multiple of 64, as fast ones do.
    chunk.used = std::min(capacity, (chunk.used + part + 63) / 64 * 64);
    from += part;
    destination += part;
    bytes -= part;
  }
  return Status::ok();
}

Status PinnedStaging::download(void *host, CUdeviceptr source, uint64_t bytes) {
  WEFT_RETURN_IF_ERROR(reserve(bytes));
  auto *to = static_cast<char *>(host);
  uint64_t pending = 0; // bytes in the buffer before the current one
  for (uint64_t given = 0; given != bytes || pending != 0;) {
    uint64_t part = std::min(bytes - given, capacity);
    if (part != 0) {
      WEFT_RETURN_IF_ERROR(turn());
      WEFT_CUDA_CALL(context.driver(), cuMemcpyDtoHAsync_v2,
                     chunks[current].memory, source + given, part, stream);
      WEFT_RETURN_IF_ERROR(record(chunks[current]));
      given += part;
    }
    if (pending != 0) {
      Chunk &before = part != 0 ? chunks[current ^ 1] : chunks[current];
      WEFT_RETURN_IF_ERROR(wait(before));
      std::memcpy(to, before.memory, pending);
      to += pending;
    }
    pending = part;
  }
  return Status::ok();
}
