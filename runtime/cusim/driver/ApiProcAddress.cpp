//===- ApiProcAddress.cpp - cuGetProcAddress ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/Driver.h"
#include "runtime/cusim/driver/Prototypes.h"

#include <cstring>
#include <string_view>

using namespace weft::cuda;

namespace {
struct Symbol {
  std::string_view name;
  void *address;
};
} // namespace

static const Symbol symbols[] = {
#define WEFT_CUDA(NAME, PARAMETERS) {#NAME, reinterpret_cast<void *>(&NAME)},
#include "runtime/cuda_api/DriverFunctions.def"
#undef WEFT_CUDA
};

CUSIM_EXPORT cuGetProcAddress(const char *symbol, void **address, int version,
                              uint64_t flags);

/// The CUDA version from which on a name without suffix means this function,
/// where the parameters differ from those before.
static int firstVersion(std::string_view name) {
  return name == "cuCtxCreate_v4"        ? 13000
         : name == "cuGetProcAddress_v2" ? 12000
                                         : 0;
}

/// A name with a version's suffix, or without: then the newest version that
/// the CUDA version of the program knows.
static void *findSymbol(std::string_view name, int version) {
  void *address = name == "cuGetProcAddress"
                      ? reinterpret_cast<void *>(&cuGetProcAddress)
                      : nullptr;
  for (const Symbol &symbol : symbols) {
    if (symbol.name == name)
      return symbol.address;
    if (symbol.name.starts_with(name) &&
        symbol.name.substr(name.size()).starts_with("_v") &&
        symbol.name.size() == name.size() + 3 &&
        firstVersion(symbol.name) <= version)
      address = symbol.address;
  }
  return address;
}

CUSIM_EXPORT cuGetProcAddress_v2(const char *symbol, void **address,
                                 int version, uint64_t,
                                 CUdriverProcAddressQueryResult *result) {
  if (!symbol || !address)
    return CUDA_ERROR_INVALID_VALUE;
  *address = findSymbol(symbol, version);
  if (result)
    *result = *address ? CU_GET_PROC_ADDRESS_SUCCESS
                       : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  return *address ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

/// The name under which CUDA 11 exported it.
CUSIM_EXPORT cuGetProcAddress(const char *symbol, void **address, int version,
                              uint64_t flags) {
  return cuGetProcAddress_v2(symbol, address, version, flags, nullptr);
}
