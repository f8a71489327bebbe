//===- Safetensors.h - Weight files -----------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_ARTIFACT_SAFETENSORS_H
#define RUNTIME_ARTIFACT_SAFETENSORS_H

#include "weft/DataType.h"
#include "weft/Status.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// The directory of a safetensors file
/// (https://github.com/huggingface/safetensors, "Format").
struct SafetensorsHeader {
  struct Tensor {
    DataType type = DataType::Invalid;
    std::vector<int64_t> shape;
    uint64_t offset = 0; // bytes from the start of the file
    uint64_t bytes = 0;
  };
  std::map<std::string, Tensor, std::less<>> tensors;
  std::map<std::string, std::string, std::less<>> metadata;
};

/// Reads the header of a whole file's bytes, which are hostile. Fails on
/// duplicate names, on tensors that overlap, leave a hole, or whose bytes
/// differ from what shape and type ask for. Takes memory in proportion to the
/// header.
StatusOr<SafetensorsHeader> readSafetensors(std::span<const uint8_t> file);

} // namespace weft

#endif // RUNTIME_ARTIFACT_SAFETENSORS_H
