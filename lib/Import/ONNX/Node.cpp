//===- Node.cpp - One node of an ONNX graph, for its importer -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/Node.h"
#include "lib/Import/ONNX/Quote.h"
#include "lib/Import/ONNX/TensorData.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

std::optional<std::vector<SizeExpr>> Node::getSizes(unsigned i) {
  Tensor *tensor = getInput(i);
  if (tensor && tensor->elements)
    return tensor->elements;
  emit.unsupported("input " + llvm::Twine(i) +
                   " decides a shape but is computed from data; it must be a "
                   "constant or follow from the sizes of the inputs");
  return std::nullopt;
}

std::optional<SmallVector<int64_t>> Node::getIntegers(unsigned i) {
  std::optional<std::vector<SizeExpr>> sizes = getSizes(i);
  if (!sizes)
    return std::nullopt;
  SmallVector<int64_t> numbers;
  for (const SizeExpr &size : *sizes) {
    if (!size.asConstant()) {
      emit.unsupported("input " + llvm::Twine(i) + " is " + size.str() +
                       " but must be a constant");
      return std::nullopt;
    }
    numbers.push_back(*size.asConstant());
  }
  return numbers;
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

const AttributeProto *Node::findAttribute(llvm::StringRef name) const {
  for (const AttributeProto &attribute : proto.attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

const AttributeProto *Node::findAttribute(llvm::StringRef name,
                                          AttributeProto::AttributeType type) {
  const AttributeProto *attribute = findAttribute(name);
  // Files of IR version 1 left the type out.
  if (!attribute || !attribute->has_type() || attribute->type() == type)
    return attribute;
  return emit.invalid("attribute " + quote(name) + " has type " +
                      llvm::Twine(int(attribute->type())) + " instead of " +
                      llvm::Twine(int(type)));
}

std::optional<int64_t> Node::getInteger(llvm::StringRef name, int64_t absent) {
  const AttributeProto *attribute = findAttribute(name, AttributeProto::INT);
  if (emit.hasFailed())
    return std::nullopt;
  return attribute ? attribute->i() : absent;
}

std::optional<float> Node::getFloat(llvm::StringRef name, float absent) {
  const AttributeProto *attribute = findAttribute(name, AttributeProto::FLOAT);
  if (emit.hasFailed())
    return std::nullopt;
  return attribute ? attribute->f() : absent;
}

std::optional<std::string> Node::getText(llvm::StringRef name,
                                         llvm::StringRef absent) {
  const AttributeProto *attribute = findAttribute(name, AttributeProto::STRING);
  if (emit.hasFailed())
    return std::nullopt;
  return attribute ? attribute->s() : absent.str();
}

std::optional<SmallVector<int64_t>> Node::getIntegerList(llvm::StringRef name) {
  const AttributeProto *attribute = findAttribute(name, AttributeProto::INTS);
  if (emit.hasFailed())
    return std::nullopt;
  if (!attribute)
    return SmallVector<int64_t>();
  return SmallVector<int64_t>(attribute->ints().begin(),
                              attribute->ints().end());
}

std::optional<SmallVector<float>> Node::getFloatList(llvm::StringRef name) {
  const AttributeProto *attribute = findAttribute(name, AttributeProto::FLOATS);
  if (emit.hasFailed())
    return std::nullopt;
  if (!attribute)
    return SmallVector<float>();
  return SmallVector<float>(attribute->floats().begin(),
                            attribute->floats().end());
}

const TensorProto *Node::getTensor(llvm::StringRef name) const {
  const AttributeProto *attribute = findAttribute(name);
  return attribute && attribute->has_t() ? &attribute->t() : nullptr;
}

DenseElementsAttr Node::getElements(const TensorProto &tensor) {
  StatusOr<TensorData> data =
      readTensor(emit.getBuilder().getContext(), model, tensor,
                 /*inlineLimit=*/4096);
  if (data && data->elements)
    return data->elements;
  emit.invalid(data ? "a tensor in an attribute is too large"
                    : "a tensor in an attribute " + data.message());
  return {};
}

Type Node::getElementType(llvm::StringRef name) {
  std::optional<int64_t> number = getInteger(name, 0);
  if (!number)
    return {};
  int32_t dataType = *number < 0 || *number > 64 ? -1 : int32_t(*number);
  if (Type type =
          onnx::getElementType(emit.getBuilder().getContext(), dataType))
    return type;
  emit.unsupported("elements of type " + getDataTypeName(dataType) +
                   " are not supported");
  return {};
}

std::optional<int64_t> Node::getAxis(int64_t rank, int64_t absent) {
  std::optional<int64_t> axis = getInteger("axis", absent);
  return axis ? normalizeAxis(*axis, rank) : std::nullopt;
}

std::optional<int64_t> Node::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  emit.invalid("axis " + llvm::Twine(axis) + " is none of a tensor with " +
               llvm::Twine(rank) + " dimensions");
  return std::nullopt;
}

std::optional<SmallVector<int64_t>>
Node::normalizeAxes(llvm::ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes) {
    std::optional<int64_t> normal = normalizeAxis(axis, rank);
    if (!normal)
      return std::nullopt;
    result.push_back(*normal);
  }
  llvm::sort(result);
  if (std::adjacent_find(result.begin(), result.end()) != result.end()) {
    emit.invalid("an axis is named twice");
    return std::nullopt;
  }
  return result;
}

std::optional<SmallVector<int64_t>>
Node::getAxes(unsigned i, int64_t since, int64_t rank, bool &isAbsent) {
  isAbsent = opset >= since ? !hasInput(i) : !hasAttribute("axes");
  if (isAbsent)
    return SmallVector<int64_t>();
  std::optional<SmallVector<int64_t>> axes =
      opset >= since ? getIntegers(i) : getIntegerList("axes");
  return axes ? normalizeAxes(*axes, rank) : std::nullopt;
}
