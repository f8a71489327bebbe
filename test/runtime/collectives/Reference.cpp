//===- Reference.cpp - What a collective must give ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reference.h"

#include <bit>
#include <cmath>
#include <cstring>

using namespace weft;
using namespace weft::test;

namespace {

/// Which position holds `index` of a dimension: granules are dealt out one by
/// one.
uint64_t ownerOf(uint64_t index, uint64_t size, uint64_t granule,
                 std::span<const uint64_t> axes) {
  uint64_t position = 0, begin = 0, end = size;
  for (uint64_t axis : axes) {
    uint64_t granules = 0;
    while (granules * granule < end - begin)
      ++granules;
    uint64_t each = 0;
    while (each * axis < granules)
      ++each;
    uint64_t place = 0;
    while (begin + (place + 1) * each * granule <= index)
      ++place;
    position = position * axis + place;
    end = std::min(end, begin + (place + 1) * each * granule);
    begin += place * each * granule;
  }
  return position;
}

float roundToBFloat(double exact) {
  auto down = std::bit_cast<float>(
      std::bit_cast<uint32_t>(static_cast<float>(exact)) & 0xffff0000);
  if (!std::isfinite(exact))
    return down;
  auto up = std::bit_cast<float>(std::bit_cast<uint32_t>(down) + 0x10000);
  double below = std::abs(exact - down), above = std::abs(up - exact);
  bool isOdd = std::bit_cast<uint32_t>(down) >> 16 & 1;
  return below < above || (below == above && !isOdd) ? down : up;
}

template <typename T>
T reduceAs(Reduction reduction, const std::vector<T> &values) {
  T result = values[0];
  for (size_t i = 1; i != values.size(); ++i) {
    if (reduction == Reduction::Sum)
      result = static_cast<T>(result + values[i]);
    else if (std::is_floating_point_v<T> &&
             (std::isnan(double(result)) || std::isnan(double(values[i]))))
      result = static_cast<T>(NAN);
    else
      result = reduction == Reduction::Max ? std::max(result, values[i])
                                           : std::min(result, values[i]);
  }
  return result;
}

/// One reduced element, from those of each rank.
Bytes reduceElement(Reduction reduction, DataType type,
                    const std::vector<Bytes> &elements) {
  Bytes result(byteWidth(type));
  auto as = [&]<typename T>(T) {
    std::vector<T> values(elements.size());
    for (size_t i = 0; i != values.size(); ++i)
      std::memcpy(&values[i], elements[i].data(), sizeof(T));
    T reduced = reduceAs(reduction, values);
    std::memcpy(result.data(), &reduced, sizeof(T));
  };
  switch (type) {
  case DataType::I8:
    as(int8_t());
    break;
  case DataType::I16:
    as(int16_t());
    break;
  case DataType::I32: // sums wrap around
    reduction == Reduction::Sum ? as(uint32_t()) : as(int32_t());
    break;
  case DataType::I64:
    reduction == Reduction::Sum ? as(uint64_t()) : as(int64_t());
    break;
  case DataType::U16:
    as(uint16_t());
    break;
  case DataType::U32:
    as(uint32_t());
    break;
  case DataType::U64:
    as(uint64_t());
    break;
  case DataType::F32:
    as(float());
    break;
  case DataType::F64:
    as(double());
    break;
  case DataType::F16: {
    std::vector<float> values;
    for (const Bytes &element : elements) {
      _Float16 half;
      std::memcpy(&half, element.data(), 2);
      values.push_back(static_cast<float>(half));
    }
    auto half = static_cast<_Float16>(reduceAs(reduction, values));
    std::memcpy(result.data(), &half, 2);
    break;
  }
  case DataType::BF16: {
    std::vector<float> values;
    for (const Bytes &element : elements) {
      uint16_t bits;
      std::memcpy(&bits, element.data(), 2);
      values.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits) << 16));
    }
    auto bits =
        std::bit_cast<uint32_t>(roundToBFloat(reduceAs(reduction, values)));
    uint16_t top = static_cast<uint16_t>(bits >> 16);
    std::memcpy(result.data(), &top, 2);
    break;
  }
  default:
    as(uint8_t());
  }
  return result;
}

} // namespace

Data test::reference(const Case &test, std::span<const uint64_t> axes,
                     uint64_t ranks, std::mt19937 &random) {
  bool isReducing = test.reduction != Reduction::None;
  bool splits = test.kind == CollectiveKind::ReduceScatter ||
                test.kind == CollectiveKind::AllToAll;
  bool concatenates = test.kind == CollectiveKind::AllGather ||
                      test.kind == CollectiveKind::AllToAll;
  uint64_t width = byteWidth(test.type), count = 1;
  for (uint64_t size : test.sizes)
    count *= size;
  Data data;
  data.sources.resize(ranks);
  data.destinations.resize(ranks);
  for (uint64_t element = 0; element != count; ++element) {
    std::vector<uint64_t> index(test.sizes.size());
    uint64_t rest = element;
    for (size_t d = test.sizes.size(); d-- != 0; rest /= test.sizes[d])
      index[d] = rest % test.sizes[d];
    // Of each rank where partial, otherwise one.
    std::vector<Bytes> values(isReducing ? ranks : 1, Bytes(width));
    for (Bytes &value : values) {
      for (uint8_t &byte : value)
        byte = static_cast<uint8_t>(random());
      auto number = static_cast<float>(random() % 20001) / 1000 - 10;
      auto half = static_cast<_Float16>(number);
      double wide = number / 3.0;
      if (test.type == DataType::F32)
        std::memcpy(value.data(), &number, 4);
      else if (test.type == DataType::F64)
        std::memcpy(value.data(), &wide, 8);
      else if (test.type == DataType::F16)
        std::memcpy(value.data(), &half, 2);
      else if (test.type == DataType::BF16)
        std::memcpy(value.data(), reinterpret_cast<uint8_t *>(&number) + 2, 2);
      else if (test.type == DataType::Bool)
        value[0] &= 1;
    }
    Bytes result = isReducing ? reduceElement(test.reduction, test.type, values)
                              : values[0];
    for (uint64_t rank = 0; rank != ranks; ++rank) {
      const Bytes &given = values[isReducing ? rank : 0];
      bool gives = !concatenates || ownerOf(index[test.concatDimension],
                                            test.sizes[test.concatDimension],
                                            test.concatGranule, axes) == rank;
      bool gets = !splits || ownerOf(index[test.splitDimension],
                                     test.sizes[test.splitDimension],
                                     test.splitGranule, axes) == rank;
      if (gives)
        data.sources[rank].insert(data.sources[rank].end(), given.begin(),
                                  given.end());
      if (gets)
        data.destinations[rank].insert(data.destinations[rank].end(),
                                       result.begin(), result.end());
    }
  }
  return data;
}
