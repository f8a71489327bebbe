//===- TensorMap.cpp - The simulator's CUtensorMap ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/TensorMap.h"

#include <string>

namespace weft::cusim {

using ptx::Type;

namespace {

/// By CUtensorMapDataType. The _FTZ types, None here, are not supported.
constexpr Type Types[] = {Type::U8,  Type::U16,  Type::U32,  Type::S32,
                          Type::U64, Type::S64,  Type::F16,  Type::F32,
                          Type::F64, Type::BF16, Type::None, Type::TF32};

bool isFloating(Type type) {
  return type == Type::F16 || type == Type::BF16 || type == Type::F32 ||
         type == Type::F64 || type == Type::TF32;
}

Status tensorError(const std::string &message) {
  return Status::error("cuTensorMapEncodeTiled: " + message);
}

/// One dimension, whose extent and box are given.
Status checkDimension(const TensorMapArguments &arguments, unsigned dimension) {
  auto name = [&](const char *array) {
    return std::string(array) + "[" + std::to_string(dimension) + "]";
  };
  uint64_t size = arguments.globalDim[dimension];
  uint32_t box = arguments.boxDim[dimension];
  uint32_t step = arguments.elementStrides[dimension];
  if (size == 0 || size > uint64_t(1) << 32)
    return tensorError(name("globalDim") + " is " + std::to_string(size) +
                       ", and may be 1 to 2^32");
  if (box == 0 || box > 256)
    return tensorError(name("boxDim") + " is " + std::to_string(box) +
                       ", and may be 1 to 256");
  if (step == 0 || step > 8)
    return tensorError(name("elementStrides") + " is " + std::to_string(step) +
                       ", and may be 1 to 8");
  if (dimension == 0)
    return Status::ok();
  uint64_t stride = arguments.globalStrides[dimension - 1];
  if (stride % 16 || stride >= uint64_t(1) << 40)
    return tensorError("globalStrides[" + std::to_string(dimension - 1) +
                       "] is " + std::to_string(stride) +
                       ", and must be a multiple of 16 below 2^40");
  return Status::ok();
}

} // namespace

Type TensorMap::elementType() const {
  return Types[dataType] == Type::TF32 ? Type::F32 : Types[dataType];
}

unsigned TensorMap::elementBytes() const {
  return ptx::bitsOf(elementType()) / 8;
}

unsigned TensorMap::boxElements(unsigned dimension) const {
  // The innermost dimension has no steps.
  unsigned step = dimension ? elementStrides[dimension] : 1;
  return (box[dimension] + step - 1) / step;
}

uint32_t TensorMap::boxBytes() const {
  uint32_t bytes = elementBytes();
  for (unsigned dimension = 0; dimension < rank; ++dimension)
    bytes *= boxElements(dimension);
  return bytes;
}

StatusOr<TensorMap> encodeTensorMap(const TensorMapArguments &arguments) {
  if (arguments.rank == 0 || arguments.rank > TensorMap::MaxRank)
    return tensorError("the rank is " + std::to_string(arguments.rank) +
                       ", and may be 1 to 5");
  if (!arguments.globalDim || !arguments.boxDim || !arguments.elementStrides ||
      (arguments.rank > 1 && !arguments.globalStrides))
    return tensorError("globalDim, globalStrides, boxDim or elementStrides is "
                       "null");
  if (arguments.dataType >= std::size(Types) ||
      Types[arguments.dataType] == Type::None)
    return tensorError("data type " + std::to_string(arguments.dataType) +
                       " is not supported");
  if (arguments.interleave != 0)
    return tensorError("interleaved layouts are not supported; use "
                       "CU_TENSOR_MAP_INTERLEAVE_NONE");
  if (arguments.swizzle > 3)
    return tensorError("swizzle " + std::to_string(arguments.swizzle) +
                       " is not supported; use none, 32B, 64B or 128B");
  if (arguments.globalAddress % 16)
    return tensorError("the global address is not a multiple of 16");
  for (unsigned i = 0; i < arguments.rank; ++i)
    WEFT_RETURN_IF_ERROR(checkDimension(arguments, i));

  constexpr uint8_t SwizzleBytes[] = {16, 32, 64, 128};
  TensorMap map{};
  map.mark = TensorMap::Mark;
  map.dataType = static_cast<uint8_t>(arguments.dataType);
  map.rank = static_cast<uint8_t>(arguments.rank);
  map.swizzleBytes = SwizzleBytes[arguments.swizzle];
  map.fillsNaN = arguments.oobFill != 0;
  map.globalAddress = arguments.globalAddress;
  for (unsigned i = 0; i < arguments.rank; ++i) {
    map.sizes[i] = arguments.globalDim[i];
    map.box[i] = static_cast<uint16_t>(arguments.boxDim[i]);
    map.elementStrides[i] = static_cast<uint8_t>(arguments.elementStrides[i]);
    if (i)
      map.strides[i - 1] = arguments.globalStrides[i - 1];
  }
  uint32_t lineBytes = map.box[0] * map.elementBytes();
  if (lineBytes % 16)
    return tensorError("a line of the box has " + std::to_string(lineBytes) +
                       " bytes, which must be a multiple of 16");
  if (arguments.swizzle && lineBytes > map.swizzleBytes)
    return tensorError("a line of the box has " + std::to_string(lineBytes) +
                       " bytes, more than the " +
                       std::to_string(map.swizzleBytes) + " that are swizzled");
  if (map.fillsNaN && !isFloating(Types[arguments.dataType]))
    return tensorError("NaN outside of the tensor needs a floating type");
  return map;
}

} // namespace weft::cusim
