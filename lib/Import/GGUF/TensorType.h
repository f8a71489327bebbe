//===- TensorType.h - Types of tensors in GGUF files ------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_GGUF_TENSORTYPE_H
#define LIB_IMPORT_GGUF_TENSORTYPE_H

#include "runtime/base/BlockFormat.h"
#include "weft/DataType.h"

namespace weft::gguf {

/// A type that tensors may have: rows are sequences of blocks of `elements`
/// numbers in `bytes` bytes. All types that ggml knows (ggml.h, `ggml_type`)
/// can be named; those that are neither `scalar` nor in a `format` are not
/// supported.
struct TensorType {
  uint32_t number;
  std::string_view name;
  int64_t elements;
  int64_t bytes;
  DataType scalar = DataType::Invalid;
  std::optional<BlockFormat> format = {};

  bool isSupported() const { return scalar != DataType::Invalid || format; }
};

/// Null for a number that ggml does not use.
const TensorType *findTensorType(uint32_t number);

} // namespace weft::gguf

#endif // LIB_IMPORT_GGUF_TENSORTYPE_H
