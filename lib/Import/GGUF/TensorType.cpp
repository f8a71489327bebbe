//===- TensorType.cpp - Types of tensors in GGUF files --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/GGUF/TensorType.h"

#include <vector>

using namespace weft;
using namespace weft::gguf;

// Sizes of blocks from ggml-common.h. Numbers that are missing were removed
// from ggml and never reused; those of block formats are in their table.
static constexpr TensorType scalarsAndUnsupported[] = {
    {0, "f32", 1, 4, DataType::F32},
    {1, "f16", 1, 2, DataType::F16},
    {30, "bf16", 1, 2, DataType::BF16},
    {9, "q8_1", 32, 36},
    {15, "q8_k", 256, 292},
    {16, "iq2_xxs", 256, 66},
    {17, "iq2_xs", 256, 74},
    {18, "iq3_xxs", 256, 98},
    {19, "iq1_s", 256, 50},
    {21, "iq3_s", 256, 110},
    {22, "iq2_s", 256, 82},
    {23, "iq4_xs", 256, 136},
    {24, "i8", 1, 1},
    {25, "i16", 1, 2},
    {26, "i32", 1, 4},
    {27, "i64", 1, 8},
    {28, "f64", 1, 8},
    {29, "iq1_m", 256, 56},
    {34, "tq1_0", 256, 54},
    {35, "tq2_0", 256, 66},
};

static std::vector<TensorType> makeTypes() {
  std::vector<TensorType> types(std::begin(scalarsAndUnsupported),
                                std::end(scalarsAndUnsupported));
  for (const BlockFormatInfo &info : blockFormats())
    types.push_back({info.ggufType, info.name, info.elements, info.bytes,
                     DataType::Invalid, info.format});
  return types;
}

const TensorType *gguf::findTensorType(uint32_t number) {
  static const std::vector<TensorType> types = makeTypes();
  for (const TensorType &type : types)
    if (type.number == number)
      return &type;
  return nullptr;
}
