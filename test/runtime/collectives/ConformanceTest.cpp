//===- ConformanceTest.cpp - What a Group must compute --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RankFixture.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <random>

using namespace weft;
using namespace weft::test;

namespace {

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

//===----------------------------------------------------------------------===//
// The plain reference
//===----------------------------------------------------------------------===//

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

/// What each rank gives and must get.
struct Data {
  std::vector<Bytes> sources, destinations;
};

Data reference(const Case &test, std::span<const uint64_t> axes, uint64_t ranks,
               std::mt19937 &random) {
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

//===----------------------------------------------------------------------===//
// The comparison
//===----------------------------------------------------------------------===//

/// Runs all cases one after another on the group over all axes.
void check(Ranks &ranks, const std::vector<Case> &cases, unsigned seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<std::string> axes;
  for (const LocalGroups::Axis &axis : ranks.mesh)
    axes.push_back(axis.name);
  std::vector<Group *> groups;
  for (unsigned rank = 0; rank != ranks.size(); ++rank)
    groups.push_back(&ranks.groups.find(rank, axes));
  std::vector<Data> data;
  std::vector<Collective> collectives;
  for (const Case &test : cases) {
    data.push_back(reference(test, groups[0]->axes(), ranks.size(), random));
    auto collective = Collective::create(
        test.kind, test.reduction, test.type, test.sizes, test.splitDimension,
        test.concatDimension, test.splitGranule, test.concatGranule);
    ASSERT_TRUE(collective.isOk()) << collective.message();
    collectives.push_back(*collective);
    for (unsigned rank = 0; rank != ranks.size(); ++rank) {
      ASSERT_EQ(collective->sourceBytes(groups[0]->axes(), rank),
                data.back().sources[rank].size())
          << test.str();
      ASSERT_EQ(collective->destinationBytes(groups[0]->axes(), rank),
                data.back().destinations[rank].size())
          << test.str();
    }
  }
  Status status = ranks.run([&](unsigned rank) {
    EXPECT_EQ(groups[rank]->position(), rank);
    for (size_t i = 0; i != cases.size(); ++i) {
      Bytes source = data[i].sources[rank];
      Bytes destination(data[i].destinations[rank].size() + 8, 0xee);
      void *target = cases[i].inPlace ? source.data() : destination.data();
      WEFT_RETURN_IF_ERROR(
          groups[rank]->run(collectives[i], source.data(), target));
      Bytes found = cases[i].inPlace ? source : destination;
      if (!cases[i].inPlace) {
        EXPECT_EQ(Bytes(found.end() - 8, found.end()), Bytes(8, 0xee));
        found.resize(found.size() - 8);
      }
      EXPECT_EQ(found, data[i].destinations[rank])
          << cases[i].str() << " on rank " << rank << " of " << ranks.size();
    }
    return Status::ok();
  });
  EXPECT_TRUE(status.isOk()) << status.message();
}

const DataType allTypes[] = {
    DataType::Bool, DataType::I8,  DataType::I16, DataType::I32, DataType::I64,
    DataType::U8,   DataType::U16, DataType::U32, DataType::U64, DataType::F16,
    DataType::BF16, DataType::F32, DataType::F64};

std::vector<Case> allCases() {
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

TEST(Conformance, OneAxis) {
  for (uint64_t ranks = 1; ranks != 6; ++ranks) {
    Ranks mesh({{"tp", ranks}});
    check(mesh, allCases(), 7);
  }
}

TEST(Conformance, AxesNest) {
  Ranks mesh({{"dp", 2}, {"tp", 3}});
  check(mesh, allCases(), 11);
}

TEST(Conformance, RandomSizes) {
  unsigned seed = std::random_device()();
  printf("seed %u\n", seed);
  std::mt19937 random(seed);
  for (uint64_t ranks = 2; ranks != 6; ++ranks) {
    std::vector<Case> cases;
    for (int i = 0; i != 100; ++i) {
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
      cases.push_back(test);
    }
    Ranks mesh({{"tp", ranks}});
    check(mesh, cases, seed);
  }
}

TEST(Conformance, GroupsOfOtherAxesAreApart) {
  Ranks mesh({{"dp", 2}, {"tp", 3}});
  std::vector<Group *> columns, rows;
  for (unsigned rank = 0; rank != 6; ++rank) {
    columns.push_back(&mesh.groups.find(rank, {"tp"}));
    rows.push_back(&mesh.groups.find(rank, {"dp"}));
  }
  auto sum = *Collective::create(CollectiveKind::AllReduce, Reduction::Sum,
                                 DataType::I32, {}, 0, 0, 1, 1);
  Status status = mesh.run([&](unsigned rank) {
    int32_t own = 1 << (4 * rank), column = 0, all = 0;
    WEFT_RETURN_IF_ERROR(columns[rank]->run(sum, &own, &column));
    EXPECT_EQ(column, rank < 3 ? 0x111 : 0x111000);
    WEFT_RETURN_IF_ERROR(rows[rank]->run(sum, &column, &all));
    EXPECT_EQ(all, 0x111111);
    return Status::ok();
  });
  EXPECT_TRUE(status.isOk()) << status.message();
  // The first axis of the list is the major one.
  EXPECT_EQ(mesh.groups.find(1, {"tp", "dp"}).position(), 2u);
  EXPECT_EQ(mesh.groups.find(1, {"dp", "tp"}).position(), 1u);
}

TEST(Conformance, KeepsNaNs) {
  Ranks mesh({{"tp", 3}});
  for (Reduction reduction : {Reduction::Sum, Reduction::Max, Reduction::Min})
    for (unsigned bad = 0; bad != 3; ++bad) {
      auto collective = *Collective::create(
          CollectiveKind::AllReduce, reduction, DataType::F32, {}, 0, 0, 1, 1);
      std::vector<Group *> groups;
      for (unsigned rank = 0; rank != 3; ++rank)
        groups.push_back(&mesh.groups.find(rank, {"tp"}));
      Status status = mesh.run([&](unsigned rank) {
        float value = rank == bad ? NAN : static_cast<float>(rank), result = 0;
        Status status = groups[rank]->run(collective, &value, &result);
        EXPECT_TRUE(std::isnan(result));
        return status;
      });
      EXPECT_TRUE(status.isOk());
    }
}

TEST(Conformance, RefusesHugeTensors) {
  std::vector<uint64_t> sizes = {uint64_t(1) << 40, uint64_t(1) << 40};
  EXPECT_FALSE(Collective::create(CollectiveKind::AllReduce, Reduction::Sum,
                                  DataType::F32, sizes, 0, 0, 1, 1)
                   .isOk());
  sizes.push_back(0);
  auto empty = Collective::create(CollectiveKind::AllReduce, Reduction::Sum,
                                  DataType::F32, sizes, 0, 0, 1, 1);
  ASSERT_TRUE(empty.isOk());
  EXPECT_EQ(empty->bytes(), 0u);
}

TEST(Conformance, BlocksOfHugeDimensions) {
  uint64_t most = uint64_t(1) << 62, axes[] = {1000, 1000};
  for (uint64_t granule : {uint64_t(1), most, UINT64_MAX}) {
    Block first = blockOf(most, granule, axes, 0),
          last = blockOf(most, granule, axes, 999999);
    EXPECT_EQ(first.begin, 0u);
    EXPECT_LE(first.end, most);
    EXPECT_LE(last.begin, last.end);
    EXPECT_EQ(last.end, most);
  }
  EXPECT_EQ(blockOf(0, 1, axes, 5).size(), 0u);
}

} // namespace
