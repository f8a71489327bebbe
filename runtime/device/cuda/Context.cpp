//===- Context.cpp - One CUDA device, in use ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/Context.h"

using namespace weft;
using namespace weft::cuda;

StatusOr<std::shared_ptr<Context>>
Context::create(std::shared_ptr<const DriverLibrary> driver, unsigned ordinal) {
  std::string name = driver->kind() + (":" + std::to_string(ordinal));
  if (ordinal >= driver->deviceCount())
    return Status::error("there is no device '" + name +
                         "'; this machine has " +
                         std::to_string(driver->deviceCount()));
  std::shared_ptr<Context> result(new Context(std::move(driver)));
  const DriverLibrary &library = *result->library;
  result->deviceName = std::move(name);
  WEFT_CUDA_CALL(library, cuDeviceGet, &result->ordinalHandle,
                 static_cast<int>(ordinal));
  CUdevice device = result->ordinalHandle;
  char model[256] = {};
  WEFT_CUDA_CALL(library, cuDeviceGetName, model, sizeof(model) - 1, device);
  result->modelName = model;
  int major = 0, minor = 0, shared = 0;
  WEFT_CUDA_CALL(library, cuDeviceGetAttribute, &major,
                 CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device);
  WEFT_CUDA_CALL(library, cuDeviceGetAttribute, &minor,
                 CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
  WEFT_CUDA_CALL(library, cuDeviceGetAttribute, &shared,
                 CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, device);
  result->capability = static_cast<unsigned>(major * 10 + minor);
  result->mostShared = static_cast<uint64_t>(shared);
  WEFT_CUDA_CALL(library, cuDevicePrimaryCtxRetain, &result->context, device);
  return result;
}

Context::~Context() {
  if (context)
    functions().cuDevicePrimaryCtxRelease_v2(ordinalHandle);
}

Status Context::enter() const {
  return library->check(functions().cuCtxSetCurrent(context), "cuCtxSetCurrent",
                        deviceName);
}
