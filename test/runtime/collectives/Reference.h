//===- Reference.h - What a collective must give ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_COLLECTIVES_REFERENCE_H
#define TEST_RUNTIME_COLLECTIVES_REFERENCE_H

#include "runtime/collectives/Collective.h"

#include <random>
#include <string>
#include <vector>

namespace weft::test {

using Bytes = std::vector<uint8_t>;

struct Case {
  CollectiveKind kind;
  Reduction reduction;
  DataType type;
  std::vector<uint64_t> sizes;
  uint32_t splitDimension = 0, concatDimension = 0;
  uint64_t splitGranule = 1, concatGranule = 1;
  bool inPlace = false;

  std::string str() const {
    std::string text(name(kind));
    text += " " + std::string(weft::name(type)) + " [";
    for (uint64_t size : sizes)
      text += std::to_string(size) + " ";
    return text + "] split " + std::to_string(splitDimension) + "/" +
           std::to_string(splitGranule) + " concat " +
           std::to_string(concatDimension) + "/" +
           std::to_string(concatGranule) + " reduction " +
           std::to_string(static_cast<int>(reduction));
  }
};

/// What each rank gives and must get.
struct Data {
  std::vector<Bytes> sources, destinations;
};

/// Draws values and works out, element by element, who gives and gets them.
Data reference(const Case &test, std::span<const uint64_t> axes, uint64_t ranks,
               std::mt19937 &random);

} // namespace weft::test

#endif // TEST_RUNTIME_COLLECTIVES_REFERENCE_H
