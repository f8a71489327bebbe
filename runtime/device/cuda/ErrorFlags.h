//===- ErrorFlags.h - Errors that kernels raise -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CUDA_ERRORFLAGS_H
#define RUNTIME_DEVICE_CUDA_ERRORFLAGS_H

#include "runtime/device/cuda/Context.h"

namespace weft::cuda {

/// A word on the device for each launch of a program, into which its kernel ors
/// WEFT_ERROR_*. They are looked at when a queue is finished, so that they cost
/// a launch nothing. Used by one thread at a time.
class ErrorFlags {
public:
  static StatusOr<std::unique_ptr<ErrorFlags>>
  create(std::shared_ptr<Context> context);
  ~ErrorFlags();

  /// The word of launch `slot`; later launches share the last one.
  CUdeviceptr address(uint32_t slot);

  /// Gives `stream` the copy of the words to the host.
  CUresult fetch(CUstream stream);
  /// Takes note of what was fetched, once the stream is done.
  Status collect(CUstream stream);

  /// The bits noted since the last call.
  uint32_t take() { return std::exchange(bits, 0); }
  /// The least launch that raised what was taken last; UINT32_MAX for one of
  /// those that share a word.
  uint32_t slot() const { return firstSlot; }

private:
  explicit ErrorFlags(std::shared_ptr<Context> context)
      : context(std::move(context)) {}

  std::shared_ptr<Context> context;
  CUdeviceptr words = 0;
  uint32_t *copy = nullptr; // pinned
  uint32_t used = 1;        // words that a launch was given
  uint32_t bits = 0, firstSlot = 0;
};

} // namespace weft::cuda

#endif // RUNTIME_DEVICE_CUDA_ERRORFLAGS_H
