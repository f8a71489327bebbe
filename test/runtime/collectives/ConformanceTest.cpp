//===- ConformanceTest.cpp - What a Group must compute --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cases.h"
#include "RankFixture.h"
#include "Reference.h"

#include <cmath>

using namespace weft;
using namespace weft::test;

namespace {

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
          groups[rank]->run(collectives[i], source.data(), target, nullptr));
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
      cases.push_back(randomCase(random));
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
    WEFT_RETURN_IF_ERROR(columns[rank]->run(sum, &own, &column, nullptr));
    EXPECT_EQ(column, rank < 3 ? 0x111 : 0x111000);
    WEFT_RETURN_IF_ERROR(rows[rank]->run(sum, &column, &all, nullptr));
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
        Status status = groups[rank]->run(collective, &value, &result, nullptr);
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
