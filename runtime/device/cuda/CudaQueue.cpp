//===- CudaQueue.cpp - A stream -------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/CudaQueue.h"
#include "runtime/base/Text.h"

#include <algorithm>
#include <chrono>
#include <thread>

using namespace weft;
using namespace weft::cuda;

static CUdeviceptr address(const void *pointer) {
  return reinterpret_cast<CUdeviceptr>(pointer);
}

//===----------------------------------------------------------------------===//
// Streams and events
//===----------------------------------------------------------------------===//

CudaQueue::CudaQueue(std::shared_ptr<Context> ofDevice,
                     std::shared_ptr<ErrorFlags> errorFlags,
                     std::shared_ptr<Multiplier> ofProducts)
    : context(std::move(ofDevice)), flags(std::move(errorFlags)),
      multiplier(std::move(ofProducts)) {
  ready = context->enter();
  if (ready)
    ready = context->driver().check(
        context->functions().cuStreamCreate(&handle, CU_STREAM_NON_BLOCKING),
        "cuStreamCreate", context->name());
  if (ready)
    staging.emplace(*context, handle);
}

CudaQueue::~CudaQueue() {
  if (!handle || !context->enter())
    return;
  // Buffers that it uses may go right after it.
  context->functions().cuStreamSynchronize(handle);
  staging.reset();
  context->functions().cuStreamDestroy_v2(handle);
}

CudaEvent::CudaEvent(std::shared_ptr<Context> ofDevice)
    : context(std::move(ofDevice)) {
  ready = context->enter();
  if (ready)
    ready = context->driver().check(
        context->functions().cuEventCreate(&handle, CU_EVENT_DISABLE_TIMING),
        "cuEventCreate", context->name());
}

CudaEvent::~CudaEvent() {
  if (handle && context->enter())
    context->functions().cuEventDestroy_v2(handle);
}

bool CudaEvent::isDone() const {
  return wasSignalled && context->enter() &&
         context->functions().cuEventQuery(handle) == CUDA_SUCCESS;
}

Status CudaQueue::signal(Event &event) {
  auto &own = static_cast<CudaEvent &>(event);
  WEFT_RETURN_IF_ERROR(enter());
  WEFT_RETURN_IF_ERROR(own.ready);
  own.wasSignalled = true;
  return check(context->functions().cuEventRecord(own.handle, handle),
               "cuEventRecord");
}

Status CudaQueue::wait(Event &event) {
  auto &own = static_cast<CudaEvent &>(event);
  // CUDA would not wait at all; as on a CPU, this is a program's mistake.
  if (!own.wasSignalled)
    return Status::error("waits for an event that was never signalled");
  WEFT_RETURN_IF_ERROR(enter());
  return check(context->functions().cuStreamWaitEvent(handle, own.handle, 0),
               "cuStreamWaitEvent");
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

Status CudaQueue::enter() const { return ready ? context->enter() : ready; }

/// Errors that a kernel causes while it runs: every later call gives them too.
static bool isOfKernel(CUresult result) {
  switch (result) {
  case CUDA_ERROR_ILLEGAL_ADDRESS:
  case CUDA_ERROR_LAUNCH_TIMEOUT:
  case CUDA_ERROR_ASSERT:
  case CUDA_ERROR_ILLEGAL_INSTRUCTION:
  case CUDA_ERROR_MISALIGNED_ADDRESS:
  case CUDA_ERROR_INVALID_ADDRESS_SPACE:
  case CUDA_ERROR_INVALID_PC:
  case CUDA_ERROR_LAUNCH_FAILED:
    return true;
  default:
    return false;
  }
}

Status CudaQueue::check(CUresult result, const char *call) const {
  if (result == CUDA_SUCCESS)
    return Status::ok();
  if (!isOfKernel(result) || pending.empty())
    return context->driver().check(result, call, context->name());
  std::string what;
  if (pending.size() == 1) {
    if (pending[0].node)
      what = "node '" + printable(*pending[0].node) + "': ";
    what += "kernel '" + printable(*pending[0].name) + "'";
    return context->driver().check(result, call, what);
  }
  std::vector<std::string> names;
  for (const LaunchedKernel &kernel : pending)
    if (std::find(names.begin(), names.end(), *kernel.name) == names.end())
      names.push_back(*kernel.name);
  for (const std::string &name : names)
    what += (what.empty() ? "'" : ", '") + printable(name) + "'";
  what = (names.size() == 1 ? "kernel " : "one of the kernels ") + what;
  Status status = context->driver().check(result, call, what);
  return Status::error(status.message() +
                       "; a run with --trace=FILE says where");
}

void CudaQueue::note(const LaunchedKernel &kernel) {
  (isCapturing ? captured : pending).push_back(kernel);
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

Status CudaQueue::checkShape(const CudaCode::Kernel &kernel,
                             const Launch &launch) const {
  auto bad = [&](const std::string &what) {
    return Status::error("kernel '" + printable(kernel.name) + "' " + what);
  };
  if (launch.buffers.size() != kernel.buffers ||
      launch.sizes.size() != kernel.sizes)
    return bad("is given " + std::to_string(launch.buffers.size()) +
               " buffers and " + std::to_string(launch.sizes.size()) +
               " sizes; it takes " + std::to_string(kernel.buffers) + " and " +
               std::to_string(kernel.sizes));
  if (launch.blockThreads < 1 || launch.blockThreads > kernel.mostThreads)
    return bad("is launched with blocks of " +
               std::to_string(launch.blockThreads) +
               " threads; expected 1 to " + std::to_string(kernel.mostThreads));
  constexpr uint64_t mostBlocks[] = {0x7fffffff, 65535, 65535};
  for (int i = 0; i != 3; ++i)
    if (launch.grid[i] > mostBlocks[i])
      return bad("is launched with " + std::to_string(launch.grid[i]) +
                 " blocks in " + "xyz"[i] + "; expected at most " +
                 std::to_string(mostBlocks[i]));
  if (launch.sharedBytes + kernel.staticShared > context->sharedBytes())
    return bad("needs " +
               std::to_string(launch.sharedBytes + kernel.staticShared) +
               " bytes of shared memory for a block; " + context->name() +
               " has " + std::to_string(context->sharedBytes()));
  return Status::ok();
}

Status CudaQueue::launch(const Launch &launch) {
  if (launch.chunk < 1)
    return Status::error("a chunk of 0 work items; expected at least 1");
  const CudaCode::Kernel &kernel =
      static_cast<const CudaCode *>(launch.code)->kernel(launch.kernel);
  WEFT_RETURN_IF_ERROR(checkShape(kernel, launch));
  if (launch.grid[0] == 0 || launch.grid[1] == 0 || launch.grid[2] == 0)
    return Status::ok();
  WEFT_RETURN_IF_ERROR(enter());
  parameters.clear();
  for (void *const &buffer : launch.buffers)
    parameters.push_back(const_cast<void **>(&buffer));
  for (const int64_t &size : launch.sizes)
    parameters.push_back(const_cast<int64_t *>(&size));
  CUdeviceptr error = flags->address(launch.errorSlot);
  parameters.push_back(&error);
  CUresult result = context->functions().cuLaunchKernel(
      kernel.function, static_cast<unsigned>(launch.grid[0]),
      static_cast<unsigned>(launch.grid[1]),
      static_cast<unsigned>(launch.grid[2]), launch.blockThreads, 1, 1,
      static_cast<unsigned>(launch.sharedBytes), handle, parameters.data(),
      nullptr);
  if (result != CUDA_SUCCESS && !isOfKernel(result))
    return context->driver().check(result, "cuLaunchKernel",
                                   "kernel '" + printable(kernel.name) + "'");
  WEFT_RETURN_IF_ERROR(check(result, "cuLaunchKernel"));
  note({&kernel.name, launch.node});
  return Status::ok();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Status CudaQueue::copy(void *destination, const void *source, uint64_t bytes) {
  if (bytes == 0)
    return Status::ok();
  WEFT_RETURN_IF_ERROR(enter());
  return check(context->functions().cuMemcpyDtoDAsync_v2(
                   address(destination), address(source), bytes, handle),
               "cuMemcpyDtoDAsync");
}

Status CudaQueue::fill(void *destination, uint8_t byte, uint64_t bytes) {
  if (bytes == 0)
    return Status::ok();
  WEFT_RETURN_IF_ERROR(enter());
  return check(context->functions().cuMemsetD8Async(address(destination), byte,
                                                    bytes, handle),
               "cuMemsetD8Async");
}

Status CudaQueue::upload(void *destination, const void *host, uint64_t bytes) {
  if (bytes == 0)
    return Status::ok();
  WEFT_RETURN_IF_ERROR(enter());
  return staging->upload(address(destination), host, bytes);
}

Status CudaQueue::download(void *host, const void *source, uint64_t bytes) {
  if (bytes == 0)
    return Status::ok();
  WEFT_RETURN_IF_ERROR(enter());
  // What a kernel before it does wrong is that kernel's error.
  if (!pending.empty())
    WEFT_RETURN_IF_ERROR(finish());
  return staging->download(host, address(source), bytes);
}

//===----------------------------------------------------------------------===//
// Waiting
//===----------------------------------------------------------------------===//

Status CudaQueue::finish() {
  WEFT_RETURN_IF_ERROR(enter());
  WEFT_RETURN_IF_ERROR(check(flags->fetch(handle), "cuMemcpyDtoHAsync"));
  WEFT_RETURN_IF_ERROR(check(context->functions().cuStreamSynchronize(handle),
                             "cuStreamSynchronize"));
  pending.clear();
  return flags->collect(handle);
}

StatusOr<bool> CudaQueue::finishUnless(const std::function<bool()> &stops) {
  using Clock = std::chrono::steady_clock;
  WEFT_RETURN_IF_ERROR(enter());
  WEFT_RETURN_IF_ERROR(check(flags->fetch(handle), "cuMemcpyDtoHAsync"));
  // Most steps end soon; who waits long may wait a little longer.
  const Clock::time_point begin = Clock::now();
  while (true) {
    CUresult result = context->functions().cuStreamQuery(handle);
    if (result != CUDA_ERROR_NOT_READY) {
      WEFT_RETURN_IF_ERROR(check(result, "cuStreamQuery"));
      break;
    }
    if (stops())
      return false;
    if (Clock::now() - begin < std::chrono::microseconds(100))
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  pending.clear();
  WEFT_RETURN_IF_ERROR(flags->collect(handle));
  return true;
}
