//===- HostTensor.cpp - Tensors of the reference evaluator ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/HostTensor.h"
#include "dialects/LLM/IR/BlockLayout.h"

#include "dialects/LLM/IR/LLM.h"
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
  else if (isBlock())
    byteData.resize(
        *getStorageBytes(RankedTensorType::get(shape, elementType)));
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

bool HostTensor::isBlock() const { return isa<BlockType>(elementType); }

void HostTensor::readRow(int64_t row, MutableArrayRef<double> values) const {
  int64_t size = values.size();
  if (isFloat()) {
    llvm::copy(floats().slice(row * size, size), values.begin());
    return;
  }
  auto type = cast<BlockType>(elementType);
  const BlockFormatInfo &info = type.getInfo();
  int64_t blocks = size / info.elements, rowBytes = blocks * info.bytes;
  const uint8_t *bytes = byteData.data() + row * rowBytes;
  std::vector<uint8_t> together;
  if (type.isInterleaved()) {
    // Each matrix of a stack has panels of its own.
    int64_t rows = shape[shape.size() - 2];
    int64_t padded = llvm::alignTo(uint64_t(rows), type.getRows());
    const uint8_t *matrix = byteData.data() + row / rows * padded * rowBytes;
    together.resize(rowBytes);
    for (int64_t i = 0; i < blocks; ++i)
      readPackedBlock(type.getFormat(), type.getRows(), matrix, blocks,
                      row % rows, i, together.data() + i * info.bytes);
    bytes = together.data();
  }
  std::vector<float> decoded(size);
  decodeBlocks(type.getFormat(), bytes, blocks, decoded.data());
  llvm::copy(decoded, values.begin());
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

/// Bytes that one element takes, which is no block.
static unsigned bytesOfElement(Type type) {
  return (type.getIntOrFloatBitWidth() + 7) / 8;
}

std::vector<uint8_t> HostTensor::getStoredBytes() const {
  if (isBlock())
    return byteData;
  std::vector<uint8_t> stored;
  unsigned size = bytesOfElement(elementType);
  auto append = [&](uint64_t bits) {
    for (unsigned i = 0; i != size; ++i)
      stored.push_back(bits >> (8 * i));
  };
  for (double value : floatData)
    append(toAPFloat(value, cast<FloatType>(elementType))
               .bitcastToAPInt()
               .getZExtValue());
  for (int64_t value : integerData)
    append(value);
  return stored;
}

void HostTensor::setStoredBytes(ArrayRef<uint8_t> stored) {
  if (isBlock()) {
    byteData.assign(stored.begin(), stored.end());
    return;
  }
  unsigned size = bytesOfElement(elementType);
  auto take = [&] {
    uint64_t bits = 0;
    for (unsigned i = 0; i != size; ++i)
      bits |= uint64_t(stored[i]) << (8 * i);
    stored = stored.drop_front(size);
    return bits;
  };
  for (double &value : floatData)
    value = APFloat(cast<FloatType>(elementType).getFloatSemantics(),
                    APInt(elementType.getIntOrFloatBitWidth(), take()))
                .convertToDouble();
  for (int64_t &value : integerData)
    value = wrapInteger(int64_t(take()), elementType);
}

void HostTensor::roundToElementType() {
  if (!isFloat()) { // The bytes of blocks are what they are.
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
