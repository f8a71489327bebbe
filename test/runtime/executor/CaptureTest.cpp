//===- CaptureTest.cpp - Steps that are captured once and replayed --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/CudaDevice.h"
#include "runtime/executor/Rank.h"
#include "test/runtime/support/Gpus.h"
#include "test/runtime/support/TestArtifact.h"

#include <gmock/gmock.h>

using namespace weft;
using namespace weft::test;
using testing::ElementsAre;

namespace {

/// output[batch, sequence, 8] = 2 * (table[ids] W^T) on one simulated GPU, in
/// three launches; and what the device was asked to capture and replay.
class CaptureTest : public testing::Test {
protected:
  TemporaryFolder folder;
  std::optional<Artifact> artifact;
  Watchdog watchdog{{""}, WaitPolicy::of(false)};
  std::mutex reporting;
  cuda::Context *context = nullptr;
  std::unique_ptr<Rank> rank;

  void load(const artifact::Manifest &manifest) {
    writeArtifact(folder.path(), manifest);
    StatusOr<Artifact> opened = Artifact::open(folder.path(), {});
    ASSERT_TRUE(opened.isOk()) << opened.message();
    artifact = std::move(*opened);
    auto driver = openGpus(1);
    ASSERT_TRUE(driver.isOk()) << driver.message();
    auto device = CudaDevice::create(*driver, 0);
    ASSERT_TRUE(device.isOk()) << device.message();
    context = &(*device)->context();
    Rank::Peers peers{
        watchdog, reporting,
        [](unsigned, const std::vector<std::string> &) -> Group & {
          std::abort();
        }};
    auto loaded = Rank::load(*artifact, 0, std::move(*device), peers, false);
    ASSERT_TRUE(loaded.isOk()) << loaded.message();
    rank = std::move(*loaded);
  }

  template <typename Result>
  std::vector<Result> run(const std::vector<int64_t> &values,
                          std::vector<int64_t> shape, const char *input,
                          const char *output, DataType type,
                          const RunOptions &options) {
    Executor &executor = rank->executor(0);
    TensorView inputs[] = {{input, DataType::I64, shape, values.data()}};
    Status status = executor.prepare(inputs);
    std::vector<Result> results;
    if (status) {
      std::span<const int64_t> sizes = executor.outputShape(0);
      size_t count = 1;
      for (int64_t size : sizes)
        count *= static_cast<size_t>(size);
      results.resize(count);
      MutableTensorView outputs[] = {{output, type, sizes, results.data()}};
      status = executor.matchOutputs(outputs);
      watchdog.begin(options.timeout);
      watchdog.enter(0);
      if (status)
        status = executor.run(inputs, outputs, options);
      watchdog.end(0);
    }
    EXPECT_TRUE(status.isOk()) << status.message();
    return results;
  }

  /// Runs the encoder and compares with what it should give.
  void encode(const std::vector<int64_t> &ids, const RunOptions &options = {}) {
    EXPECT_EQ(run<float>(ids, {1, static_cast<int64_t>(ids.size())}, "ids",
                         "output", DataType::F32, options),
              encoderReference(ids));
  }

  std::pair<uint64_t, uint64_t> counts() const {
    return {context->captures, context->replays};
  }
};

using Counts = std::pair<uint64_t, uint64_t>;

TEST_F(CaptureTest, CapturesTheThirdStepAndReplaysWithOtherValues) {
  load(encoderManifest(artifact::CUDA));
  for (int64_t step = 0; step != 10; ++step) {
    encode({step % 10, (step * 3) % 10, 9 - step});
    uint64_t replays = step < 2 ? 0 : static_cast<uint64_t>(step) - 1;
    EXPECT_EQ(counts(), Counts(replays != 0, replays));
  }
}

TEST_F(CaptureTest, CapturesForEachSize) {
  load(encoderManifest(artifact::CUDA));
  encode({1, 2, 3, 4, 5});
  for (int64_t step = 0; step != 5; ++step) {
    encode({step, 1});
    encode({step, 2, 9});
  }
  // Twice three of five steps.
  EXPECT_EQ(counts(), Counts(2, 6));
}

TEST_F(CaptureTest, BeginsAnewWhenBuffersMove) {
  load(encoderManifest(artifact::CUDA));
  for (int64_t step = 0; step != 4; ++step)
    encode({step, 1});
  EXPECT_EQ(counts(), Counts(1, 2));
  // Outgrows staging and arena.
  encode(std::vector<int64_t>(5000, 3));
  for (int64_t step = 0; step != 4; ++step)
    encode({step, 8});
  EXPECT_EQ(counts(), Counts(2, 4));
}

TEST_F(CaptureTest, LeavesTracedRunsAlone) {
  load(encoderManifest(artifact::CUDA));
  RunOptions traced;
  std::vector<std::string> nodes;
  traced.onCommand = [&](const CommandRecord &record) {
    nodes.emplace_back(record.node);
  };
  for (int64_t step = 0; step != 4; ++step)
    encode({step}, traced);
  EXPECT_EQ(counts(), Counts(0, 0));
  EXPECT_EQ(nodes.size(), 12u);
  for (int64_t step = 0; step != 4; ++step)
    encode({step});
  EXPECT_EQ(counts(), Counts(1, 2));
  encode({4}, traced);
  EXPECT_EQ(counts(), Counts(1, 2));
}

TEST_F(CaptureTest, SplitsAtReadsAndKeepsState) {
  // total += 3 twice, if x[0] is not 0 once more; y = total.
  artifact::Manifest manifest = emptyManifest(artifact::CUDA);
  artifact::State &state = *manifest.add_states();
  state.set_name("total");
  state.set_type(artifact::I64);
  state.add_sizes("1");
  artifact::EntryPoint &entry = *manifest.add_entries();
  entry.set_name("main");
  *entry.add_inputs() = tensorInfo("x", artifact::I64, {"batch"});
  *entry.add_outputs() = tensorInfo("y", artifact::I64, {"1"});
  artifact::Variant &variant =
      *manifest.mutable_stages(0)->add_programs()->add_variants();
  variant.set_queues(1);
  variant.set_variables(1);
  addBuffer(variant, artifact::Buffer::INPUT, "8*batch");
  addBuffer(variant, artifact::Buffer::OUTPUT, "8");
  addBuffer(variant, artifact::Buffer::STATE, "8", 0, "total");
  addBuffer(variant, artifact::Buffer::TEMPORARY, "8");
  addLaunch(variant, "a", 3, {3, 2}, {"3"});
  addLaunch(variant, "b", 3, {3, 2}, {"3"});
  artifact::Read &read = *variant.add_commands()->mutable_read();
  read.set_buffer(0);
  read.set_offset("0");
  read.set_type(artifact::I64);
  artifact::If &branch = *variant.add_commands()->mutable_if_();
  branch.set_condition("v0");
  artifact::Command &more = *branch.add_then();
  more.set_node("c");
  more.mutable_launch()->set_kernel(3);
  more.mutable_launch()->add_buffers(3);
  more.mutable_launch()->add_buffers(2);
  more.mutable_launch()->add_sizes("3");
  for (int i = 0; i != 2; ++i) {
    artifact::Copy &copy = *variant.add_commands()->mutable_copy();
    copy.set_source(2);
    copy.set_destination(1);
    copy.set_source_offset("0");
    copy.set_destination_offset("0");
    copy.set_bytes("8");
  }
  load(manifest);
  int64_t total = 0;
  for (int64_t x : {1, 0, 0, 5, 0, 7}) {
    total += x == 0 ? 6 : 9;
    EXPECT_THAT(run<int64_t>({x}, {1}, "x", "y", DataType::I64, {}),
                ElementsAre(total));
  }
  // The two launches in front and the two copies behind, in four of six steps.
  EXPECT_EQ(counts(), Counts(2, 8));
}

} // namespace
