//===- RankFaultTest.cpp - Ranks that fail, stop, or never come -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/support/TestArtifact.h"
#include "weft/Runtime.h"

#include <gmock/gmock.h>

#include <atomic>
#include <random>
#include <thread>

using namespace weft;
using namespace weft::test;
using artifact::Buffer;
using artifact::Collective;
using artifact::Command;
using artifact::Manifest;
using testing::HasSubstr;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int sites = 6;

/// What the input `control` asks a rank to do at a site: see `fault` in
/// Kernels.c. It leaves out the collective of site `skipSite` on `skipRank`.
struct alignas(64) Control {
  int64_t rank = -1, site = -1, kind = 0, release = 0;
  int64_t skipRank = -1, skipSite = -1, unused[2] = {};
};
enum Kind { KernelFails = 1, KernelStays = 2, ThreadEnds = 3 };

/// At each site a launch that may fault, then a collective that may be left
/// out.
class RankFault : public testing::Test {
protected:
  TemporaryFolder folder;
  Manifest manifest = emptyManifest();
  artifact::Variant *variant = nullptr;

  void SetUp() override {
    artifact::EntryPoint &entry = *manifest.add_entries();
    entry.set_name("main");
    *entry.add_inputs() = tensorInfo("control", artifact::I64, {"8"});
    *entry.add_outputs() = tensorInfo("y", artifact::F32, {"60"});
    variant = manifest.mutable_stages(0)->add_programs()->add_variants();
    variant->set_queues(1);
    addBuffer(*variant, Buffer::INPUT, "64");
    addBuffer(*variant, Buffer::OUTPUT, "240")
        .set_owner("1 - min(coord(\"tp\"), 1)");
    addBuffer(*variant, Buffer::TEMPORARY, "240");
    addBuffer(*variant, Buffer::TEMPORARY, "240");
  }

  /// A mesh tp, with faults.
  void writeSites(uint64_t ranks) {
    setMesh(manifest, {{"tp", ranks}});
    variant->set_variables(2);
    for (uint32_t variable : {0u, 1u}) {
      Command &command = *variant->add_commands();
      command.set_node("site0");
      artifact::Read &read = *command.mutable_read();
      read.set_buffer(0);
      read.set_offset(variable == 0 ? "32" : "40");
      read.set_type(artifact::I64);
      read.set_variable(variable);
    }
    const Collective::Kind kinds[] = {
        Collective::ALL_REDUCE, Collective::ALL_GATHER,
        Collective::REDUCE_SCATTER, Collective::ALL_TO_ALL};
    for (int site = 0; site != sites; ++site) {
      std::string at = std::to_string(site);
      addLaunch(*variant, "site" + at, 4, {0}, {"coord(\"tp\")", at});
      artifact::Variant scratch;
      Collective &collective = addCollective(
          scratch, "site" + at, kinds[site % 4], {"tp"}, 2, 3, {"6", "10"});
      collective.set_concat_dimension(1);
      Command &command = *variant->add_commands();
      command.set_node("site" + at);
      artifact::If &present = *command.mutable_if_();
      present.set_condition(
          "(v0 - coord(\"tp\"))*(v0 - coord(\"tp\")) + (v1 - " + at +
          ")*(v1 - " + at + ")");
      *present.add_then() = scratch.commands(0);
    }
    write();
  }

  void write() { writeArtifact(folder.path(), manifest); }

  StatusOr<Model> load() {
    // One worker a rank: kernels run on the ranks' own threads.
    return Model::load(folder.path(), {.devices = {}, .threads = 1});
  }

  static Status run(Model &model, const Control &control, double timeout) {
    std::vector<int64_t> shape = {8};
    TensorView inputs[] = {{"control", DataType::I64, shape, &control}};
    RunOptions options;
    options.timeout = timeout;
    return model.run(inputs, options).status();
  }

  /// Loads and runs what the test wrote.
  std::string runError(double timeout = 0) {
    write();
    StatusOr<Model> model = load();
    if (!model)
      return model.message();
    Control control;
    for (int i = 0; i != 2; ++i) {
      Status status = run(*model, control, timeout);
      EXPECT_FALSE(status.isOk());
      if (i == 1)
        return status.isOk() ? "" : status.message();
    }
    return "";
  }
};

/// One line, with what a person needs.
void expectOneError(const Status &status) {
  ASSERT_FALSE(status.isOk());
  EXPECT_EQ(status.message().find('\n'), std::string::npos);
  EXPECT_THAT(status.message(), HasSubstr("rank "));
}

TEST_F(RankFault, RandomFaultsGiveOneErrorInTime) {
  unsigned seed = std::random_device()();
  printf("seed %u\n", seed);
  std::mt19937 random(seed);
  auto below = [&](unsigned bound) {
    return static_cast<int64_t>(random() % bound);
  };
  constexpr int ranks = 3;
  writeSites(ranks);
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  for (int injection = 0; injection != 100; ++injection) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", injection " +
                 std::to_string(injection));
    Control control;
    ASSERT_TRUE(run(*model, control, 0).isOk()) << "without a fault";
    int64_t rank = below(ranks), site = below(sites);
    auto start = Clock::now();
    double timeout = 0;
    std::string message;
    switch (below(3)) {
    case 0: { // a kernel that fails, with or without a timeout
      control.rank = rank;
      control.site = site;
      control.kind = KernelFails;
      timeout = static_cast<double>(below(2)) * 30;
      Status status = run(*model, control, timeout);
      expectOneError(status);
      EXPECT_EQ(status.message(), "rank " + std::to_string(rank) +
                                      " (tp=" + std::to_string(rank) +
                                      "): node 'site" + std::to_string(site) +
                                      "': the kernel raised error 64");
      break;
    }
    case 1: { // a rank that leaves out a collective, or ends before it
      control.skipRank = rank;
      control.skipSite = site;
      timeout = static_cast<double>(below(2)) * 30;
      Status status = run(*model, control, timeout);
      expectOneError(status);
      EXPECT_THAT(status.message(), HasSubstr("over [tp]"));
      EXPECT_THAT(status.message(), HasSubstr("node 'site"));
      break;
    }
    default: { // a rank that is not there in time
      // On a busy machine others may be late, too.
      control.rank = rank;
      control.site = site;
      control.kind = KernelStays;
      timeout = 0.03;
      std::thread release([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(90));
        __atomic_store_n(&control.release, 1, __ATOMIC_RELEASE);
      });
      Status status = run(*model, control, timeout);
      release.join();
      expectOneError(status);
      EXPECT_THAT(status.message(), HasSubstr("node 'site"));
    }
    }
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
  }
}

TEST_F(RankFault, NamesTheRankThatDoesNotCome) {
  writeSites(3);
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  Control control;
  control.rank = 1;
  control.site = 2;
  control.kind = KernelStays;
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    __atomic_store_n(&control.release, 1, __ATOMIC_RELEASE);
  });
  Status status = run(*model, control, 0.4);
  release.join();
  ASSERT_FALSE(status.isOk());
  EXPECT_EQ(status.message(),
            "node 'site2': reduce_scatter over [tp] of 240 bytes: rank 0 "
            "(tp=0), rank 2 (tp=2) arrived, but rank 1 (tp=1) (which is at "
            "node 'site2') did not within 0.4 seconds; raise the timeout if it "
            "needs more");
}

TEST_F(RankFault, GivesUpOnAKernelThatNeverEnds) {
  writeSites(2);
  Control control;
  control.rank = 1;
  control.site = 0;
  control.kind = KernelStays;
  {
    StatusOr<Model> model = load();
    ASSERT_TRUE(model.isOk()) << model.message();
    auto start = Clock::now();
    Status status = run(*model, control, 0.2);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
    expectOneError(status);
    EXPECT_THAT(status.message(), HasSubstr("rank 1 (tp=1)"));
    status = run(*model, control, 0.2);
    ASSERT_FALSE(status.isOk());
    EXPECT_EQ(status.message(),
              "a rank did not end in an earlier run; load the model again");
  }
  // The thread goes on in memory that was kept for it.
  __atomic_store_n(&control.release, 1, __ATOMIC_RELEASE);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

#if defined(__x86_64__)
TEST_F(RankFault, NoticesAThreadThatDied) {
  writeSites(3);
  for (double timeout : {0.0, 30.0}) {
    StatusOr<Model> model = load();
    ASSERT_TRUE(model.isOk()) << model.message();
    Control control;
    control.rank = 2;
    control.site = 3;
    control.kind = ThreadEnds;
    auto start = Clock::now();
    Status status = run(*model, control, timeout);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
    ASSERT_FALSE(status.isOk());
    EXPECT_EQ(status.message(),
              "rank 2 (tp=2): its thread ended at node 'site3'");
    EXPECT_FALSE(run(*model, control, timeout).isOk());
  }
}
#endif

//===----------------------------------------------------------------------===//
// Hostile programs
//===----------------------------------------------------------------------===//

TEST_F(RankFault, RefusesSizesThatDiffer) {
  setMesh(manifest, {{"tp", 2}});
  addCollective(*variant, "n", Collective::ALL_REDUCE, {"tp"}, 2, 3,
                {"30 + 2*coord(\"tp\")"});
  EXPECT_THAT(runError(), HasSubstr("meets another collective, all_reduce over "
                                    "[tp] of 1"));
}

TEST_F(RankFault, RefusesSmallBuffersOfAnyRank) {
  setMesh(manifest, {{"tp", 2}});
  variant->mutable_buffers(2)->set_bytes("240 - 8*coord(\"tp\")");
  addCollective(*variant, "n", Collective::ALL_REDUCE, {"tp"}, 2, 3, {"60"});
  EXPECT_THAT(runError(),
              HasSubstr("rank 1 (tp=1): node 'n': reads 240 bytes at 0 of "
                        "buffer 2, which has 232"));
  variant->mutable_buffers(2)->set_bytes("240");
  variant->mutable_buffers(3)->set_bytes("80");
  auto &gather = *variant->mutable_commands(0)->mutable_collective();
  gather.set_kind(Collective::REDUCE_SCATTER);
  gather.set_split_granule(25);
  EXPECT_THAT(runError(), HasSubstr("node 'n': writes 200 bytes at 0"));
}

TEST_F(RankFault, RefusesOverlaps) {
  setMesh(manifest, {{"tp", 2}});
  addBuffer(*variant, Buffer::VIEW, "120", 2).set_offset("64");
  addCollective(*variant, "n", Collective::ALL_REDUCE, {"tp"}, 2, 4, {"20"});
  EXPECT_THAT(runError(),
              HasSubstr("node 'n': a collective's source and destination "
                        "overlap"));
  variant->mutable_buffers(4)->set_offset("2");
  EXPECT_THAT(runError(), HasSubstr("gets buffer 4 at byte 2; expected a "
                                    "multiple of 4"));
}

TEST_F(RankFault, RefusesNegativeAndHugeSizes) {
  setMesh(manifest, {{"tp", 2}});
  Collective &collective = addCollective(*variant, "n", Collective::ALL_REDUCE,
                                         {"tp"}, 2, 3, {"1 - 5"});
  EXPECT_THAT(runError(), HasSubstr("a collective's size is -4"));
  collective.set_sizes(0, "4611686018427387904");
  collective.add_sizes("4611686018427387904");
  EXPECT_THAT(runError(), HasSubstr("more than 2^62 bytes"));
}

TEST_F(RankFault, EndsWhenRanksWaitForEachOther) {
  setMesh(manifest, {{"dp", 2}, {"tp", 2}});
  variant->mutable_buffers(1)->clear_owner();
  // Some do tp then dp, others dp then tp: all four wait in a circle.
  artifact::If &branch = *variant->add_commands()->mutable_if_();
  branch.set_condition("(coord(\"dp\") - coord(\"tp\"))*(coord(\"dp\") - "
                       "coord(\"tp\"))");
  artifact::Variant scratch;
  addCollective(scratch, "first", Collective::ALL_REDUCE, {"dp"}, 2, 3, {"60"});
  addCollective(scratch, "second", Collective::ALL_REDUCE, {"tp"}, 2, 3,
                {"60"});
  *branch.add_then() = scratch.commands(0);
  *branch.add_then() = scratch.commands(1);
  *branch.add_otherwise() = scratch.commands(1);
  *branch.add_otherwise() = scratch.commands(0);
  EXPECT_THAT(runError(), HasSubstr("did not and never will"));
}

} // namespace
