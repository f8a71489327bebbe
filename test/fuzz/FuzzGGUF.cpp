//===- FuzzGGUF.cpp - Any bytes as a GGUF file ----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/GGUF/GGUFFile.h"

#include <cstdlib>

using namespace weft;

/// Tensors lie within the file, and values can be read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StatusOr<gguf::GGUFFile> file = gguf::GGUFFile::ofBytes({data, size});
  if (!file)
    return 0;
  for (const gguf::GGUFFile::Tensor &tensor : file->getTensors())
    if (tensor.offset > size || tensor.bytes > size - tensor.offset)
      std::abort();
  auto texts = file->get<std::vector<std::string_view>>("key");
  if (texts && *texts && (*texts)->size() != file->find("key")->size())
    std::abort();
  return 0;
}
