//===- CudaRanksTest.cpp - Ranks on simulated GPUs ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/support/TestArtifact.h"
#include "weft/Runtime.h"

#include <gmock/gmock.h>

#include <numeric>

using namespace weft;
using namespace weft::test;
using artifact::Buffer;
using artifact::Collective;
using testing::AllOf;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

namespace {

/// Two ranks of an entry point x: f32[batch], control: i64[4] -> y: f32[batch],
/// z: f32[2, batch]. With t = x times the number of the rank,
///   y = the sum of t over the ranks, from rank 0
///   z = y + t, each rank its row.
/// `control` says which rank fails, and how: see `fault` in Kernels.c.
class CudaRanksTest : public testing::Test {
protected:
  TemporaryFolder folder;
  artifact::Manifest manifest = emptyManifest(artifact::CUDA);

  void SetUp() override {
    artifact::EntryPoint &entry = *manifest.add_entries();
    entry.set_name("main");
    *entry.add_inputs() = tensorInfo("x", artifact::F32, {"batch"});
    *entry.add_inputs() = tensorInfo("control", artifact::I64, {"4"});
    *entry.add_outputs() = tensorInfo("y", artifact::F32, {"batch"});
    *entry.add_outputs() = tensorInfo("z", artifact::F32, {"2", "batch"});
    artifact::Variant &variant =
        *manifest.mutable_stages(0)->add_programs()->add_variants();
    variant.set_queues(1);
    addBuffer(variant, Buffer::INPUT, "4*batch", 0);
    addBuffer(variant, Buffer::INPUT, "32", 1);
    addBuffer(variant, Buffer::OUTPUT, "4*batch", 0)
        .set_owner("1 - min(coord(\"tp\"), 1)");
    addBuffer(variant, Buffer::OUTPUT, "8*batch", 1);
    for (int i = 0; i != 4; ++i)
      addBuffer(variant, Buffer::TEMPORARY, "4*batch");
    for (uint32_t buffer : {4u, 5u})
      variant.add_commands()->mutable_fill()->set_buffer(buffer);
    // Rank 0 adds no elements.
    addLaunch(variant, "scale", 0, {0, 5, 4}, {"batch*coord(\"tp\")"});
    addLaunch(variant, "fault", 4, {1}, {"coord(\"tp\")", "0"});
    addCollective(variant, "sum", Collective::ALL_REDUCE, {"tp"}, 4, 6,
                  {"batch"});
    addLaunch(variant, "add", 0, {6, 4, 7}, {"batch"});
    copy(variant, 6, 2, "0");
    copy(variant, 7, 3, "4*batch*coord(\"tp\")");
    setMesh(manifest, {{"tp", 2}});
  }

  static void copy(artifact::Variant &variant, uint32_t from, uint32_t to,
                   std::string offset) {
    artifact::Copy &copy = *variant.add_commands()->mutable_copy();
    copy.set_source(from);
    copy.set_destination(to);
    copy.set_source_offset("0");
    copy.set_destination_offset(std::move(offset));
    copy.set_bytes("4*batch");
  }

  StatusOr<Model> load() {
    writeArtifact(folder.path(), manifest);
    return Model::load(folder.path(), {.devices = {"cusim:2"}});
  }

  static StatusOr<std::vector<Tensor>> run(Model &model, std::vector<float> x,
                                           std::vector<int64_t> control,
                                           double timeout = 0) {
    std::vector<int64_t> shape = {static_cast<int64_t>(x.size())}, four = {4};
    TensorView inputs[] = {{"x", DataType::F32, shape, x.data()},
                           {"control", DataType::I64, four, control.data()}};
    RunOptions options;
    options.timeout = timeout;
    return model.run(inputs, options);
  }

  static void expectRight(Model &model, size_t count) {
    std::vector<float> x(count), y(count), z(2 * count);
    std::iota(x.begin(), x.end(), 1.0f);
    for (size_t i = 0; i != count; ++i) {
      y[i] = z[i] = x[i];
      z[count + i] = 2 * x[i];
    }
    auto outputs = run(model, x, {-1, 0, 0, 0});
    ASSERT_TRUE(outputs.isOk()) << outputs.message();
    EXPECT_THAT((*outputs)[0].values<float>(), ElementsAreArray(y));
    EXPECT_THAT((*outputs)[1].values<float>(), ElementsAreArray(z));
  }
};

TEST_F(CudaRanksTest, PutOutputsTogether) {
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  EXPECT_THAT(model->notes(), ElementsAre()) << "cusim has NCCL";
  // From the third run of a size on, commands between collectives are captured.
  for (size_t count : {1, 64, 7, 7, 7, 7, 1000})
    expectRight(*model, count);
}

TEST_F(CudaRanksTest, EndTogetherWhenAKernelFails) {
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  for (int64_t rank : {0, 1}) {
    auto outputs = run(*model, {1, 2, 3}, {rank, 0, 1, 0});
    ASSERT_FALSE(outputs.isOk());
    EXPECT_THAT(outputs.message(),
                AllOf(HasSubstr("rank " + std::to_string(rank)),
                      HasSubstr("node 'fault': the kernel raised error 64")));
    expectRight(*model, 5);
  }
}

TEST_F(CudaRanksTest, SaysWhoIsAtAnotherCollective) {
  artifact::Variant &variant =
      *manifest.mutable_stages(0)->mutable_programs(0)->mutable_variants(0);
  // Rank 1 sums fewer elements than rank 0.
  variant.mutable_commands(4)->mutable_collective()->set_sizes(
      0, "batch - coord(\"tp\")");
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  auto outputs = run(*model, {1, 2, 3}, {-1, 0, 0, 0});
  ASSERT_FALSE(outputs.isOk());
  EXPECT_THAT(outputs.message(),
              AllOf(HasSubstr("node 'sum'"), HasSubstr("all_reduce over [tp]"),
                    HasSubstr("meets another collective")));
}

/// A product by the library, among captured commands too.
TEST(CudaProducts, GiveWhatTheKernelGives) {
  TemporaryFolder folders[2];
  std::vector<float> results[2];
  for (int byLibrary : {0, 1}) {
    artifact::Manifest manifest = encoderManifest(artifact::CUDA);
    if (byLibrary)
      // There is nothing to fall back on.
      multiplyByLibrary(manifest).clear_launch();
    writeArtifact(folders[byLibrary].path(), manifest);
    auto model =
        Model::load(folders[byLibrary].path(), {.devices = {"cusim:1"}});
    ASSERT_TRUE(model.isOk()) << model.message();
    EXPECT_THAT(model->notes(), ElementsAre());
    for (int64_t sequence : {1, 6, 6, 6, 6, 31}) {
      std::vector<int64_t> shape = {2, sequence},
                           ids = someIds(static_cast<size_t>(2 * sequence));
      TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
      auto outputs = model->run(inputs);
      ASSERT_TRUE(outputs.isOk()) << outputs.message();
      for (float value : (*outputs)[0].values<float>())
        results[byLibrary].push_back(value);
    }
  }
  EXPECT_THAT(results[1], ElementsAreArray(results[0]));
}

} // namespace
