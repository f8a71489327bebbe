//===- CudaProgramTest.cpp - Programs on simulated GPUs -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/support/TestArtifact.h"
#include "weft/Runtime.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <numeric>
#include <unistd.h>

using namespace weft;
using namespace weft::test;
using artifact::Buffer;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// An entry point x: i64[batch] -> y: i64[batch] for a GPU, whose program a
/// test fills in. Buffers 0 and 1 are x and y.
class CudaProgramTest : public testing::Test {
protected:
  TemporaryFolder folder;
  artifact::Manifest manifest = emptyManifest(artifact::CUDA);
  artifact::Variant *variant = nullptr;

  void SetUp() override {
    artifact::EntryPoint &entry = *manifest.add_entries();
    entry.set_name("main");
    *entry.add_inputs() = tensorInfo("x", artifact::I64, {"batch"});
    *entry.add_outputs() = tensorInfo("y", artifact::I64, {"batch"});
    variant = manifest.mutable_stages(0)->add_programs()->add_variants();
    variant->set_queues(1);
    addBuffer(*variant, Buffer::INPUT, "8*batch");
    addBuffer(*variant, Buffer::OUTPUT, "8*batch", 0);
  }

  artifact::Kernel &kernel(int index) {
    return *manifest.mutable_stages(0)->mutable_kernels()->mutable_kernels(
        index);
  }
  void copy(uint32_t source, uint32_t destination, std::string bytes) {
    artifact::Copy &copy = *variant->add_commands()->mutable_copy();
    copy.set_source(source);
    copy.set_destination(destination);
    copy.set_source_offset("0");
    copy.set_destination_offset("0");
    copy.set_bytes(std::move(bytes));
  }
  static void read(artifact::Command &command, uint32_t buffer) {
    artifact::Read &read = *command.mutable_read();
    read.set_buffer(buffer);
    read.set_offset("0");
    read.set_type(artifact::I64);
    read.set_variable(0);
  }
  static void launch(artifact::Command &command, std::string node,
                     uint32_t kernel, std::vector<uint32_t> buffers,
                     std::vector<std::string> sizes) {
    command.set_node(std::move(node));
    command.mutable_launch()->set_kernel(kernel);
    for (uint32_t buffer : buffers)
      command.mutable_launch()->add_buffers(buffer);
    for (std::string &size : sizes)
      command.mutable_launch()->add_sizes(std::move(size));
  }
  /// y = x, and then what `fault` does as its elements 0 to 3 say.
  void faultBySecondNode() {
    copy(0, 1, "8*batch");
    addLaunch(*variant, "harmless", 4, {1}, {"9", "9"});
    addLaunch(*variant, "harmful", 4, {1}, {"0", "1"});
    addLaunch(*variant, "after", 4, {1}, {"9", "9"});
  }

  StatusOr<Model> load(LoadOptions options = {.devices = {"cusim:1"}}) {
    writeArtifact(folder.path(), manifest);
    return Model::load(folder.path(), options);
  }
  static StatusOr<std::vector<int64_t>>
  runOn(Model &model, std::vector<int64_t> x, RunOptions options = {}) {
    std::vector<int64_t> shape = {static_cast<int64_t>(x.size())};
    TensorView inputs[] = {{"x", DataType::I64, shape, x.data()}};
    auto outputs = model.run(inputs, options);
    if (!outputs)
      return outputs.status();
    std::span<int64_t> y = (*outputs)[0].values<int64_t>();
    return std::vector<int64_t>(y.begin(), y.end());
  }
  std::string runError(std::vector<int64_t> x, RunOptions options = {}) {
    StatusOr<Model> model = load();
    EXPECT_TRUE(model.isOk()) << model.message();
    auto y = runOn(*model, std::move(x), options);
    EXPECT_FALSE(y.isOk());
    return y.isOk() ? "" : y.message();
  }
  std::string loadError(LoadOptions options = {.devices = {"cusim:1"}}) {
    StatusOr<Model> model = load(options);
    EXPECT_FALSE(model.isOk());
    return model.isOk() ? "" : model.message();
  }
};

TEST_F(CudaProgramTest, RunsAnEncoderOfManyShapes) {
  writeArtifact(folder.path(), encoderManifest(artifact::CUDA));
  StatusOr<Model> model = Model::load(folder.path(), {.devices = {"cusim:1"}});
  ASSERT_TRUE(model.isOk()) << model.message();
  for (auto [batch, sequence] :
       {std::pair(1, 1), {3, 97}, {2, 512}, {1, 1}, {1, 1}, {1, 1}, {7, 3}}) {
    std::vector<int64_t> shape = {batch, sequence};
    std::vector<int64_t> ids = someIds(static_cast<size_t>(batch * sequence));
    TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
    StatusOr<std::vector<Tensor>> outputs = model->run(inputs);
    ASSERT_TRUE(outputs.isOk()) << outputs.message();
    std::span<float> values = (*outputs)[0].values<float>();
    EXPECT_EQ(std::vector<float>(values.begin(), values.end()),
              encoderReference(ids));
  }
}

TEST_F(CudaProgramTest, NamesTheNodeThatRaisedAnError) {
  writeArtifact(folder.path(), encoderManifest(artifact::CUDA));
  StatusOr<Model> model = Model::load(folder.path(), {.devices = {"cusim:1"}});
  ASSERT_TRUE(model.isOk()) << model.message();
  std::vector<int64_t> shape = {1, 3}, wrong = {1, 10, 2}, right = {1, 9, 2};
  for (int round = 0; round != 5; ++round) {
    TensorView bad[] = {{"ids", DataType::I64, shape, wrong.data()}},
               good[] = {{"ids", DataType::I64, shape, right.data()}};
    EXPECT_THAT(model->run(bad).message(),
                HasSubstr("node 'embeddings/Gather': an index in the input "
                          "data is out of range"));
    EXPECT_TRUE(model->run(good).isOk()) << "the model still works";
  }
}

TEST_F(CudaProgramTest, LoopsWhileAValueIsPositive) {
  variant->set_variables(1);
  addBuffer(*variant, Buffer::TEMPORARY, "8");
  copy(0, 2, "8");
  variant->add_commands()->mutable_fill()->set_buffer(1);
  read(*variant->add_commands(), 2);
  artifact::While &loop = *variant->add_commands()->mutable_while_();
  loop.set_condition("max(v0, 0)");
  launch(*loop.add_body(), "count", 3, {2, 1}, {"5"});
  launch(*loop.add_body(), "nothing", 4, {1}, {"9", "9"});
  read(*loop.add_body(), 2);
  manifest.mutable_stages(0)
      ->mutable_kernels()
      ->mutable_kernels(4)
      ->mutable_buffers(0)
      ->set_least_bytes("8");
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  // Again and again: the loop's body is captured, its trips are not.
  for (int64_t trips : {4, 0, 3, 7, 1, -3})
    EXPECT_THAT(*runOn(*model, {trips}),
                ElementsAre(5 * std::max<int64_t>(trips, 0)));
}

TEST_F(CudaProgramTest, AllocatesWhatAValueAsksFor) {
  variant->set_variables(1);
  addBuffer(*variant, Buffer::TEMPORARY, "8*v0");
  read(*variant->add_commands(), 0);
  variant->add_commands()->mutable_fill()->set_buffer(2);
  variant->mutable_commands(1)->mutable_fill()->set_byte(1);
  copy(2, 1, "8*batch");
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  constexpr int64_t ones = 0x0101010101010101;
  for (int64_t elements : {2, 100000, 3, 200000, 2})
    EXPECT_THAT(*runOn(*model, {elements, 0}), ElementsAre(ones, ones));
  EXPECT_THAT(runOn(*model, {int64_t(1) << 57, 0}).message(),
              HasSubstr("cannot allocate"));
  EXPECT_THAT(*runOn(*model, {2, 0}), ElementsAre(ones, ones));
}

TEST_F(CudaProgramTest, OrdersQueues) {
  variant->set_queues(3);
  variant->set_events(2);
  addBuffer(*variant, Buffer::TEMPORARY, "8*batch");
  auto on = [&](uint32_t queue) -> artifact::Command & {
    variant->mutable_commands(variant->commands_size() - 1)->set_queue(queue);
    return *variant->mutable_commands(variant->commands_size() - 1);
  };
  // The first command is on a queue that did not take the inputs.
  copy(0, 2, "8*batch");
  on(1);
  variant->add_commands()->mutable_signal()->set_event(0);
  on(1);
  variant->add_commands()->mutable_wait()->set_event(0);
  on(2);
  copy(2, 1, "8*batch");
  on(2);
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  std::vector<int64_t> x(100000);
  for (int64_t round : {1, 2, 3, 4}) {
    std::iota(x.begin(), x.end(), round);
    EXPECT_EQ(*runOn(*model, x), x);
  }
}

TEST_F(CudaProgramTest, GivesBlocksDynamicSharedMemory) {
  copy(0, 1, "8*batch");
  addLaunch(*variant, "reverse", 5, {1}, {"batch"});
  // 64 KiB, more than a kernel has without asking.
  kernel(5).set_shared_bytes("8*s0 + 65536");
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  EXPECT_THAT(*runOn(*model, {1, 2, 3}), ElementsAre(3, 2, 1));
  std::vector<int64_t> x(256), reversed(256);
  std::iota(x.begin(), x.end(), 7);
  std::reverse_copy(x.begin(), x.end(), reversed.begin());
  EXPECT_EQ(*runOn(*model, x), reversed);
}

TEST_F(CudaProgramTest, NamesTheKernelThatFails) {
  faultBySecondNode();
  std::string error = runError({0, 1, 3, 0});
  EXPECT_THAT(error,
              AllOf(HasSubstr("kernel 'fault': CUDA_ERROR_ILLEGAL_ADDRESS"),
                    HasSubstr("; a run with --trace=FILE says where")));
  // Each command is waited for: the node is known.
  RunOptions traced;
  traced.onCommand = [](const CommandRecord &) {};
  EXPECT_THAT(runError({0, 1, 3, 0}, traced),
              HasSubstr("node 'harmful': kernel 'fault': "
                        "CUDA_ERROR_ILLEGAL_ADDRESS"));
  EXPECT_THAT(runError({0, 1, 1, 0}),
              HasSubstr("node 'harmful': the kernel raised error 64"));
}

TEST_F(CudaProgramTest, NamesWhatFailsInACapturedStep) {
  faultBySecondNode();
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  for (int64_t run = 0; run != 5; ++run)
    EXPECT_THAT(*runOn(*model, {0, 1, 0, run}), ElementsAre(0, 1, 0, run));
  EXPECT_THAT(runOn(*model, {0, 1, 1, 0}).message(),
              HasSubstr("node 'harmful': the kernel raised error 64"));
  EXPECT_THAT(*runOn(*model, {0, 1, 0, 7}), ElementsAre(0, 1, 0, 7));
  // What runs after a fault has no device any more.
  for (int64_t kind : {3, 0})
    EXPECT_THAT(runOn(*model, {0, 1, kind, 0}).message(),
                HasSubstr("kernel 'fault': CUDA_ERROR_ILLEGAL_ADDRESS"));
}

TEST_F(CudaProgramTest, GivesTheSameErrorWhereItCaptures) {
  copy(0, 1, "8*batch");
  addLaunch(*variant, "node", 5, {1}, {"batch"});
  kernel(5).set_shared_bytes("200000*s0");
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  for (int run = 0; run != 5; ++run)
    EXPECT_THAT(runOn(*model, {1}).message(),
                HasSubstr("kernel 'reverse' needs 200000 bytes"));
}

TEST_F(CudaProgramTest, RefusesForgedShapesOfLaunches) {
  copy(0, 1, "8*batch");
  addLaunch(*variant, "node", 5, {1}, {"batch"});
  kernel(5).set_grid(1, "65535 + s0");
  EXPECT_THAT(runError({1}),
              HasSubstr("node 'node': a grid of 65536 blocks in y; expected at "
                        "most 65535"));
  kernel(5).set_grid(1, "s0 - 5");
  EXPECT_THAT(runError({1}), HasSubstr("the grid is -4; expected at least 0"));
  kernel(5).set_grid(1, "1");
  kernel(5).set_shared_bytes("1000000*s0");
  EXPECT_THAT(runError({1}),
              HasSubstr("1000000 bytes of shared memory for a block"));
  kernel(5).set_shared_bytes("200000*s0");
  EXPECT_THAT(runError({1}),
              AllOf(HasSubstr("kernel 'reverse' needs 200000 bytes of shared "
                              "memory for a block; cusim:0 has ")));
  // No blocks do nothing.
  kernel(5).set_grid(1, "s0 - 1");
  kernel(5).set_shared_bytes("0");
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  EXPECT_THAT(*runOn(*model, {8}), ElementsAre(8));
}

TEST_F(CudaProgramTest, ComparesTheKernelTables) {
  copy(0, 1, "8*batch");
  writeArtifact(folder.path(), manifest);
  artifact::Manifest forged = manifest;
  std::string ptx = readText(folder.file("stage0.ptx"));
  forged.mutable_stages(0)
      ->mutable_kernels()
      ->mutable_kernels(5)
      ->mutable_buffers(0)
      ->set_least_bytes("0");
  addFile(folder.path(), forged, "stage0.ptx", ptx);
  writeManifest(folder.path(), forged);
  auto error = [&] {
    return Model::load(folder.path(), {.devices = {"cusim:1"}}).message();
  };
  EXPECT_THAT(error(), HasSubstr("code file 'stage0.ptx' holds a kernel table "
                                 "that differs from the manifest's"));
  forged.clear_files();
  addFile(folder.path(), forged, "stage0.ptx", "no PTX");
  writeManifest(folder.path(), forged);
  EXPECT_THAT(error(), AllOf(HasSubstr("has PTX of sm_80, which cusim:0 ("),
                             HasSubstr("sm_80) does not run"),
                             HasSubstr("CUDA_ERROR_INVALID_PTX from "
                                       "cuModuleLoadDataEx")));
  forged.mutable_stages(0)->set_driver_version(15020);
  writeManifest(folder.path(), forged);
  EXPECT_THAT(error(), HasSubstr("it needs a driver for CUDA 15.2, this one is "
                                 "for 13.0"));
}

TEST_F(CudaProgramTest, RunsOnGpusOnly) {
  copy(0, 1, "8*batch");
  EXPECT_THAT(loadError({.devices = {"cpu:0"}}),
              HasSubstr("its code is for CUDA, which no CPU device runs; use "
                        "--devices=cuda:0,... or --devices=cusim:1"));
  EXPECT_THAT(loadError({.devices = {"cusim:2"}}),
              HasSubstr("it has 1 rank, but 2 devices are given"));
  EXPECT_THAT(loadError({.devices = {"cusim:4000000000"}}),
              HasSubstr("it has 1 rank, but 2 devices are given"));
  EXPECT_THAT(loadError({.devices = {"cusim:0"}}),
              HasSubstr("it has 1 rank, but 0 devices are given"));
  EXPECT_THAT(loadError({.devices = {"cpu:0", "cusim:1"}}),
              HasSubstr("are of different kinds"));
  EXPECT_THAT(loadError({.devices = {"cusim:0", "cusim:1"}}),
              HasSubstr("expected cusim:1"));
  StatusOr<Model> none = load({.devices = {"null:0"}});
  EXPECT_TRUE(none.isOk()) << none.message();
}

/// In a process of its own, as the device stays busy for good.
TEST_F(CudaProgramTest, EndsAKernelThatHangs) {
  copy(0, 1, "8*batch");
  addLaunch(*variant, "hangs", 4, {1}, {"0", "1"});
  writeArtifact(folder.path(), manifest);
  auto hang = [&] {
    {
      StatusOr<Model> model =
          Model::load(folder.path(), {.devices = {"cusim:1"}});
      RunOptions options;
      options.timeout = 0.2;
      for (int64_t waits : {2, 0}) {
        auto y = runOn(*model, {0, 1, waits, 0}, options);
        std::fprintf(stderr, "%s\n", y.isOk() ? "fine" : y.message().c_str());
      }
    }
    // Also who gives the model up need not wait.
    _exit(0);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(hang(), testing::ExitedWithCode(0),
              "stopped after 0.2 seconds, with cusim:0 still at work(.|\n)*"
              "stopped after 0.2 seconds, with cusim:0 still at work");
}

} // namespace
