//===- WatchdogTest.cpp - Ranks that do not come --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RankFixture.h"

using namespace weft;
using namespace weft::test;
using testing::HasSubstr;

namespace {

Collective sum(uint64_t count) {
  uint64_t sizes[] = {count};
  return *Collective::create(CollectiveKind::AllReduce, Reduction::Sum,
                             DataType::F32, sizes, 0, 0, 1, 1);
}

/// What a rank does: sums of 4 floats over the axes that are listed.
struct Script {
  std::vector<std::vector<std::string>> groups;
  std::vector<uint64_t> counts = {}; // other than 4
};

Status follow(Ranks &ranks, const std::vector<Script> &scripts,
              double timeout = 0) {
  std::vector<std::vector<Group *>> groups(ranks.size());
  std::vector<std::vector<Collective>> collectives(ranks.size());
  std::vector<std::vector<float>> sources(ranks.size()),
      destinations(ranks.size());
  for (unsigned rank = 0; rank != ranks.size(); ++rank) {
    const std::vector<uint64_t> &counts = scripts[rank].counts;
    for (const std::vector<std::string> &axes : scripts[rank].groups) {
      size_t index = groups[rank].size();
      groups[rank].push_back(&ranks.groups.find(rank, axes));
      collectives[rank].push_back(
          sum(index < counts.size() ? counts[index] : 4));
    }
    sources[rank].resize(64);
    destinations[rank].resize(64);
  }
  return ranks.run(
      [&](unsigned rank) {
        for (size_t i = 0; i != groups[rank].size(); ++i)
          WEFT_RETURN_IF_ERROR(
              groups[rank][i]->run(collectives[rank][i], sources[rank].data(),
                                   destinations[rank].data(), nullptr));
        return Status::ok();
      },
      timeout);
}

TEST(Watchdog, NamesWhoDidNotComeInTime) {
  Ranks ranks({{"tp", 3}});
  Group *groups[] = {&ranks.groups.find(0, {"tp"}),
                     &ranks.groups.find(1, {"tp"}),
                     &ranks.groups.find(2, {"tp"})};
  const Collective collective = sum(1);
  float sources[3] = {}, destinations[3] = {};
  const std::string node = "slow";
  auto start = Watchdog::Clock::now();
  Status status = ranks.run(
      [&](unsigned rank) {
        if (rank == 1) {
          ranks.watchdog.reach(rank, &node);
          while (!ranks.watchdog.hasFailed())
            std::this_thread::yield();
          return Status::ok();
        }
        return groups[rank]->run(collective, &sources[rank],
                                 &destinations[rank], nullptr);
      },
      0.1);
  ASSERT_FALSE(status.isOk());
  EXPECT_EQ(status.message(),
            "all_reduce over [tp] of 4 bytes: rank 0, rank 2 arrived, but rank "
            "1 (which is at node 'slow') did not within 0.1 seconds; raise the "
            "timeout if it needs more");
  EXPECT_LT(Watchdog::Clock::now() - start, std::chrono::seconds(5));
}

TEST(Watchdog, KnowsThatARankHasEnded) {
  Ranks ranks({{"tp", 3}});
  Status status =
      follow(ranks, {{{{"tp"}, {"tp"}}}, {{{"tp"}}}, {{{"tp"}, {"tp"}}}});
  ASSERT_FALSE(status.isOk());
  EXPECT_THAT(status.message(),
              HasSubstr("rank 1 (which has ended) did not and never will"));
  // The next run knows nothing of it.
  status = follow(ranks, {{{{"tp"}}}, {{{"tp"}}}, {{{"tp"}}}});
  EXPECT_TRUE(status.isOk());
}

TEST(Watchdog, FindsRanksThatWaitForEachOther) {
  Ranks ranks({{"dp", 2}, {"tp", 2}});
  // Rank 0 waits for 1 over tp, 1 for 3 over dp, 3 for 2, 2 for 0.
  Status status = follow(ranks, {{{{"tp"}, {"dp"}}},
                                 {{{"dp"}, {"tp"}}},
                                 {{{"dp"}, {"tp"}}},
                                 {{{"tp"}, {"dp"}}}});
  ASSERT_FALSE(status.isOk());
  EXPECT_THAT(status.message(), HasSubstr("arrived, but rank"));
  EXPECT_THAT(status.message(), HasSubstr("did not and never will"));
}

TEST(Watchdog, RefusesDifferentCollectives) {
  Ranks ranks({{"tp", 2}});
  Status status = follow(ranks, {{{{"tp"}}, {4}}, {{{"tp"}}, {8}}});
  ASSERT_FALSE(status.isOk());
  EXPECT_THAT(status.message(), HasSubstr("meets another collective"));
  EXPECT_THAT(status.message(), HasSubstr("of 32 bytes of rank 1"));
}

TEST(Watchdog, EndsAllWhenOneFails) {
  for (unsigned bad = 0; bad != 4; ++bad) {
    Ranks ranks({{"tp", 4}});
    std::vector<Group *> groups;
    for (unsigned rank = 0; rank != 4; ++rank)
      groups.push_back(&ranks.groups.find(rank, {"tp"}));
    const Collective collective = sum(8);
    float sources[4][8] = {}, destinations[4][8] = {};
    Status status = ranks.run([&](unsigned rank) {
      for (int round = 0;; ++round) {
        if (rank == bad && round == 100)
          return Status::error("rank " + std::to_string(rank) + " broke");
        WEFT_RETURN_IF_ERROR(groups[rank]->run(collective, sources[rank],
                                               destinations[rank], nullptr));
      }
    });
    ASSERT_FALSE(status.isOk());
    EXPECT_EQ(status.message(), "rank " + std::to_string(bad) + " broke");
  }
}

TEST(Watchdog, WaitsForSlowRanks) {
  Ranks ranks({{"tp", 2}});
  Group *groups[] = {&ranks.groups.find(0, {"tp"}),
                     &ranks.groups.find(1, {"tp"})};
  Status status = ranks.run([&](unsigned rank) {
    float source = 1, destination = 0;
    for (unsigned round = 0; round != 3; ++round) {
      // Long enough for the other one to sleep.
      if (rank == round % 2)
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
      WEFT_RETURN_IF_ERROR(
          groups[rank]->run(sum(1), &source, &destination, nullptr));
      EXPECT_EQ(destination, 2);
    }
    return Status::ok();
  });
  EXPECT_TRUE(status.isOk()) << status.message();
}

} // namespace
