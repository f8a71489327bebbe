//===- Cases.cpp - Collectives of every kind ------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cases.h"

#include <tuple>

using namespace weft;
using namespace weft::test;

static const DataType allTypes[] = {
    DataType::Bool, DataType::I8,  DataType::I16, DataType::I32, DataType::I64,
    DataType::U8,   DataType::U16, DataType::U32, DataType::U64, DataType::F16,
    DataType::BF16, DataType::F32, DataType::F64};

std::vector<Case> test::allCases() {
  std::vector<Case> cases;
  auto add = [&](Case test) { cases.push_back(test); };
  for (DataType type : allTypes) {
    for (Reduction reduction :
         {Reduction::Sum, Reduction::Max, Reduction::Min}) {
      if (type == DataType::Bool && reduction == Reduction::Sum)
        continue;
      for (std::vector<uint64_t> sizes :
           {std::vector<uint64_t>{}, {0}, {1}, {7}, {3, 50}, {4099}, {0, 9}}) {
        add({CollectiveKind::AllReduce, reduction, type, sizes});
        add({CollectiveKind::AllReduce, reduction, type, sizes, 0, 0, 1, 1,
             true});
      }
      for (auto [sizes, split, granule] :
           {std::tuple(std::vector<uint64_t>{7, 3}, 0u, 1u),
            {{2, 11, 5}, 1u, 2u},
            {{3, 4, 13}, 2u, 4u},
            {{1}, 0u, 1u},
            {{0, 3}, 1u, 1u},
            {{5, 2}, 0u, 100u}})
        add({CollectiveKind::ReduceScatter, reduction, type, sizes, split, 0,
             granule, 1});
    }
    for (auto [sizes, concat, granule] :
         {std::tuple(std::vector<uint64_t>{7, 3}, 0u, 1u),
          {{2, 11, 5}, 1u, 2u},
          {{3, 4, 13}, 2u, 4u},
          {{1}, 0u, 1u},
          {{9, 0}, 0u, 1u},
          {{5, 2}, 0u, 100u}})
      add({CollectiveKind::AllGather, Reduction::None, type, sizes, 0, concat,
           1, granule});
    for (auto [sizes, split, concat, splitGranule, concatGranule] :
         {std::tuple(std::vector<uint64_t>{7, 5}, 0u, 1u, 1u, 1u),
          {{7, 5}, 1u, 0u, 2u, 3u},
          {{2, 6, 3, 10, 2}, 1u, 3u, 1u, 4u},
          {{2, 6, 3, 10, 2}, 3u, 1u, 3u, 1u},
          {{1, 1}, 0u, 1u, 1u, 1u},
          {{4, 0}, 0u, 1u, 1u, 1u}})
      add({CollectiveKind::AllToAll, Reduction::None, type, sizes, split,
           concat, splitGranule, concatGranule});
  }
  return cases;
}

Case test::randomCase(std::mt19937 &random) {
  Case test;
  test.kind = static_cast<CollectiveKind>(1 + random() % 4);
  test.type = allTypes[random() % std::size(allTypes)];
  bool reduces = test.kind == CollectiveKind::AllReduce ||
                 test.kind == CollectiveKind::ReduceScatter;
  test.reduction = !reduces                      ? Reduction::None
                   : random() % 2                ? Reduction::Max
                   : test.type == DataType::Bool ? Reduction::Min
                                                 : Reduction::Sum;
  size_t dimensions = 2 + random() % 3;
  for (size_t d = 0; d != dimensions; ++d)
    test.sizes.push_back(random() % 12);
  test.splitDimension = static_cast<uint32_t>(random() % dimensions);
  test.concatDimension = static_cast<uint32_t>(
      (test.splitDimension + 1 + random() % (dimensions - 1)) % dimensions);
  test.splitGranule = 1 + random() % 4;
  test.concatGranule = 1 + random() % 4;
  return test;
}
