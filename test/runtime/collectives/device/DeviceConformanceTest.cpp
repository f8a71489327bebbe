//===- DeviceConformanceTest.cpp - Groups of devices compute the same -----===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cases.h"
#include "device/DeviceRanks.h"

using namespace weft;
using namespace weft::test;
using Kind = DeviceRanks::Kind;

namespace {

class DeviceConformance : public testing::TestWithParam<Kind> {};

/// Runs all cases one after another on the group over all axes, on the device.
void check(DeviceRanks &ranks, const std::vector<Case> &cases, unsigned seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<Group *> groups = ranks.find(ranks.axes());
  std::vector<Data> data;
  std::vector<Collective> collectives;
  for (const Case &test : cases) {
    data.push_back(reference(test, groups[0]->axes(), ranks.size(), random));
    collectives.push_back(*Collective::create(
        test.kind, test.reduction, test.type, test.sizes, test.splitDimension,
        test.concatDimension, test.splitGranule, test.concatGranule));
  }
  Status status = ranks.run([&](unsigned rank) {
    TestQueue &queue = *ranks.queues[rank];
    for (size_t i = 0; i != cases.size(); ++i) {
      const Bytes &source = data[i].sources[rank];
      const Bytes &expected = data[i].destinations[rank];
      void *from = queue.at(64), *to = queue.at(TestQueue::memoryBytes / 2);
      Bytes marked(expected.size() + 8, 0xee);
      WEFT_RETURN_IF_ERROR(queue.upload(from, source.data(), source.size()));
      WEFT_RETURN_IF_ERROR(queue.upload(to, marked.data(), marked.size()));
      void *target = cases[i].inPlace ? from : to;
      WEFT_RETURN_IF_ERROR(
          groups[rank]->run(collectives[i], from, target, &queue));
      Bytes found(expected.size());
      WEFT_RETURN_IF_ERROR(queue.download(found.data(), target, found.size()));
      WEFT_RETURN_IF_ERROR(queue.download(marked.data(), to, marked.size()));
      EXPECT_EQ(found, expected)
          << cases[i].str() << " on rank " << rank << " of " << ranks.size();
      EXPECT_EQ(Bytes(marked.end() - 8, marked.end()), Bytes(8, 0xee))
          << cases[i].str();
    }
    return Status::ok();
  });
  EXPECT_TRUE(status.isOk()) << status.message();
}

TEST_P(DeviceConformance, OneAxis) {
  for (uint64_t size : {1, 2, 3, 4}) {
    DeviceRanks ranks({{"tp", size}}, GetParam());
    check(ranks, allCases(), 7);
  }
}

TEST_P(DeviceConformance, AxesNest) {
  DeviceRanks ranks({{"dp", 2}, {"tp", 2}}, GetParam());
  check(ranks, allCases(), 11);
}

TEST_P(DeviceConformance, RandomSizes) {
  unsigned seed = std::random_device()();
  printf("seed %u\n", seed);
  std::mt19937 random(seed);
  std::vector<Case> cases;
  for (int i = 0; i != 100; ++i)
    cases.push_back(randomCase(random));
  DeviceRanks ranks({{"tp", 3}}, GetParam());
  check(ranks, cases, seed);
}

TEST_P(DeviceConformance, GroupsOfOtherAxesAreApart) {
  DeviceRanks ranks({{"dp", 2}, {"tp", 2}}, GetParam());
  std::vector<Group *> columns = ranks.find({"tp"}), rows = ranks.find({"dp"});
  auto sum = *Collective::create(CollectiveKind::AllReduce, Reduction::Sum,
                                 DataType::I32, {}, 0, 0, 1, 1);
  Status status = ranks.run([&](unsigned rank) {
    TestQueue &queue = *ranks.queues[rank];
    int32_t own = 1 << (4 * rank), all = 0;
    WEFT_RETURN_IF_ERROR(queue.upload(queue.at(0), &own, 4));
    // Neither waits for the device: the stream keeps the order.
    WEFT_RETURN_IF_ERROR(
        columns[rank]->run(sum, queue.at(0), queue.at(64), &queue));
    WEFT_RETURN_IF_ERROR(
        rows[rank]->run(sum, queue.at(64), queue.at(128), &queue));
    WEFT_RETURN_IF_ERROR(queue.download(&all, queue.at(128), 4));
    EXPECT_EQ(all, 0x1111);
    return Status::ok();
  });
  EXPECT_TRUE(status.isOk()) << status.message();
}

TEST(DeviceGroups, SayWhatTheyAre) {
  DeviceRanks nccl({{"tp", 2}}, Kind::Nccl), staged({{"tp", 2}}, Kind::Staged);
  EXPECT_EQ(nccl.groups->name(), "NCCL 2.28.0");
  EXPECT_EQ(staged.groups->name(), "copies through the host (asked for)");
}

TEST(DeviceGroups, SayThatThereIsNoLibrary) {
  auto library = cuda::NcclLibrary::open("/nowhere");
  ASSERT_FALSE(library.isOk());
  EXPECT_THAT(library.message(),
              testing::HasSubstr("cannot load NCCL: /nowhere"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, DeviceConformance,
                         testing::Values(Kind::Nccl, Kind::Staged),
                         [](const auto &info) {
                           return info.param == Kind::Nccl ? "Nccl" : "Staged";
                         });

} // namespace
