//===- FuzzSafetensors.cpp - Hostile weight files -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/Safetensors.h"

#include <cstdlib>

using namespace weft;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StatusOr<SafetensorsHeader> header = readSafetensors({data, size});
  if (!header)
    return 0;
  for (const auto &[name, tensor] : header->tensors)
    if (tensor.offset > size || tensor.bytes > size - tensor.offset)
      std::abort();
  return 0;
}
