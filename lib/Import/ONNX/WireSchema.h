//===- WireSchema.h - Fields the wire walker keeps --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_WIRESCHEMA_H
#define LIB_IMPORT_ONNX_WIRESCHEMA_H

#include <cstdint>

namespace weft::onnx {

/// Messages of onnx.proto.
enum class Message : uint8_t {
  Model,
  OperatorSet,
  Entry,
  Graph,
  Node,
  Attribute,
  Function,
  Tensor,
  SparseTensor,
  ValueInfo,
  Shape,
  Dimension,
  Type,
  TensorType,
  SequenceType,
  MapType,
};

/// What becomes of a field.
enum class Action : uint8_t {
  Drop,
  Keep,      ///< A number, a string or packed numbers.
  Recurse,   ///< A message.
  TakeBytes, ///< The elements of a tensor: only their place is kept.
};

struct Field {
  Action action = Action::Drop;
  Message message = Message::Model; ///< For Recurse.
};

/// The field `number` of `message`.
Field lookUpField(Message message, uint64_t number);

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_WIRESCHEMA_H
