//===- Value.cpp - A metadata value of a GGUF file ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/GGUF/Value.h"

#include <cstring>

using namespace weft;
using namespace weft::gguf;

static constexpr std::string_view typeNames[numValueTypes] = {
    "u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
    "bool", "string", "array", "u64", "i64", "f64"};

unsigned gguf::byteWidth(ValueType type) {
  constexpr unsigned widths[numValueTypes] = {1, 1, 2, 2, 4, 4, 4,
                                              1, 0, 0, 8, 8, 8};
  return widths[static_cast<uint32_t>(type)];
}

/// GGUF is little-endian, and so is every machine that Weft runs on.
template <typename T> static T load(std::span<const uint8_t> bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

bool Value::read(int64_t &value) const {
  switch (type) {
  case ValueType::U8:
    value = load<uint8_t>(bytes);
    return true;
  case ValueType::I8:
    value = load<int8_t>(bytes);
    return true;
  case ValueType::U16:
    value = load<uint16_t>(bytes);
    return true;
  case ValueType::I16:
    value = load<int16_t>(bytes);
    return true;
  case ValueType::U32:
    value = load<uint32_t>(bytes);
    return true;
  case ValueType::I32:
    value = load<int32_t>(bytes);
    return true;
  case ValueType::U64:
    if (load<uint64_t>(bytes) > static_cast<uint64_t>(INT64_MAX))
      return false;
    [[fallthrough]];
  case ValueType::I64:
    value = load<int64_t>(bytes);
    return true;
  default:
    return false;
  }
}

bool Value::read(double &value) const {
  if (type == ValueType::F32) {
    value = load<float>(bytes);
    return true;
  }
  if (type == ValueType::F64) {
    value = load<double>(bytes);
    return true;
  }
  int64_t integer;
  if (!read(integer))
    return false;
  value = static_cast<double>(integer);
  return true;
}

bool Value::read(bool &value) const {
  if (type != ValueType::Bool)
    return false;
  value = bytes.front() != 0;
  return true;
}

bool Value::read(std::string_view &value) const {
  if (type != ValueType::String)
    return false;
  value = {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
  return true;
}

template <typename T> bool Value::readArray(std::vector<T> &values) const {
  if (type != ValueType::Array || elementType == ValueType::Array)
    return false;
  std::vector<T> result;
  // An array of none is one of any type.
  for (auto rest = bytes; result.size() != count;) {
    uint64_t width = byteWidth(elementType);
    if (elementType == ValueType::String) {
      width = load<uint64_t>(rest);
      rest = rest.subspan(sizeof(uint64_t));
    }
    T element;
    if (!Value(elementType, rest.first(width)).read(element))
      return false;
    // Only now it is known that elements are of this type.
    if (result.empty())
      result.reserve(count);
    result.push_back(element);
    rest = rest.subspan(width);
  }
  values = std::move(result);
  return true;
}

template bool Value::readArray(std::vector<int64_t> &) const;
template bool Value::readArray(std::vector<double> &) const;
template bool Value::readArray(std::vector<bool> &) const;
template bool Value::readArray(std::vector<std::string_view> &) const;

std::string Value::getTypeName() const {
  std::string name(typeNames[static_cast<uint32_t>(type)]);
  if (type == ValueType::Array)
    name += " of " + std::string(typeNames[static_cast<uint32_t>(elementType)]);
  return name;
}
