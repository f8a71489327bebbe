//===- WireSchema.cpp - Fields the wire walker keeps ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/WireSchema.h"

#include <initializer_list>

using namespace weft::onnx;

namespace {

struct Entry {
  Message in;
  uint64_t number;
  Field field;
};

constexpr Field keep = {Action::Keep};
constexpr Field takeBytes = {Action::TakeBytes};
constexpr Field recurse(Message message) { return {Action::Recurse, message}; }

// The fields of onnx.proto, message by message.
constexpr Entry entries[] = {
    {Message::Model, 1, keep},
    {Message::Model, 2, keep},
    {Message::Model, 3, keep},
    {Message::Model, 4, keep},
    {Message::Model, 5, keep},
    {Message::Model, 7, recurse(Message::Graph)},
    {Message::Model, 8, recurse(Message::OperatorSet)},
    {Message::Model, 25, recurse(Message::Function)},

    {Message::OperatorSet, 1, keep},
    {Message::OperatorSet, 2, keep},

    {Message::Entry, 1, keep},
    {Message::Entry, 2, keep},

    {Message::Graph, 1, recurse(Message::Node)},
    {Message::Graph, 2, keep},
    {Message::Graph, 5, recurse(Message::Tensor)},
    {Message::Graph, 11, recurse(Message::ValueInfo)},
    {Message::Graph, 12, recurse(Message::ValueInfo)},
    {Message::Graph, 15, recurse(Message::SparseTensor)},

    {Message::Node, 1, keep},
    {Message::Node, 2, keep},
    {Message::Node, 3, keep},
    {Message::Node, 4, keep},
    {Message::Node, 5, recurse(Message::Attribute)},
    {Message::Node, 7, keep},
    {Message::Node, 8, keep},

    {Message::Attribute, 1, keep},
    {Message::Attribute, 2, keep},
    {Message::Attribute, 3, keep},
    {Message::Attribute, 4, keep},
    {Message::Attribute, 5, recurse(Message::Tensor)},
    {Message::Attribute, 6, recurse(Message::Graph)},
    {Message::Attribute, 7, keep},
    {Message::Attribute, 8, keep},
    {Message::Attribute, 9, keep},
    {Message::Attribute, 20, keep},
    {Message::Attribute, 21, keep},

    {Message::Function, 1, keep},
    {Message::Function, 4, keep},
    {Message::Function, 5, keep},
    {Message::Function, 6, keep},
    {Message::Function, 7, recurse(Message::Node)},
    {Message::Function, 9, recurse(Message::OperatorSet)},
    {Message::Function, 10, keep},
    {Message::Function, 11, recurse(Message::Attribute)},
    {Message::Function, 13, keep},

    {Message::Tensor, 1, keep},
    {Message::Tensor, 2, keep},
    {Message::Tensor, 4, takeBytes},
    {Message::Tensor, 5, keep},
    {Message::Tensor, 7, keep},
    {Message::Tensor, 8, keep},
    {Message::Tensor, 9, takeBytes},
    {Message::Tensor, 10, takeBytes},
    {Message::Tensor, 11, keep},
    {Message::Tensor, 13, recurse(Message::Entry)},
    {Message::Tensor, 14, keep},

    {Message::SparseTensor, 1, recurse(Message::Tensor)},
    {Message::SparseTensor, 2, recurse(Message::Tensor)},
    {Message::SparseTensor, 3, keep},

    {Message::ValueInfo, 1, keep},
    {Message::ValueInfo, 2, recurse(Message::Type)},

    {Message::Shape, 1, recurse(Message::Dimension)},
    {Message::Dimension, 1, keep},
    {Message::Dimension, 2, keep},
    {Message::Dimension, 3, keep},

    {Message::Type, 1, recurse(Message::TensorType)},
    {Message::Type, 4, recurse(Message::SequenceType)},
    {Message::Type, 5, recurse(Message::MapType)},
    {Message::Type, 6, keep},
    {Message::Type, 8, recurse(Message::TensorType)},
    {Message::Type, 9, recurse(Message::SequenceType)},

    {Message::TensorType, 1, keep},
    {Message::TensorType, 2, recurse(Message::Shape)},

    {Message::SequenceType, 1, recurse(Message::Type)},

    {Message::MapType, 1, keep},
    {Message::MapType, 2, recurse(Message::Type)},
};

} // namespace

Field weft::onnx::lookUpField(Message message, uint64_t number) {
  for (const Entry &entry : entries)
    if (entry.in == message && entry.number == number)
      return entry.field;
  return {};
}
