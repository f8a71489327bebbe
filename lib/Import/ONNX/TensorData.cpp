//===- TensorData.cpp - Type and elements of a TensorProto ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/TensorData.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

// No machine has the memory for more.
static constexpr int64_t maximumBytes = int64_t(1) << 50;

Type weft::onnx::getElementType(MLIRContext *context, int32_t dataType) {
  Builder builder(context);
  auto unsignedInteger = [&](unsigned width) -> Type {
    return IntegerType::get(context, width, IntegerType::Unsigned);
  };
  switch (dataType) {
  case TensorProto::FLOAT:
    return builder.getF32Type();
  case TensorProto::FLOAT16:
    return builder.getF16Type();
  case TensorProto::BFLOAT16:
    return builder.getBF16Type();
  case TensorProto::DOUBLE:
    return builder.getF64Type();
  case TensorProto::BOOL:
    return builder.getI1Type();
  case TensorProto::INT8:
    return builder.getI8Type();
  case TensorProto::INT16:
    return builder.getI16Type();
  case TensorProto::INT32:
    return builder.getI32Type();
  case TensorProto::INT64:
    return builder.getI64Type();
  case TensorProto::UINT8:
    return unsignedInteger(8);
  case TensorProto::UINT16:
    return unsignedInteger(16);
  case TensorProto::UINT32:
    return unsignedInteger(32);
  case TensorProto::UINT64:
    return unsignedInteger(64);
  default:
    return {};
  }
}

llvm::StringRef weft::onnx::getDataTypeName(int32_t dataType) {
  static constexpr llvm::StringLiteral names[] = {
      "UNDEFINED",      "FLOAT",      "UINT8",
      "INT8",           "UINT16",     "INT16",
      "INT32",          "INT64",      "STRING",
      "BOOL",           "FLOAT16",    "DOUBLE",
      "UINT32",         "UINT64",     "COMPLEX64",
      "COMPLEX128",     "BFLOAT16",   "FLOAT8E4M3FN",
      "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ",
      "UINT4",          "INT4",       "FLOAT4E2M1",
      "FLOAT8E8M0",     "UINT2",      "INT2"};
  if (dataType < 0 || size_t(dataType) >= std::size(names))
    return "unknown";
  return names[dataType];
}

static unsigned getBytes(Type elementType) {
  return (elementType.getIntOrFloatBitWidth() + 7) / 8;
}

std::optional<uint64_t> weft::onnx::getNumBytes(llvm::ArrayRef<int64_t> shape,
                                                Type elementType) {
  // Without the zeros, so that a product that overflows later is found too.
  int64_t bytes = getBytes(elementType);
  bool isEmpty = false;
  for (int64_t size : shape) {
    if (size == 0)
      isEmpty = true;
    else if (__builtin_mul_overflow(bytes, size, &bytes) ||
             bytes > maximumBytes)
      return std::nullopt;
  }
  return isEmpty ? 0 : bytes;
}

/// The elements of a typed field, each cast to what `Storage` says.
template <typename Storage, typename Values>
static DenseElementsAttr decode(RankedTensorType type, const Values &values) {
  SmallVector<Storage> elements;
  elements.reserve(values.size());
  for (auto value : values)
    elements.push_back(Storage(value));
  return DenseElementsAttr::getFromRawBuffer(
      type, ArrayRef<char>(reinterpret_cast<const char *>(elements.data()),
                           elements.size() * sizeof(Storage)));
}

static DenseElementsAttr decodeBools(RankedTensorType type,
                                     llvm::StringRef bytes) {
  SmallVector<bool> elements;
  for (char byte : bytes)
    elements.push_back(byte != 0);
  return DenseElementsAttr::get(type, elements);
}

static DenseElementsAttr decodeBytes(RankedTensorType type,
                                     llvm::StringRef bytes) {
  if (type.getElementType().isInteger(1))
    return decodeBools(type, bytes);
  return DenseElementsAttr::getFromRawBuffer(
      type, ArrayRef<char>(bytes.data(), bytes.size()));
}

/// Elements in int32_data, int64_data or uint64_data, and those of the float
/// fields that are not packed. Their number was checked.
static DenseElementsAttr decodeFields(RankedTensorType type,
                                      const TensorProto &tensor) {
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    return decode<float>(type, tensor.float_data());
  case TensorProto::DOUBLE:
    return decode<double>(type, tensor.double_data());
  case TensorProto::INT64:
    return decode<int64_t>(type, tensor.int64_data());
  case TensorProto::UINT64:
    return decode<uint64_t>(type, tensor.uint64_data());
  case TensorProto::UINT32:
    return decode<uint32_t>(type, tensor.uint64_data());
  case TensorProto::INT32:
    return decode<int32_t>(type, tensor.int32_data());
  case TensorProto::BOOL: {
    std::string bytes;
    for (int32_t value : tensor.int32_data())
      bytes.push_back(value != 0);
    return decodeBools(type, bytes);
  }
  default:
    // Everything smaller, floats by their bits.
    return getBytes(type.getElementType()) == 1
               ? decode<uint8_t>(type, tensor.int32_data())
               : decode<uint16_t>(type, tensor.int32_data());
  }
}

static int64_t getNumFieldElements(const TensorProto &tensor) {
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    return tensor.float_data_size();
  case TensorProto::DOUBLE:
    return tensor.double_data_size();
  case TensorProto::INT64:
    return tensor.int64_data_size();
  case TensorProto::UINT64:
  case TensorProto::UINT32:
    return tensor.uint64_data_size();
  default:
    return tensor.int32_data_size();
  }
}

static StatusOr<RankedTensorType> readType(MLIRContext *context,
                                           const TensorProto &tensor) {
  Type elementType = getElementType(context, tensor.data_type());
  if (!elementType)
    return Status::error("has elements of type " +
                         getDataTypeName(tensor.data_type()).str() +
                         ", which is not supported");
  if (tensor.dims_size() > int(maximumRank))
    return Status::error("has " + std::to_string(tensor.dims_size()) +
                         " dimensions; at most " + std::to_string(maximumRank) +
                         " are supported");
  for (int64_t size : tensor.dims())
    if (size < 0)
      return Status::error("has a dimension of size " + std::to_string(size));
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  if (!getNumBytes(shape, elementType))
    return Status::error("has a shape of more than 2^50 bytes");
  return RankedTensorType::get(shape, elementType);
}

StatusOr<TensorData> weft::onnx::readTensor(MLIRContext *context,
                                            ModelFile &model,
                                            const TensorProto &tensor,
                                            uint64_t inlineLimit) {
  StatusOr<RankedTensorType> type = readType(context, tensor);
  if (!type)
    return type.status();
  TensorData data;
  data.type = *type;
  Type elementType = data.type.getElementType();
  uint64_t numBytes = *getNumBytes(data.type.getShape(), elementType);

  if (tensor.data_location() == TensorProto::EXTERNAL) {
    auto region = model.findExternalData(tensor, numBytes);
    if (!region)
      return region.status();
    data.region = *region;
  } else if (tensor.has_file_offset()) {
    // The walker took the elements out: raw_data, or floats of the right width.
    bool fits = tensor.file_field() == TensorProto::kRawDataFieldNumber ||
                (tensor.file_field() == TensorProto::kFloatDataFieldNumber &&
                 elementType.isF32()) ||
                (tensor.file_field() == TensorProto::kDoubleDataFieldNumber &&
                 elementType.isF64());
    if (!fits)
      return Status::error("has elements of type " +
                           getDataTypeName(tensor.data_type()).str() +
                           " in a field for another type");
    if (tensor.file_length() != numBytes)
      return Status::error("has " + std::to_string(tensor.file_length()) +
                           " bytes but its shape needs " +
                           std::to_string(numBytes));
    data.region = {model.getName().str(), tensor.file_offset(), numBytes};
  } else {
    if (getNumFieldElements(tensor) != data.type.getNumElements())
      return Status::error("has " +
                           std::to_string(getNumFieldElements(tensor)) +
                           " elements but its shape needs " +
                           std::to_string(data.type.getNumElements()));
    data.elements = decodeFields(data.type, tensor);
    return data;
  }
  if (numBytes >= inlineLimit)
    return data;
  StatusOr<std::string> bytes = model.read(data.region);
  if (!bytes)
    return bytes.status();
  data.elements = decodeBytes(data.type, *bytes);
  return data;
}

std::optional<Count> weft::onnx::readCount(const ModelFile &model,
                                           const TensorData &data) {
  constexpr uint64_t mostBytes = 64 * 1024;
  bool isLine =
      llvm::is_contained(data.type.getShape(), data.type.getNumElements());
  if (data.elements || !data.type.getElementType().isSignlessInteger(64) ||
      !isLine || data.region.length > mostBytes)
    return std::nullopt;
  StatusOr<std::string> bytes = model.read(data.region);
  if (!bytes)
    return std::nullopt;
  std::vector<int64_t> numbers(bytes->size() / sizeof(int64_t));
  memcpy(numbers.data(), bytes->data(), numbers.size() * sizeof(int64_t));
  Count count = {numbers[0], 0};
  for (size_t i = 1; i != numbers.size(); ++i) {
    int64_t step;
    if (__builtin_sub_overflow(numbers[i], numbers[i - 1], &step) ||
        (i != 1 && step != count.step))
      return std::nullopt;
    count.step = step;
  }
  return count;
}
