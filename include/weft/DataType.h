//===- DataType.h - Element types of tensors --------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef WEFT_DATATYPE_H
#define WEFT_DATATYPE_H

#include <cstdint>
#include <string_view>

namespace weft {

/// Element types, numbered as `DataType` of artifact.proto. Bool is one byte, 0
/// or 1.
enum class DataType : uint8_t {
  Invalid = 0,
  Bool = 1,
  I8 = 2,
  I16 = 3,
  I32 = 4,
  I64 = 5,
  U8 = 6,
  U16 = 7,
  U32 = 8,
  U64 = 9,
  F16 = 10,
  BF16 = 11,
  F32 = 12,
  F64 = 13,
};

/// Bytes of one element; 0 for a number that is no type.
constexpr uint64_t byteWidth(DataType type) {
  switch (type) {
  case DataType::Bool:
  case DataType::I8:
  case DataType::U8:
    return 1;
  case DataType::I16:
  case DataType::U16:
  case DataType::F16:
  case DataType::BF16:
    return 2;
  case DataType::I32:
  case DataType::U32:
  case DataType::F32:
    return 4;
  case DataType::I64:
  case DataType::U64:
  case DataType::F64:
    return 8;
  case DataType::Invalid:
    break;
  }
  return 0;
}

/// "f32", "i64", "bool", ...; "invalid" for a number that is no type.
constexpr std::string_view name(DataType type) {
  constexpr std::string_view names[] = {"invalid", "bool", "i8",  "i16", "i32",
                                        "i64",     "u8",   "u16", "u32", "u64",
                                        "f16",     "bf16", "f32", "f64"};
  auto index = static_cast<uint8_t>(type);
  return index < 14 ? names[index] : names[0];
}

} // namespace weft

#endif // WEFT_DATATYPE_H
