//===- GGUFBuilder.h - GGUF files for tests ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_IMPORT_GGUF_GGUFBUILDER_H
#define TEST_LIB_IMPORT_GGUF_GGUFBUILDER_H

#include "lib/Import/GGUF/GGUFFile.h"

#include <cstring>

namespace weft::gguf {

/// Writes what it is told, sense or not.
class GGUFBuilder {
public:
  uint32_t version = 3;
  uint64_t alignment = 32;
  /// Added to the counts in the header.
  uint64_t moreTensors = 0, moreValues = 0;

  template <typename T> static std::string bytesOf(T value) {
    std::string bytes(sizeof(T), '\0');
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
  }
  static std::string bytesOf(const char *text) {
    return bytesOf(uint64_t(std::strlen(text))) + text;
  }

  GGUFBuilder &raw(const char *key, uint32_t type, const std::string &bytes) {
    values += bytesOf(key) + bytesOf(type) + bytes;
    ++numValues;
    return *this;
  }
  GGUFBuilder &integer(const char *key, uint32_t value) {
    return raw(key, uint32_t(ValueType::U32), bytesOf(value));
  }
  GGUFBuilder &number(const char *key, float value) {
    return raw(key, uint32_t(ValueType::F32), bytesOf(value));
  }
  GGUFBuilder &text(const char *key, const char *value) {
    return raw(key, uint32_t(ValueType::String), bytesOf(value));
  }
  GGUFBuilder &array(const char *key, ValueType type, uint64_t count,
                     const std::string &elements) {
    return raw(key, uint32_t(ValueType::Array),
               bytesOf(uint32_t(type)) + bytesOf(count) + elements);
  }

  /// `dimensions` are in the file's order: the one of rows comes last.
  GGUFBuilder &tensorAt(const char *name, std::vector<uint64_t> dimensions,
                        uint32_t type, uint64_t offset) {
    tensors += bytesOf(name) + bytesOf(uint32_t(dimensions.size()));
    for (uint64_t size : dimensions)
      tensors += bytesOf(size);
    tensors += bytesOf(type) + bytesOf(offset);
    ++numTensors;
    return *this;
  }
  /// A tensor behind those before it.
  GGUFBuilder &tensor(const char *name, std::vector<uint64_t> dimensions,
                      uint32_t type, const std::string &content) {
    data.resize((data.size() + alignment - 1) / alignment * alignment);
    tensorAt(name, std::move(dimensions), type, data.size());
    data += content;
    return *this;
  }

  std::string build() const {
    std::string file = "GGUF" + bytesOf(version) +
                       bytesOf(numTensors + moreTensors) +
                       bytesOf(numValues + moreValues) + values + tensors;
    file.resize((file.size() + alignment - 1) / alignment * alignment);
    return file + data;
  }

private:
  std::string values, tensors, data;
  uint64_t numValues = 0, numTensors = 0;
};

inline StatusOr<GGUFFile> readGGUF(const std::string &file) {
  return GGUFFile::ofBytes(
      {reinterpret_cast<const uint8_t *>(file.data()), file.size()});
}

} // namespace weft::gguf

#endif // TEST_LIB_IMPORT_GGUF_GGUFBUILDER_H
