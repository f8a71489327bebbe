//===- ApiContext.cpp - Calls for contexts --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Driver.h"

#include <algorithm>

using namespace weft::cusim;

static Driver::PrimaryContext *primaryOf(Driver *driver, CUdevice device) {
  if (device < 0 || unsigned(device) >= driver->primaries.size())
    return nullptr;
  return driver->primaries[device].get();
}

CUSIM_EXPORT cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  CUSIM_ENTER_DRIVER();
  Driver::PrimaryContext *primary = primaryOf(driver, device);
  if (!primary)
    return CUDA_ERROR_INVALID_DEVICE;
  if (!context)
    return CUDA_ERROR_INVALID_VALUE;
  std::lock_guard lock(primary->mutex);
  if (primary->references++ == 0)
    primary->context = driver->makeContext(device, /*isPrimary=*/true);
  *context = primary->context.get();
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  CUSIM_ENTER_DRIVER();
  Driver::PrimaryContext *primary = primaryOf(driver, device);
  if (!primary)
    return CUDA_ERROR_INVALID_DEVICE;
  std::lock_guard lock(primary->mutex);
  if (primary->references == 0)
    return CUDA_ERROR_INVALID_CONTEXT;
  if (--primary->references == 0) {
    driver->destroyContext(primary->context);
    primary->context.reset();
  }
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
  CUSIM_ENTER_DRIVER();
  Driver::PrimaryContext *primary = primaryOf(driver, device);
  if (!primary)
    return CUDA_ERROR_INVALID_DEVICE;
  std::lock_guard lock(primary->mutex);
  primary->flags = flags;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuDevicePrimaryCtxGetState(CUdevice device, unsigned *flags,
                                        int *isActive) {
  CUSIM_ENTER_DRIVER();
  Driver::PrimaryContext *primary = primaryOf(driver, device);
  if (!primary)
    return CUDA_ERROR_INVALID_DEVICE;
  if (!flags || !isActive)
    return CUDA_ERROR_INVALID_VALUE;
  std::lock_guard lock(primary->mutex);
  *flags = primary->flags;
  *isActive = primary->references > 0;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuCtxCreate_v2(CUcontext *context, unsigned flags,
                            CUdevice device) {
  CUSIM_ENTER_DRIVER();
  if (!primaryOf(driver, device))
    return CUDA_ERROR_INVALID_DEVICE;
  if (!context)
    return CUDA_ERROR_INVALID_VALUE;
  *context = driver->makeContext(device, /*isPrimary=*/false).get();
  contextStack().push_back(*context);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuCtxCreate_v4(CUcontext *context, void *parameters,
                            unsigned flags, CUdevice device) {
  return parameters ? CUDA_ERROR_NOT_SUPPORTED
                    : cuCtxCreate_v2(context, flags, device);
}

CUSIM_EXPORT cuCtxDestroy_v2(CUcontext handle) {
  CUSIM_ENTER_DRIVER();
  std::shared_ptr<CUctx_st> context = driver->contexts.find(handle);
  if (!context || context->isPrimary)
    return CUDA_ERROR_INVALID_CONTEXT;
  driver->destroyContext(context);
  std::erase(contextStack(), handle);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuCtxSetCurrent(CUcontext context) {
  CUSIM_ENTER_DRIVER();
  std::vector<CUcontext> &stack = contextStack();
  if (context && !driver->contexts.find(context))
    return CUDA_ERROR_INVALID_CONTEXT;
  // It takes the place of the top; none pops that.
  if (!stack.empty())
    stack.pop_back();
  if (context)
    stack.push_back(context);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuCtxGetCurrent(CUcontext *context) {
  CUSIM_ENTER_DRIVER();
  if (!context)
    return CUDA_ERROR_INVALID_VALUE;
  *context = contextStack().empty() ? nullptr : contextStack().back();
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuCtxPushCurrent_v2(CUcontext context) {
  CUSIM_ENTER_DRIVER();
  if (!driver->contexts.find(context))
    return CUDA_ERROR_INVALID_CONTEXT;
  contextStack().push_back(context);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuCtxPopCurrent_v2(CUcontext *context) {
  CUSIM_ENTER_DRIVER();
  if (contextStack().empty())
    return CUDA_ERROR_INVALID_CONTEXT;
  if (context)
    *context = contextStack().back();
  contextStack().pop_back();
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuCtxGetDevice(CUdevice *device) {
  CUSIM_ENTER(/*mayBeFaulted=*/true);
  if (!device)
    return CUDA_ERROR_INVALID_VALUE;
  *device = entry.context->device;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuCtxSynchronize() {
  CUSIM_ENTER();
  if (CUresult error = entry.driver->refuseWhileCapturing())
    return error;
  return entry.driver->synchronize(*entry.context);
}

CUSIM_EXPORT cuCtxEnablePeerAccess(CUcontext handle, unsigned flags) {
  CUSIM_ENTER();
  std::shared_ptr<CUctx_st> peer = entry.driver->contexts.find(handle);
  if (!peer)
    return CUDA_ERROR_INVALID_CONTEXT;
  if (flags)
    return CUDA_ERROR_INVALID_VALUE;
  if (peer->device == entry.context->device)
    return CUDA_ERROR_PEER_ACCESS_UNSUPPORTED;
  {
    std::lock_guard lock(entry.context->mutex);
    if (!entry.context->peers.insert(peer->device).second)
      return CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED;
  }
  entry.driver->updatePeerAccess(entry.context->device, peer->device);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuCtxDisablePeerAccess(CUcontext handle) {
  CUSIM_ENTER();
  std::shared_ptr<CUctx_st> peer = entry.driver->contexts.find(handle);
  if (!peer)
    return CUDA_ERROR_INVALID_CONTEXT;
  {
    std::lock_guard lock(entry.context->mutex);
    if (entry.context->peers.erase(peer->device) == 0)
      return CUDA_ERROR_PEER_ACCESS_NOT_ENABLED;
  }
  entry.driver->updatePeerAccess(entry.context->device, peer->device);
  return CUDA_SUCCESS;
}
