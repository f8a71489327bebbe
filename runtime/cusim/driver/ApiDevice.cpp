//===- ApiDevice.cpp - Calls for the driver and its devices ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Driver.h"

#include <cstdio>
#include <cstring>

using namespace weft::cusim;

CUSIM_EXPORT cuInit(unsigned flags) {
  return flags ? CUDA_ERROR_INVALID_VALUE : Driver::initialize();
}

CUSIM_EXPORT cuDriverGetVersion(int *version) {
  if (!version)
    return CUDA_ERROR_INVALID_VALUE;
  *version = 13000;
  return CUDA_SUCCESS;
}

static CUresult checkDevice(CUdevice device) {
  CUSIM_ENTER_DRIVER();
  return device >= 0 && unsigned(device) < driver->devices.size()
             ? CUDA_SUCCESS
             : CUDA_ERROR_INVALID_DEVICE;
}

CUSIM_EXPORT cuDeviceGetCount(int *count) {
  CUSIM_ENTER_DRIVER();
  if (!count)
    return CUDA_ERROR_INVALID_VALUE;
  *count = driver->devices.size();
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuDeviceGet(CUdevice *device, int ordinal) {
  if (CUresult error = checkDevice(ordinal))
    return error;
  if (!device)
    return CUDA_ERROR_INVALID_VALUE;
  *device = ordinal;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuDeviceGetName(char *name, int length, CUdevice device) {
  if (CUresult error = checkDevice(device))
    return error;
  if (!name || length <= 0)
    return CUDA_ERROR_INVALID_VALUE;
  const Architecture &architecture = Driver::get()->architecture;
  std::snprintf(name, length, "cusim %.*s (simulated)",
                int(architecture.product.size()), architecture.product.data());
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device) {
  if (CUresult error = checkDevice(device))
    return error;
  if (!uuid)
    return CUDA_ERROR_INVALID_VALUE;
  std::memcpy(uuid->bytes, "cusim device", 12);
  std::memcpy(uuid->bytes + 12, &device, 4);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuDeviceGetPCIBusId(char *text, int length, CUdevice device) {
  if (CUresult error = checkDevice(device))
    return error;
  if (!text || length <= 0)
    return CUDA_ERROR_INVALID_VALUE;
  std::snprintf(text, length, "0000:%02x:00.0", device + 1);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  if (CUresult error = checkDevice(device))
    return error;
  if (!bytes)
    return CUDA_ERROR_INVALID_VALUE;
  *bytes = Driver::get()->addresses.capacity(device);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuDeviceCanAccessPeer(int *can, CUdevice device, CUdevice peer) {
  if (CUresult error = checkDevice(device))
    return error;
  if (CUresult error = checkDevice(peer))
    return error;
  if (!can)
    return CUDA_ERROR_INVALID_VALUE;
  *can = device != peer;
  return CUDA_SUCCESS;
}

static bool attributeOf(const Architecture &architecture,
                        CUdevice_attribute attribute, CUdevice device,
                        int &value) {
  switch (attribute) {
  case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y:
    value = 1024;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z:
    value = 64;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X:
    value = 0x7fffffff;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z:
    value = 65535;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK:
    value = 48 << 10;
    return true;
  case CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY:
    value = 64 << 10;
    return true;
  case CU_DEVICE_ATTRIBUTE_WARP_SIZE:
    value = WarpSize;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK:
  case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR:
    value = 65536;
    return true;
  case CU_DEVICE_ATTRIBUTE_CLOCK_RATE:
    value = architecture.clockKilohertz;
    return true;
  case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
    value = architecture.multiprocessors;
    return true;
  case CU_DEVICE_ATTRIBUTE_INTEGRATED:
  case CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID:
  case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED:
    value = 0;
    return true;
  case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY:
  case CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS:
  case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
  case CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY:
  case CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH:
    value = 1;
    return true;
  case CU_DEVICE_ATTRIBUTE_PCI_BUS_ID:
    value = device + 1;
    return true;
  case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE:
    value = architecture.memoryClockKilohertz;
    return true;
  case CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH:
    value = architecture.memoryBusBits;
    return true;
  case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
    value = architecture.l2Bytes;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR:
    value = architecture.threadsPerMultiprocessor;
    return true;
  case CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT:
    value = 2;
    return true;
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
    value = architecture.major;
    return true;
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
    value = architecture.minor;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR:
    value = architecture.sharedPerMultiprocessor;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
    value = architecture.sharedPerBlockOptin;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR:
    value = architecture.blocksPerMultiprocessor;
    return true;
  case CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK:
    value = 1 << 10;
    return true;
  case CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH:
    value = architecture.major >= 9;
    return true;
  }
  return false;
}

CUSIM_EXPORT cuDeviceGetAttribute(int *value, CUdevice_attribute attribute,
                                  CUdevice device) {
  if (CUresult error = checkDevice(device))
    return error;
  if (!value ||
      !attributeOf(Driver::get()->architecture, attribute, device, *value))
    return CUDA_ERROR_INVALID_VALUE;
  return CUDA_SUCCESS;
}
