//===- PinnedStaging.h - Between host and device ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_CUDA_PINNEDSTAGING_H
#define RUNTIME_DEVICE_CUDA_PINNEDSTAGING_H

#include "runtime/device/cuda/Context.h"

namespace weft::cuda {

/// Moves bytes through two pinned buffers in turn: while the device copies from
/// one, the host fills the other. However much is moved, no more than these is
/// ever held.
class PinnedStaging {
public:
  PinnedStaging(Context &context, CUstream stream)
      : context(context), stream(stream) {}
  /// To be called when the stream is done.
  ~PinnedStaging();

  /// Returns when `host` may change: its bytes wait in a buffer.
  Status upload(CUdeviceptr destination, const void *host, uint64_t bytes);
  /// Returns when the bytes are in `host`.
  Status download(void *host, CUdeviceptr source, uint64_t bytes);

private:
  struct Chunk {
    char *memory = nullptr;
    CUevent event = nullptr; // after the last copy from or to it
    bool isBusy = false;
    uint64_t used = 0;
  };

  Status reserve(uint64_t bytes);
  Status release();
  Status record(Chunk &chunk);
  Status wait(Chunk &chunk);
  Status turn();

  Context &context;
  const CUstream stream;
  Chunk chunks[2];
  unsigned current = 0;
  uint64_t capacity = 0;
};

} // namespace weft::cuda

#endif // RUNTIME_DEVICE_CUDA_PINNEDSTAGING_H
