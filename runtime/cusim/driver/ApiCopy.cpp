//===- ApiCopy.cpp - Calls that copy and fill memory ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Driver.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include <sys/mman.h>

using namespace weft;
using namespace weft::cusim;

namespace {
/// What a parameter of a copy says its address is.
enum class Side { Device, Host, Any };

/// An address of a copy, checked.
struct Place {
  uint64_t address = 0;
  /// Host memory that devices cannot read: neither pinned nor registered.
  bool isPageable = false;
};
} // namespace

static std::string hexOf(uint64_t number) {
  char text[20];
  std::snprintf(text, sizeof(text), "0x%llx", (unsigned long long)number);
  return text;
}

static CUresult findPlace(const char *call, uint64_t address, size_t bytes,
                          Side side, Place &place) {
  place.address = address;
  if (bytes == 0)
    return CUDA_SUCCESS;
  if (Driver::get()->addresses.find(address, bytes))
    return CUDA_SUCCESS;
  bool isTagged = address >> TagShift != 0;
  // What begins inside of an allocation must end there.
  place.isPageable = !isTagged && side != Side::Device &&
                     !Driver::get()->addresses.find(address, 1);
  if (place.isPageable && address != 0)
    return CUDA_SUCCESS;
  return refuse(CUDA_ERROR_INVALID_VALUE, call,
                std::to_string(bytes) + " bytes at " + hexOf(address) +
                    " are not inside one allocation");
}

/// Fails when memory that the call found is gone when the stream comes to it.
static bool isStillThere(CUcontext context, const char *call, uint64_t address,
                         size_t bytes) {
  Driver &driver = *Driver::get();
  if (address >> TagShift == 0 || driver.addresses.find(address, bytes))
    return true;
  driver.fail(*context, CUDA_ERROR_ILLEGAL_ADDRESS,
              std::string("cusim: ") + call + ": " + std::to_string(bytes) +
                  " bytes at " + hexOf(address) +
                  " were freed before the stream came to the copy");
  return false;
}

/// `stream` is nothing for a call that returns when it is done.
static CUresult copy(const char *call, uint64_t to, Side toSide, uint64_t from,
                     Side fromSide, size_t bytes,
                     std::optional<CUstream> stream) {
  CUSIM_ENTER();
  Place target, source;
  if (CUresult error = findPlace(call, to, bytes, toSide, target))
    return error;
  if (CUresult error = findPlace(call, from, bytes, fromSide, source))
    return error;
  CUcontext context = entry.context.get();
  std::function<void()> run = [=] {
    if (bytes && isStillThere(context, call, to, bytes) &&
        isStillThere(context, call, from, bytes))
      std::memmove(AddressSpace::hostPointer(to),
                   AddressSpace::hostPointer(from), bytes);
  };
  if (!stream)
    return entry.driver->submitAndWait({Operation::Kind::Copy, nullptr, run});
  bool captures = false;
  if (CUresult error = entry.driver->isCapturing(*stream, captures))
    return error;
  // A driver stages pageable memory: what it reads is what was there at the
  // call, and what it writes is there when the call returns.
  if (source.isPageable && !captures) {
    auto staged = std::make_shared<std::vector<uint8_t>>(
        AddressSpace::hostPointer(from),
        AddressSpace::hostPointer(from) + bytes);
    run = [=] {
      if (bytes && isStillThere(context, call, to, bytes))
        std::memcpy(AddressSpace::hostPointer(to), staged->data(), bytes);
    };
    return entry.driver->submit(*stream, {Operation::Kind::Copy, nullptr, run});
  }
  if (CUresult error =
          entry.driver->submit(*stream, {Operation::Kind::Copy, nullptr, run}))
    return error;
  if (!target.isPageable || captures)
    return CUDA_SUCCESS;
  return entry.driver->wait(*stream);
}

static uint64_t addressOf(const void *pointer) {
  return reinterpret_cast<uint64_t>(pointer);
}

CUSIM_EXPORT cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return copy("cuMemcpy", to, Side::Any, from, Side::Any, bytes, std::nullopt);
}

CUSIM_EXPORT cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                           CUstream stream) {
  return copy("cuMemcpyAsync", to, Side::Any, from, Side::Any, bytes, stream);
}

CUSIM_EXPORT cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  return copy("cuMemcpyHtoD", to, Side::Device, addressOf(from), Side::Host,
              bytes, std::nullopt);
}

CUSIM_EXPORT cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  return copy("cuMemcpyDtoH", addressOf(to), Side::Host, from, Side::Device,
              bytes, std::nullopt);
}

CUSIM_EXPORT cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return copy("cuMemcpyDtoD", to, Side::Device, from, Side::Device, bytes,
              std::nullopt);
}

CUSIM_EXPORT cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from,
                                  size_t bytes, CUstream stream) {
  return copy("cuMemcpyHtoDAsync", to, Side::Device, addressOf(from),
              Side::Host, bytes, stream);
}

CUSIM_EXPORT cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes,
                                  CUstream stream) {
  return copy("cuMemcpyDtoHAsync", addressOf(to), Side::Host, from,
              Side::Device, bytes, stream);
}

CUSIM_EXPORT cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from,
                                  size_t bytes, CUstream stream) {
  return copy("cuMemcpyDtoDAsync", to, Side::Device, from, Side::Device, bytes,
              stream);
}

static CUresult copyPeer(const char *call, CUdeviceptr to, CUcontext toContext,
                         CUdeviceptr from, CUcontext fromContext, size_t bytes,
                         std::optional<CUstream> stream) {
  CUSIM_ENTER_DRIVER();
  if (!driver->contexts.find(toContext) || !driver->contexts.find(fromContext))
    return CUDA_ERROR_INVALID_CONTEXT;
  return copy(call, to, Side::Device, from, Side::Device, bytes, stream);
}

CUSIM_EXPORT cuMemcpyPeer(CUdeviceptr to, CUcontext toContext, CUdeviceptr from,
                          CUcontext fromContext, size_t bytes) {
  return copyPeer("cuMemcpyPeer", to, toContext, from, fromContext, bytes,
                  std::nullopt);
}

CUSIM_EXPORT cuMemcpyPeerAsync(CUdeviceptr to, CUcontext toContext,
                               CUdeviceptr from, CUcontext fromContext,
                               size_t bytes, CUstream stream) {
  return copyPeer("cuMemcpyPeerAsync", to, toContext, from, fromContext, bytes,
                  stream);
}

namespace {
/// Rows of device memory, from the first byte of the first row.
struct Rows {
  uint64_t address, pitch;
  /// UINT64_MAX for more than there can be.
  uint64_t bytes(uint64_t width, uint64_t height) const {
    unsigned __int128 total = height ? (height - 1) : 0;
    total = total * pitch + width;
    return total >> 62 ? UINT64_MAX : uint64_t(total);
  }
};
} // namespace

CUSIM_EXPORT cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D *copy,
                                CUstream streamHandle) {
  CUSIM_ENTER();
  const char *call = "cuMemcpy2DAsync";
  if (!copy)
    return CUDA_ERROR_INVALID_VALUE;
  if (copy->srcMemoryType != CU_MEMORYTYPE_DEVICE ||
      copy->dstMemoryType != CU_MEMORYTYPE_DEVICE)
    return refuse(CUDA_ERROR_NOT_SUPPORTED, call,
                  "only copies inside of device memory are supported");
  size_t width = copy->WidthInBytes, height = copy->Height;
  if (width == 0 || height == 0)
    return CUDA_SUCCESS;
  if (copy->srcXInBytes + width > copy->srcPitch ||
      copy->dstXInBytes + width > copy->dstPitch)
    return refuse(CUDA_ERROR_INVALID_VALUE, call,
                  "rows of " + std::to_string(width) +
                      " bytes are longer than the pitch");
  Rows source = {copy->srcDevice + copy->srcY * copy->srcPitch +
                     copy->srcXInBytes,
                 copy->srcPitch},
       target = {copy->dstDevice + copy->dstY * copy->dstPitch +
                     copy->dstXInBytes,
                 copy->dstPitch};
  Place place;
  for (const Rows &rows : {source, target})
    if (CUresult error = findPlace(
            call, rows.address, rows.bytes(width, height), Side::Device, place))
      return error;
  CUcontext context = entry.context.get();
  return entry.driver->submit(
      streamHandle,
      {Operation::Kind::Copy, nullptr, [=] {
         for (const Rows &rows : {source, target})
           if (!isStillThere(context, call, rows.address,
                             rows.bytes(width, height)))
             return;
         for (size_t row = 0; row < height; ++row)
           std::memmove(
               AddressSpace::hostPointer(target.address) + row * target.pitch,
               AddressSpace::hostPointer(source.address) + row * source.pitch,
               width);
       }});
}

/// Zeros in device memory. Whole pages go back to the system, which gives them
/// out as zeros: a cache that was cleared takes memory as it is used.
static void clear(uint8_t *begin, uint8_t *end) {
  constexpr uintptr_t PageBytes = 4096;
  constexpr ptrdiff_t WorthACall = 1 << 20;
  if (end - begin >= WorthACall) {
    uint8_t *firstPage =
        begin + -reinterpret_cast<uintptr_t>(begin) % PageBytes;
    uint8_t *lastEnd = end - reinterpret_cast<uintptr_t>(end) % PageBytes;
    if (madvise(firstPage, lastEnd - firstPage, MADV_DONTNEED) == 0) {
      std::fill(begin, firstPage, 0);
      begin = lastEnd;
    }
  }
  std::fill(begin, end, 0);
}

static bool isDeviceMemory(uint64_t address) {
  std::optional<Allocation> found = Driver::get()->addresses.find(address, 1);
  return found && found->kind == Allocation::Kind::Device;
}

template <typename T>
static CUresult fill(const char *call, CUdeviceptr to, T value, size_t count,
                     std::optional<CUstream> stream) {
  CUSIM_ENTER();
  if (to % sizeof(T) || count > SIZE_MAX / sizeof(T))
    return CUDA_ERROR_INVALID_VALUE;
  size_t bytes = count * sizeof(T);
  Place target;
  if (CUresult error = findPlace(call, to, bytes, Side::Device, target))
    return error;
  CUcontext context = entry.context.get();
  Operation operation{
      Operation::Kind::Fill, nullptr, [=] {
        if (bytes == 0 || !isStillThere(context, call, to, bytes))
          return;
        uint8_t *memory = AddressSpace::hostPointer(to);
        if (value == 0 && isDeviceMemory(to))
          return clear(memory, memory + bytes);
        T *begin = reinterpret_cast<T *>(memory);
        std::fill(begin, begin + count, value);
      }};
  return stream ? entry.driver->submit(*stream, std::move(operation))
                : entry.driver->submitAndWait(std::move(operation));
}

CUSIM_EXPORT cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
  return fill<uint8_t>("cuMemsetD8", to, value, count, std::nullopt);
}

CUSIM_EXPORT cuMemsetD16_v2(CUdeviceptr to, unsigned short value,
                            size_t count) {
  return fill<uint16_t>("cuMemsetD16", to, value, count, std::nullopt);
}

CUSIM_EXPORT cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
  return fill<uint32_t>("cuMemsetD32", to, value, count, std::nullopt);
}

CUSIM_EXPORT cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count,
                             CUstream stream) {
  return fill<uint8_t>("cuMemsetD8Async", to, value, count, stream);
}

CUSIM_EXPORT cuMemsetD16Async(CUdeviceptr to, unsigned short value,
                              size_t count, CUstream stream) {
  return fill<uint16_t>("cuMemsetD16Async", to, value, count, stream);
}

CUSIM_EXPORT cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count,
                              CUstream stream) {
  return fill<uint32_t>("cuMemsetD32Async", to, value, count, stream);
}
