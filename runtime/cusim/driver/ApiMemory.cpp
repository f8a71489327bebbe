//===- ApiMemory.cpp - Calls for memory -----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Driver.h"

using namespace weft;
using namespace weft::cusim;

/// Notes who frees the memory at last.
static void keep(CUctx_st &context, uint64_t address) {
  std::lock_guard lock(context.mutex);
  context.allocations.insert(address);
}

CUSIM_EXPORT cuMemGetInfo_v2(size_t *free, size_t *total) {
  CUSIM_ENTER();
  if (!free || !total)
    return CUDA_ERROR_INVALID_VALUE;
  unsigned device = entry.context->device;
  *total = entry.driver->addresses.capacity(device);
  *free = *total - entry.driver->addresses.used(device);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  CUSIM_ENTER();
  if (CUresult error = entry.driver->refuseWhileCapturing())
    return error;
  if (!address || bytes == 0)
    return CUDA_ERROR_INVALID_VALUE;
  StatusOr<uint64_t> allocated =
      entry.driver->addresses.allocate(entry.context->device, bytes);
  if (!allocated)
    return refuse(CUDA_ERROR_OUT_OF_MEMORY, "cuMemAlloc", allocated.message());
  keep(*entry.context, *allocated);
  *address = *allocated;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuMemAllocPitch_v2(CUdeviceptr *address, size_t *pitch,
                                size_t widthBytes, size_t height,
                                unsigned elementBytes) {
  if (!pitch || widthBytes == 0 || height == 0 || widthBytes > SIZE_MAX - 511 ||
      (elementBytes != 4 && elementBytes != 8 && elementBytes != 16))
    return CUDA_ERROR_INVALID_VALUE;
  *pitch = (widthBytes + 511) / 512 * 512;
  return *pitch > SIZE_MAX / height ? CUDA_ERROR_OUT_OF_MEMORY
                                    : cuMemAlloc_v2(address, *pitch * height);
}

static CUresult allocateHost(const char *call, void **address, size_t bytes) {
  CUSIM_ENTER();
  if (CUresult error = entry.driver->refuseWhileCapturing())
    return error;
  if (!address || bytes == 0)
    return CUDA_ERROR_INVALID_VALUE;
  StatusOr<void *> allocated = entry.driver->addresses.allocateHost(bytes);
  if (!allocated)
    return refuse(CUDA_ERROR_OUT_OF_MEMORY, call, allocated.message());
  keep(*entry.context, reinterpret_cast<uint64_t>(*allocated));
  *address = *allocated;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuMemAllocHost_v2(void **address, size_t bytes) {
  return allocateHost("cuMemAllocHost", address, bytes);
}

CUSIM_EXPORT cuMemHostAlloc(void **address, size_t bytes, unsigned flags) {
  if (flags & ~(CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP |
                CU_MEMHOSTALLOC_WRITECOMBINED))
    return CUDA_ERROR_INVALID_VALUE;
  return allocateHost("cuMemHostAlloc", address, bytes);
}

/// Host and device see the same pages at the same address, always.
CUSIM_EXPORT cuMemAllocManaged(CUdeviceptr *address, size_t bytes, unsigned) {
  void *host = nullptr;
  if (!address)
    return CUDA_ERROR_INVALID_VALUE;
  if (CUresult error = allocateHost("cuMemAllocManaged", &host, bytes))
    return error;
  *address = reinterpret_cast<CUdeviceptr>(host);
  return CUDA_SUCCESS;
}

/// Waits for all work, which may use the memory.
static CUresult freeMemory(uint64_t address) {
  CUSIM_ENTER(/*mayBeFaulted=*/true);
  if (address == 0)
    return CUDA_SUCCESS;
  for (const auto &context :
       entry.driver->contexts.findIf([](const CUctx_st &) { return true; })) {
    {
      std::lock_guard lock(context->mutex);
      if (context->allocations.erase(address) == 0)
        continue;
    }
    entry.driver->synchronize(*context);
    return entry.driver->addresses.free(address) ? CUDA_SUCCESS
                                                 : CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_ERROR_INVALID_VALUE;
}

CUSIM_EXPORT cuMemFree_v2(CUdeviceptr address) { return freeMemory(address); }

CUSIM_EXPORT cuMemFreeHost(void *address) {
  return freeMemory(reinterpret_cast<uint64_t>(address));
}

CUSIM_EXPORT cuMemGetAddressRange_v2(CUdeviceptr *base, size_t *bytes,
                                     CUdeviceptr address) {
  CUSIM_ENTER();
  std::optional<Allocation> found = entry.driver->addresses.find(address, 1);
  if (!found)
    return CUDA_ERROR_NOT_FOUND;
  if (base)
    *base = found->address;
  if (bytes)
    *bytes = found->bytes;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuMemHostRegister_v2(void *address, size_t bytes, unsigned) {
  CUSIM_ENTER();
  uint64_t begin = reinterpret_cast<uint64_t>(address);
  if (!address || bytes == 0 || begin > HostAddressMask ||
      bytes > HostAddressMask - begin)
    return CUDA_ERROR_INVALID_VALUE;
  if (!entry.driver->addresses.registerHost(address, bytes))
    return CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
  std::lock_guard lock(entry.context->mutex);
  entry.context->registrations.insert(address);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuMemHostUnregister(void *address) {
  CUSIM_ENTER(/*mayBeFaulted=*/true);
  entry.driver->synchronize(*entry.context);
  if (!entry.driver->addresses.unregisterHost(address))
    return CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
  for (const auto &context :
       entry.driver->contexts.findIf([](const CUctx_st &) { return true; })) {
    std::lock_guard lock(context->mutex);
    context->registrations.erase(address);
  }
  return CUDA_SUCCESS;
}

/// The context that an allocation goes with; none for registered memory.
static CUcontext ownerOf(Driver &driver, const Allocation &allocation) {
  auto owners = driver.contexts.findIf([&](const CUctx_st &context) {
    std::lock_guard lock(context.mutex);
    return context.allocations.count(allocation.address) != 0;
  });
  return owners.empty() ? nullptr : owners.front().get();
}

static std::optional<Allocation> findHost(Driver &driver, const void *host) {
  std::optional<Allocation> found =
      driver.addresses.find(reinterpret_cast<uint64_t>(host), 1);
  if (found && found->kind == Allocation::Kind::Device)
    return std::nullopt;
  return found;
}

CUSIM_EXPORT cuMemHostGetDevicePointer_v2(CUdeviceptr *address, void *host,
                                          unsigned flags) {
  CUSIM_ENTER();
  if (!address || flags || !findHost(*entry.driver, host))
    return CUDA_ERROR_INVALID_VALUE;
  *address = reinterpret_cast<CUdeviceptr>(host);
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuMemHostGetFlags(unsigned *flags, void *host) {
  CUSIM_ENTER();
  if (!flags || !findHost(*entry.driver, host))
    return CUDA_ERROR_INVALID_VALUE;
  *flags = CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP;
  return CUDA_SUCCESS;
}

CUSIM_EXPORT cuPointerGetAttribute(void *value, CUpointer_attribute attribute,
                                   CUdeviceptr address) {
  CUSIM_ENTER();
  std::optional<Allocation> found = entry.driver->addresses.find(address, 1);
  if (!value || !found)
    return CUDA_ERROR_INVALID_VALUE;
  bool isDevice = found->kind == Allocation::Kind::Device;
  switch (attribute) {
  case CU_POINTER_ATTRIBUTE_CONTEXT:
    *static_cast<CUcontext *>(value) = ownerOf(*entry.driver, *found);
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
    *static_cast<unsigned *>(value) =
        isDevice ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    *static_cast<CUdeviceptr *>(value) = address;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_HOST_POINTER:
    if (isDevice)
      return CUDA_ERROR_INVALID_VALUE;
    *static_cast<void **>(value) = AddressSpace::hostPointer(address);
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_IS_MANAGED:
    *static_cast<bool *>(value) = found->kind == Allocation::Kind::Managed;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
    *static_cast<int *>(value) = found->device;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    *static_cast<CUdeviceptr *>(value) = found->address;
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    *static_cast<size_t *>(value) = found->bytes;
    return CUDA_SUCCESS;
  }
  return CUDA_ERROR_INVALID_VALUE;
}
