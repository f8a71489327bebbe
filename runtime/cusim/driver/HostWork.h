//===- HostWork.h - What a library does in a stream -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_HOSTWORK_H
#define RUNTIME_CUSIM_DRIVER_HOSTWORK_H

#include "runtime/cuda_api/DriverTypes.h"

#include <functional>
#include <memory>

// Of the driver that the library is linked with: cusim's.
extern "C" {
weft::cuda::CUresult cuLaunchHostFunc(weft::cuda::CUstream stream,
                                      weft::cuda::CUhostFn function,
                                      void *data);
weft::cuda::CUresult
cuStreamIsCapturing(weft::cuda::CUstream stream,
                    weft::cuda::CUstreamCaptureStatus *status);
}

namespace weft::cusim {

/// Appends work to a stream as a host function.
inline cuda::CUresult launchHostWork(cuda::CUstream stream,
                                     std::function<void()> work) {
  using Work = std::function<void()>;
  cuda::CUstreamCaptureStatus status;
  if (cuda::CUresult error = cuStreamIsCapturing(stream, &status))
    return error;
  cuda::CUhostFn run = [](void *data) {
    std::unique_ptr<Work> work(static_cast<Work *>(data));
    (*work)();
  };
  // A graph may run it many times: it stays.
  if (status != cuda::CU_STREAM_CAPTURE_STATUS_NONE)
    run = [](void *data) { (*static_cast<Work *>(data))(); };
  auto owned = std::make_unique<Work>(std::move(work));
  cuda::CUresult error = cuLaunchHostFunc(stream, run, owned.get());
  if (error == cuda::CUDA_SUCCESS)
    owned.release();
  return error;
}

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_HOSTWORK_H
