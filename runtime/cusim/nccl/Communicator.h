//===- Communicator.h - A rank and its stream work --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_NCCL_COMMUNICATOR_H
#define RUNTIME_CUSIM_NCCL_COMMUNICATOR_H

#include "runtime/cusim/nccl/Exchange.h"

#include <functional>
#include <memory>
#include <mutex>

namespace weft::cuda {

struct ncclComm : std::enable_shared_from_this<ncclComm> {
  std::unique_ptr<cusim::SharedGroup> group;
  std::string name;
  CUcontext context = nullptr;
  CUdevice device = 0;
  std::mutex mutex;
  /// The first error of the work that runs in streams.
  ncclResult_t error = ncclSuccess;
  /// Where the last work went, and its end: work is done in the order of the
  /// calls, in whatever streams.
  CUstream stream = nullptr;
  CUevent lastWork = nullptr;

  /// Appends work to the stream, which keeps the communicator. Its failure is
  /// the communicator's. The communicator's context need not be current.
  ncclResult_t enqueue(CUstream stream,
                       std::function<Status(cusim::SharedGroup &)> work);
  void fail(const std::string &message);

private:
  ncclResult_t append(CUstream stream,
                      std::function<Status(cusim::SharedGroup &)> work);
};

} // namespace weft::cuda

namespace weft::cusim {

/// Joins the group as one of its ranks, on the current device.
cuda::ncclResult_t makeCommunicator(cuda::ncclComm_t *communicator,
                                    const std::string &name, unsigned ranks,
                                    unsigned rank);
/// Waits for nothing: work of the communicator must have ended.
/// nullptr for what is no communicator, or was destroyed.
std::shared_ptr<cuda::ncclComm> findCommunicator(cuda::ncclComm_t handle);
/// False for what is none. Work in streams still uses it.
bool destroyCommunicator(cuda::ncclComm_t handle);

/// Prints why, and returns the code.
cuda::ncclResult_t refuse(cuda::ncclResult_t error, const std::string &message);

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_NCCL_COMMUNICATOR_H
