//===- DeviceFailureTest.cpp - Ranks that fail end all others -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "device/DeviceRanks.h"

using namespace weft;
using namespace weft::test;
using testing::HasSubstr;
using Kind = DeviceRanks::Kind;

namespace {

class DeviceFailure : public testing::TestWithParam<Kind> {};

Collective sum(uint64_t count) {
  uint64_t sizes[] = {count};
  return *Collective::create(CollectiveKind::AllReduce, Reduction::Sum,
                             DataType::F32, sizes, 0, 0, 1, 1);
}

/// One all_reduce of a float; an error unless it gives the number of ranks.
Status addOnes(DeviceRanks &ranks, const std::vector<Group *> &groups) {
  return ranks.run([&](unsigned rank) {
    TestQueue &queue = *ranks.queues[rank];
    float value = 1;
    WEFT_RETURN_IF_ERROR(queue.upload(queue.at(0), &value, 4));
    WEFT_RETURN_IF_ERROR(
        groups[rank]->run(sum(1), queue.at(0), queue.at(64), &queue));
    WEFT_RETURN_IF_ERROR(queue.download(&value, queue.at(64), 4));
    EXPECT_EQ(value, static_cast<float>(ranks.size()));
    return Status::ok();
  });
}

TEST_P(DeviceFailure, NamesWhoDidNotComeInTime) {
  DeviceRanks ranks({{"tp", 3}}, GetParam());
  std::vector<Group *> groups = ranks.find({"tp"});
  const std::string node = "slow";
  auto start = Watchdog::Clock::now();
  Status status = ranks.run(
      [&](unsigned rank) {
        TestQueue &queue = *ranks.queues[rank];
        if (rank == 1) {
          ranks.watchdog.reach(rank, &node);
          while (!ranks.watchdog.hasFailed())
            std::this_thread::yield();
          return Status::ok();
        }
        return groups[rank]->run(sum(1), queue.at(0), queue.at(64), &queue);
      },
      0.2);
  ASSERT_FALSE(status.isOk());
  EXPECT_EQ(status.message(),
            "all_reduce over [tp] of 4 bytes: rank 0, rank 2 arrived, but rank "
            "1 (which is at node 'slow') did not within 0.2 seconds; raise the "
            "timeout if it needs more");
  EXPECT_LT(Watchdog::Clock::now() - start, std::chrono::seconds(20));
  status = addOnes(ranks, groups);
  EXPECT_TRUE(status.isOk()) << status.message();
}

TEST_P(DeviceFailure, RefusesDifferentCollectives) {
  DeviceRanks ranks({{"tp", 2}}, GetParam());
  std::vector<Group *> groups = ranks.find({"tp"});
  Status status = ranks.run([&](unsigned rank) {
    TestQueue &queue = *ranks.queues[rank];
    return groups[rank]->run(sum(rank == 0 ? 4 : 8), queue.at(0), queue.at(64),
                             &queue);
  });
  ASSERT_FALSE(status.isOk());
  EXPECT_THAT(status.message(), HasSubstr("meets another collective"));
  EXPECT_THAT(status.message(), HasSubstr("of 32 bytes of rank 1"));
  status = addOnes(ranks, groups);
  EXPECT_TRUE(status.isOk()) << status.message();
}

TEST_P(DeviceFailure, EndsAllWhenOneFails) {
  for (unsigned bad = 0; bad != 3; ++bad) {
    DeviceRanks ranks({{"tp", 3}}, GetParam());
    std::vector<Group *> groups = ranks.find({"tp"});
    Status status = ranks.run([&](unsigned rank) {
      TestQueue &queue = *ranks.queues[rank];
      for (int round = 0;; ++round) {
        if (rank == bad && round == 20)
          return Status::error("rank " + std::to_string(rank) + " broke");
        WEFT_RETURN_IF_ERROR(
            groups[rank]->run(sum(8), queue.at(0), queue.at(64), &queue));
      }
    });
    ASSERT_FALSE(status.isOk());
    EXPECT_EQ(status.message(), "rank " + std::to_string(bad) + " broke");
    status = addOnes(ranks, groups);
    EXPECT_TRUE(status.isOk()) << status.message();
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, DeviceFailure,
                         testing::Values(Kind::Nccl, Kind::Staged),
                         [](const auto &info) {
                           return info.param == Kind::Nccl ? "Nccl" : "Staged";
                         });

/// A kernel that writes where there is no memory.
const char faultyKernel[] = R"(.version 7.0
.target sm_80
.address_size 64
.visible .entry fault()
{
  .reg .b32 %r<2>;
  .reg .b64 %rd<2>;
  mov.u64 %rd1, 64;
  mov.u32 %r1, 1;
  st.global.u32 [%rd1], %r1;
  ret;
}
)";

// All ranks have given their collective when one device breaks: the others wait
// for it on their devices, until they are aborted. A broken context stays so,
// hence devices that no other test uses.
TEST(DeviceFault, EndsWhatOtherDevicesWaitFor) {
  DeviceRanks ranks({{"tp", 2}}, Kind::Nccl, /*firstDevice=*/4);
  std::vector<Group *> groups = ranks.find({"tp"});
  const cuda::DriverFunctions &cuda = ranks.driver->functions();
  Status status = ranks.run([&](unsigned rank) -> Status {
    TestQueue &queue = *ranks.queues[rank];
    if (rank == 1) {
      cuda::CUmodule module = nullptr;
      cuda::CUfunction function = nullptr;
      WEFT_CUDA_CALL(*ranks.driver, cuModuleLoadData, &module, faultyKernel);
      WEFT_CUDA_CALL(*ranks.driver, cuModuleGetFunction, &function, module,
                     "fault");
      EXPECT_EQ(cuda.cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, queue.stream,
                                    nullptr, nullptr),
                cuda::CUDA_SUCCESS);
    }
    return groups[rank]->run(sum(8), queue.at(0), queue.at(64), &queue);
  });
  ASSERT_FALSE(status.isOk());
  EXPECT_THAT(status.message(), HasSubstr("CUDA_ERROR_ILLEGAL_ADDRESS"));
}

} // namespace
