//===- HostWork.h - How a library works in streams --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_HOSTWORK_H
#define RUNTIME_CUSIM_DRIVER_HOSTWORK_H

#include "runtime/cusim/driver/Prototypes.h"

#include <functional>
#include <memory>

namespace weft::cusim {

/// Appends work to a stream as a host function.
inline cuda::CUresult launchHostWork(cuda::CUstream stream,
                                     std::function<void()> work) {
  using Work = std::function<void()>;
  cuda::CUstreamCaptureStatus status;
  if (cuda::CUresult error = cuda::cuStreamIsCapturing(stream, &status))
    return error;
  cuda::CUhostFn run = [](void *data) {
    std::unique_ptr<Work> work(static_cast<Work *>(data));
    (*work)();
  };
  // A graph may run it many times: it stays.
  if (status != cuda::CU_STREAM_CAPTURE_STATUS_NONE)
    run = [](void *data) { (*static_cast<Work *>(data))(); };
  auto owned = std::make_unique<Work>(std::move(work));
  cuda::CUresult error = cuda::cuLaunchHostFunc(stream, run, owned.get());
  if (error == cuda::CUDA_SUCCESS)
    owned.release();
  return error;
}

/// Whether [address, address + bytes) lies inside one allocation; nothing does.
inline bool liesInAllocation(uint64_t address, uint64_t bytes) {
  cuda::CUdeviceptr base;
  size_t size;
  if (bytes == 0)
    return true;
  return cuda::cuMemGetAddressRange_v2(&base, &size, address) ==
             cuda::CUDA_SUCCESS &&
         address - base <= size && bytes <= size - (address - base);
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_HOSTWORK_H
