//===- HostTensor.cpp - Tensors of the reference evaluator ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/HostTensor.h"

#include "dialects/LLM/IR/Scalars.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;

namespace weft {

HostTensor::HostTensor(Type elementType, ArrayRef<int64_t> shape)
    : elementType(elementType), shape(shape) {
  if (isFloat())
    floatData.resize(getNumElements());
  else
    integerData.resize(getNumElements());
}

HostTensor HostTensor::ofAttribute(DenseElementsAttr attribute) {
  HostTensor tensor(attribute.getElementType(), attribute.getType().getShape());
  if (tensor.isFloat()) {
    for (auto [to, from] :
         llvm::zip(tensor.floatData, attribute.getValues<APFloat>()))
      to = from.convertToDouble();
    return tensor;
  }
  bool isUnsigned = isUnsignedElement(tensor.elementType);
  for (auto [to, from] :
       llvm::zip(tensor.integerData, attribute.getValues<APInt>()))
    to = isUnsigned ? int64_t(from.getZExtValue()) : from.getSExtValue();
  return tensor;
}

int64_t HostTensor::getNumElements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

/// Every NaN becomes the same one: which it is differs between machines.
static APFloat toAPFloat(double value, FloatType type) {
  if (std::isnan(value))
    return APFloat::getQNaN(type.getFloatSemantics());
  APFloat result(value);
  bool losesInfo;
  result.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return result;
}

void HostTensor::roundToElementType() {
  if (!isFloat()) {
    for (int64_t &value : integerData)
      value = wrapInteger(value, elementType);
    return;
  }
  auto type = cast<FloatType>(elementType);
  for (double &value : floatData)
    value = type.isF32() && !std::isnan(value)
                ? double(float(value))
                : toAPFloat(value, type).convertToDouble();
}

DenseElementsAttr HostTensor::toAttribute() const {
  auto type = RankedTensorType::get(shape, elementType);
  if (isFloat()) {
    SmallVector<APFloat> values;
    values.reserve(floatData.size());
    for (double value : floatData)
      values.push_back(toAPFloat(value, cast<FloatType>(elementType)));
    return DenseElementsAttr::get(type, values);
  }
  unsigned width = elementType.getIntOrFloatBitWidth();
  SmallVector<APInt> values;
  values.reserve(integerData.size());
  for (int64_t value : integerData)
    values.push_back(APInt(64, value).trunc(width));
  return DenseElementsAttr::get(type, values);
}

LogicalResult Evaluation::emitError(const Twine &message) const {
  if (quiet)
    return failure();
  return mlir::emitError(location) << message;
}

FailureOr<int64_t> Evaluation::evaluate(const SizeExpr &size) const {
  auto unknown = [](std::string_view) { return std::optional<int64_t>(); };
  StatusOr<int64_t> value = size.evaluate(sizes ? sizes : unknown);
  if (!value.isOk())
    return emitError("size " + size.str() + ": " + value.message());
  return *value;
}

FailureOr<SmallVector<int64_t, 4>>
Evaluation::evaluate(ArrayRef<SizeExpr> sizes) const {
  SmallVector<int64_t, 4> values;
  for (const SizeExpr &size : sizes) {
    FailureOr<int64_t> value = evaluate(size);
    if (failed(value))
      return failure();
    values.push_back(*value);
  }
  return values;
}

} // namespace weft
