//===- FuzzNpy.cpp - Hostile npy files ------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Npy.h"

#include <cstdlib>

using namespace weft;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StatusOr<NpyHeader> header = readNpyHeader({data, size});
  if (header && header->dataOffset + header->dataBytes != size)
    std::abort();
  return 0;
}
