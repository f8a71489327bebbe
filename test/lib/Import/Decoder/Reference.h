//===- Reference.h - What a tiny model computes in transformers -*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_IMPORT_DECODER_REFERENCE_H
#define TEST_LIB_IMPORT_DECODER_REFERENCE_H

#include "runtime/artifact/Safetensors.h"
#include "runtime/base/MappedFile.h"

#include <cstring>

namespace weft {

/// reference.safetensors of scripts/make-decoders: tokens and logits of some
/// sequences, or inputs and output of an encoder.
class Reference {
public:
  explicit Reference(const std::string &path) {
    auto mapped = MappedFile::open(path);
    if (!mapped)
      return;
    file = std::move(*mapped);
    header = *readSafetensors(file.bytes());
    while (header.tensors.contains("tokens" + std::to_string(numSequences)))
      ++numSequences;
  }
  std::vector<int64_t> tokens(size_t sequence) const {
    auto values = read<int32_t>("tokens" + std::to_string(sequence));
    return {values.begin(), values.end()};
  }
  std::vector<float> logits(size_t sequence) const {
    return read<float>("logits" + std::to_string(sequence));
  }
  bool has(const std::string &name) const {
    return header.tensors.contains(name);
  }
  const std::vector<int64_t> &shape(const std::string &name) const {
    return header.tensors.find(name)->second.shape;
  }
  template <typename T> std::vector<T> read(const std::string &name) const {
    const auto &tensor = header.tensors.find(name)->second;
    std::vector<T> values(tensor.bytes / sizeof(T));
    std::memcpy(values.data(), file.bytes().data() + tensor.offset,
                tensor.bytes);
    return values;
  }
  size_t numSequences = 0;

private:
  MappedFile file;
  SafetensorsHeader header;
};

} // namespace weft

#endif // TEST_LIB_IMPORT_DECODER_REFERENCE_H
