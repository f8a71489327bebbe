//===- Value.h - A metadata value of a GGUF file ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_GGUF_VALUE_H
#define LIB_IMPORT_GGUF_VALUE_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::gguf {

/// Numbered as in the file (https://github.com/ggml-org/ggml, docs/gguf.md).
enum class ValueType : uint32_t {
  U8 = 0,
  I8 = 1,
  U16 = 2,
  I16 = 3,
  U32 = 4,
  I32 = 5,
  F32 = 6,
  Bool = 7,
  String = 8,
  Array = 9,
  U64 = 10,
  I64 = 11,
  F64 = 12,
};
constexpr uint32_t numValueTypes = 13;

/// Bytes of a value of fixed size; 0 for strings and arrays.
unsigned byteWidth(ValueType type);

/// A value, as a view of the file's bytes, which were checked. Each `read`
/// gives the value as what its argument is, and false, changing nothing, for a
/// value of another type. Integers of any width are int64_t where they fit it;
/// integers and floats are double.
class Value {
public:
  Value(ValueType type, std::span<const uint8_t> bytes)
      : type(type), bytes(bytes) {}
  /// An array; `bytes` are its elements.
  Value(ValueType elementType, uint64_t size, std::span<const uint8_t> bytes)
      : type(ValueType::Array), elementType(elementType), count(size),
        bytes(bytes) {}

  bool read(int64_t &value) const;
  bool read(double &value) const;
  bool read(bool &value) const;
  bool read(std::string_view &value) const;
  /// Arrays, for which this takes memory in proportion to their bytes.
  bool read(std::vector<int64_t> &values) const { return readArray(values); }
  bool read(std::vector<double> &values) const { return readArray(values); }
  bool read(std::vector<bool> &values) const { return readArray(values); }
  bool read(std::vector<std::string_view> &values) const {
    return readArray(values);
  }

  bool isArray() const { return type == ValueType::Array; }
  /// The number of elements of an array.
  uint64_t size() const { return count; }
  /// "u32", "array of string".
  std::string getTypeName() const;

private:
  template <typename T> bool readArray(std::vector<T> &values) const;

  ValueType type;
  ValueType elementType = ValueType::U8;
  uint64_t count = 0;
  std::span<const uint8_t> bytes;
};

} // namespace weft::gguf

#endif // LIB_IMPORT_GGUF_VALUE_H
