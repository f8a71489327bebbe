//===- ErrorFlags.cpp - Errors that kernels raise -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/ErrorFlags.h"

#include <algorithm>

using namespace weft;
using namespace weft::cuda;

static constexpr uint32_t wordCount = 4096;
static constexpr size_t byteCount = wordCount * sizeof(uint32_t);

StatusOr<std::unique_ptr<ErrorFlags>>
ErrorFlags::create(std::shared_ptr<Context> context) {
  std::unique_ptr<ErrorFlags> flags(new ErrorFlags(std::move(context)));
  const DriverLibrary &driver = flags->context->driver();
  WEFT_RETURN_IF_ERROR(flags->context->enter());
  WEFT_CUDA_CALL(driver, cuMemAlloc_v2, &flags->words, byteCount);
  void *memory = nullptr;
  WEFT_CUDA_CALL(driver, cuMemAllocHost_v2, &memory, byteCount);
  flags->copy = static_cast<uint32_t *>(memory);
  WEFT_CUDA_CALL(driver, cuMemsetD8_v2, flags->words, 0, byteCount);
  // The fill may outlast its call, and other streams do not wait for it.
  WEFT_CUDA_CALL(driver, cuStreamSynchronize, CU_STREAM_LEGACY);
  return flags;
}

ErrorFlags::~ErrorFlags() {
  if (!context->enter())
    return;
  if (words)
    context->functions().cuMemFree_v2(words);
  if (copy)
    context->functions().cuMemFreeHost(copy);
}

CUdeviceptr ErrorFlags::address(uint32_t slot) {
  slot = std::min(slot, wordCount - 1);
  used = std::max(used, slot + 1);
  return words + slot * sizeof(uint32_t);
}

CUresult ErrorFlags::fetch(CUstream stream) {
  return context->functions().cuMemcpyDtoHAsync_v2(
      copy, words, used * sizeof(uint32_t), stream);
}

Status ErrorFlags::collect(CUstream stream) {
  uint32_t *end = copy + used;
  uint32_t *first =
      std::find_if(copy, end, [](uint32_t word) { return word != 0; });
  if (first == end)
    return Status::ok();
  if (bits == 0) {
    firstSlot = static_cast<uint32_t>(first - copy);
    if (firstSlot == wordCount - 1)
      firstSlot = UINT32_MAX;
  }
  for (; first != end; ++first)
    bits |= *first;
  WEFT_CUDA_CALL(context->driver(), cuMemsetD8Async, words, 0, byteCount,
                 stream);
  WEFT_CUDA_CALL(context->driver(), cuStreamSynchronize, stream);
  return Status::ok();
}
