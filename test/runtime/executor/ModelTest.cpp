//===- ModelTest.cpp - Artifacts, loaded and run --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/support/TestArtifact.h"
#include "weft/Runtime.h"

#include "AllocationCount.h"
#include "EncodeInC.h"

#include <gmock/gmock.h>

#include <cstring>
#include <thread>

using namespace weft;
using namespace weft::test;
using testing::HasSubstr;

namespace {

class ModelTest : public testing::Test {
protected:
  TemporaryFolder folder;

  Model load(const LoadOptions &options = {}) {
    StatusOr<Model> model = Model::load(folder.path(), options);
    EXPECT_TRUE(model.isOk()) << (model.isOk() ? "" : model.message());
    return std::move(*model);
  }
};

TEST_F(ModelTest, RunsTheKernelOfAProductWithoutALibrary) {
  artifact::Manifest manifest = encoderManifest();
  multiplyByLibrary(manifest);
  addFile(folder.path(), manifest, "stage0.so", kernelObject());
  addFile(folder.path(), manifest, "weights/common.safetensors",
          encoderWeights());
  writeManifest(folder.path(), manifest);
  Model model = load();
  std::vector<int64_t> shape = {3, 7}, ids = someIds(21);
  TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
  double flops = 0;
  RunOptions options;
  options.onCommand = [&](const CommandRecord &record) {
    if (record.family == "gemm")
      flops = record.flops;
  };
  auto outputs = model.run(inputs, options);
  ASSERT_TRUE(outputs.isOk()) << outputs.message();
  EXPECT_THAT((*outputs)[0].values<float>(),
              testing::ElementsAreArray(encoderReference(ids)));
  EXPECT_EQ(flops, 2.0 * 21 * 8 * 4);
}

TEST_F(ModelTest, RunsManyShapesOnAnyNumberOfThreads) {
  writeEncoder(folder.path());
  for (unsigned threads : {1u, 2u, 5u}) {
    LoadOptions options;
    options.threads = threads;
    options.copiesWeights = threads == 2;
    options.verifyHashes = true;
    Model model = load(options);
    EXPECT_EQ(model.threads(), threads);
    for (auto [batch, sequence] :
         {std::pair(1, 1), {3, 97}, {2, 512}, {1, 1}, {7, 3}}) {
      std::vector<int64_t> shape = {batch, sequence};
      std::vector<int64_t> ids = someIds(static_cast<size_t>(batch * sequence));
      TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
      StatusOr<std::vector<Tensor>> outputs = model.run(inputs);
      ASSERT_TRUE(outputs.isOk()) << outputs.message();
      ASSERT_EQ(outputs->size(), 1u);
      const Tensor &output = (*outputs)[0];
      EXPECT_EQ(output.name(), "output");
      EXPECT_THAT(output.shape(), testing::ElementsAre(batch, sequence, 8));
      std::span<float> values = output.values<float>();
      EXPECT_EQ(std::vector<float>(values.begin(), values.end()),
                encoderReference(ids));
    }
  }
}

TEST_F(ModelTest, DescribesItself) {
  writeEncoder(folder.path());
  Model model = load();
  EXPECT_THAT(model.entryPoints(), testing::ElementsAre("main"));
  ASSERT_EQ(model.inputs().size(), 1u);
  EXPECT_EQ(model.inputs()[0].name, "ids");
  EXPECT_EQ(model.inputs()[0].type, DataType::I64);
  EXPECT_THAT(model.outputs("main")[0].sizes,
              testing::ElementsAre("batch", "sequence", "8"));
  EXPECT_TRUE(model.inputs("other").empty());
  auto shapes = model.inputShapes({{"batch", 2}, {"sequence", 5}});
  ASSERT_TRUE(shapes.isOk());
  EXPECT_THAT((*shapes)[0], testing::ElementsAre(2, 5));
  EXPECT_FALSE(model.inputShapes({{"batch", 2}}).isOk());
  EXPECT_FALSE(model.inputShapes({{"batch", 0}, {"sequence", 5}}).isOk());
  EXPECT_FALSE(model.inputShapes({{"batch", 2}, {"x", 5}}).isOk());
  EXPECT_FALSE(model.inputShapes({}, "other").isOk());
}

TEST_F(ModelTest, TakesUnalignedMemory) {
  writeEncoder(folder.path());
  Model model = load();
  std::vector<int64_t> ids = someIds(6), shape = {2, 3},
                       outputShape = {2, 3, 8};
  std::vector<char> input(6 * 8 + 1), output(48 * 4 + 3);
  std::memcpy(input.data() + 1, ids.data(), 48);
  TensorView inputs[] = {{"ids", DataType::I64, shape, input.data() + 1}};
  MutableTensorView outputs[] = {
      {"output", DataType::F32, outputShape, output.data() + 3}};
  ASSERT_TRUE(model.run(inputs, outputs).isOk());
  std::vector<float> values(48);
  std::memcpy(values.data(), output.data() + 3, 48 * 4);
  EXPECT_EQ(values, encoderReference(ids));
  // An output that nobody wants.
  EXPECT_TRUE(model.run(inputs, std::span<const MutableTensorView>()).isOk());
}

TEST_F(ModelTest, RefusesWrongInputs) {
  writeEncoder(folder.path());
  Model model = load();
  std::vector<int64_t> ids = someIds(6), shape = {2, 3}, flat = {6},
                       negative = {2, -3}, empty = {0, 3},
                       huge = {1 << 20, 1 << 20}, large = {(1 << 20) + 1, 1};
  auto error = [&](std::vector<TensorView> inputs) {
    auto outputs = model.run(inputs);
    EXPECT_FALSE(outputs.isOk());
    return outputs.isOk() ? "" : outputs.message();
  };
  TensorView good{"ids", DataType::I64, shape, ids.data()};
  EXPECT_THAT(error({}), HasSubstr("input 'ids' is not given"));
  EXPECT_THAT(error({good, good}), HasSubstr("given twice"));
  EXPECT_THAT(error({{"idz", DataType::I64, shape, ids.data()}}),
              HasSubstr("no input 'idz'"));
  EXPECT_THAT(error({{"ids", DataType::I32, shape, ids.data()}}),
              HasSubstr("input 'ids' has type i32; expected i64"));
  EXPECT_THAT(error({{"ids", DataType::I64, flat, ids.data()}}),
              HasSubstr("has 1 dimensions; expected 2"));
  EXPECT_THAT(error({{"ids", DataType::I64, negative, ids.data()}}),
              HasSubstr("size -3 in dimension 1"));
  EXPECT_THAT(error({{"ids", DataType::I64, empty, ids.data()}}),
              HasSubstr("size 0 in dimension 0; expected 'batch' from 1 to"));
  EXPECT_THAT(error({{"ids", DataType::I64, large, ids.data()}}),
              HasSubstr("size 1048577"));
  EXPECT_THAT(error({{"ids", DataType::I64, huge, ids.data()}}),
              HasSubstr("cannot allocate"));

  MutableTensorView outputs[] = {{"output", DataType::F32, shape, ids.data()}};
  TensorView inputs[] = {good};
  EXPECT_THAT(model.run(inputs, outputs).message(), HasSubstr("shape"));
  outputs[0].name = "other";
  EXPECT_THAT(model.run(inputs, outputs).message(),
              HasSubstr("no output 'other'; expected one of: output"));
  RunOptions options;
  options.entryPoint = "other";
  EXPECT_THAT(model.run(inputs, options).message(),
              HasSubstr("no entry point 'other'"));
  // And it still works.
  EXPECT_TRUE(model.run(inputs).isOk());
}

TEST_F(ModelTest, RefusesIndicesOutOfRange) {
  writeEncoder(folder.path());
  Model model = load();
  for (int64_t bad : {int64_t(10), int64_t(-1), INT64_MAX, INT64_MIN}) {
    std::vector<int64_t> ids = {1, bad}, shape = {1, 2};
    TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
    auto outputs = model.run(inputs);
    ASSERT_FALSE(outputs.isOk());
    EXPECT_EQ(outputs.message(), "node 'embeddings/Gather': an index in the "
                                 "input data is out of range");
  }
  std::vector<int64_t> ids = {1, 9}, shape = {1, 2};
  TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
  EXPECT_TRUE(model.run(inputs).isOk()) << "the flag does not stick";
}

TEST_F(ModelTest, ReportsEveryLaunch) {
  writeEncoder(folder.path());
  Model model = load();
  std::vector<int64_t> ids = someIds(6), shape = {2, 3};
  TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
  std::vector<std::string> seen;
  RunOptions options;
  options.timeout = 60;
  options.onCommand = [&](const CommandRecord &record) {
    seen.push_back(std::string(record.name) + " " + std::string(record.family) +
                   " " + std::string(record.node));
    EXPECT_LE(record.begin, record.end);
    EXPECT_EQ(record.flops, record.family == "matmul" ? 2 * 6 * 8 * 4 : 0);
  };
  ASSERT_TRUE(model.run(inputs, options).isOk());
  EXPECT_THAT(seen, testing::ElementsAre("gather layout embeddings/Gather",
                                         "linear matmul layer/MatMul",
                                         "add map layer/Add"));
}

TEST_F(ModelTest, RunsOnTheNullDevice) {
  writeEncoder(folder.path());
  LoadOptions options;
  options.devices = {"null:0"};
  Model model = load(options);
  std::vector<int64_t> ids = someIds(6), shape = {2, 3};
  TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
  auto outputs = model.run(inputs);
  ASSERT_TRUE(outputs.isOk());
  EXPECT_EQ((*outputs)[0].values<float>()[0], 0);
}

TEST_F(ModelTest, RefusesDevicesItDoesNotHave) {
  writeEncoder(folder.path());
  for (const char *name : {"", "cpu", "cpu:", "cpu:x", "cpu:0x", "cpu:-1",
                           "cpu:99999999999", "tpu:0"}) {
    LoadOptions options;
    options.devices = {name};
    StatusOr<Model> model = Model::load(folder.path(), options);
    ASSERT_FALSE(model.isOk()) << name;
    EXPECT_THAT(model.message(), HasSubstr("is unknown; expected cpu:0"));
  }
  for (const char *name : {"cuda:0", "cusim:1"})
    EXPECT_THAT(Model::load(folder.path(), {.devices = {name}}).message(),
                HasSubstr("its code is for a CPU, which no CUDA device runs"));
  EXPECT_THAT(Model::load(folder.path(), {.simulation = "check"}).message(),
              HasSubstr("they are not; give --devices=cusim:1"));
  LoadOptions options;
  options.threads = 5000;
  EXPECT_FALSE(Model::load(folder.path(), options).isOk());
}

TEST_F(ModelTest, ServesManyThreads) {
  writeEncoder(folder.path());
  LoadOptions options;
  options.threads = 2;
  Model model = load(options);
  std::vector<std::thread> threads;
  for (int thread = 0; thread != 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int round = 0; round != 50; ++round) {
        std::vector<int64_t> shape = {1 + thread, 1 + round % 7};
        std::vector<int64_t> ids =
            someIds(static_cast<size_t>(shape[0] * shape[1]));
        TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
        auto outputs = model.run(inputs);
        ASSERT_TRUE(outputs.isOk());
        std::span<float> values = (*outputs)[0].values<float>();
        ASSERT_EQ(std::vector<float>(values.begin(), values.end()),
                  encoderReference(ids));
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(ModelTest, ServesC) {
  writeEncoder(folder.path());
  std::vector<int64_t> ids = someIds(6);
  std::vector<float> values(48);
  char error[256] = "";
  EXPECT_EQ(encodeInC(folder.path().c_str(), ids.data(), values.data(), error,
                      sizeof(error)),
            0)
      << error;
  EXPECT_EQ(values, encoderReference(ids));
  ids[5] = 10;
  EXPECT_EQ(encodeInC(folder.path().c_str(), ids.data(), values.data(), error,
                      sizeof(error)),
            1);
  EXPECT_THAT(std::string(error), HasSubstr("index in the input data"));
  EXPECT_EQ(encodeInC("/no/such/artifact", ids.data(), values.data(), error,
                      sizeof(error)),
            1);
  EXPECT_THAT(std::string(error), HasSubstr("/no/such/artifact"));
}

/// Many tiny launches, each of which the workers share.
artifact::Manifest tinyLaunches(int count) {
  artifact::Manifest manifest = emptyManifest();
  artifact::EntryPoint &entry = *manifest.add_entries();
  entry.set_name("main");
  *entry.add_inputs() = tensorInfo("x", artifact::F32, {"batch"});
  *entry.add_outputs() = tensorInfo("y", artifact::F32, {"batch"});
  artifact::Variant &variant =
      *manifest.mutable_stages(0)->add_programs()->add_variants();
  variant.set_queues(1);
  addBuffer(variant, artifact::Buffer::INPUT, "4*batch");
  addBuffer(variant, artifact::Buffer::OUTPUT, "4*batch");
  for (int i = 0; i != count; ++i)
    addLaunch(variant, "add", 0, {0, 0, 1}, {"batch"});
  return manifest;
}

TEST_F(ModelTest, AllocatesNothingWhenAPlanIsKnown) {
  writeArtifact(folder.path(), tinyLaunches(20));
  Model model = load();
  std::vector<int64_t> shape = {64}, other = {32};
  std::vector<float> values(64, 2), results(64);
  TensorView inputs[] = {{"x", DataType::F32, shape, values.data()}};
  MutableTensorView outputs[] = {{"y", DataType::F32, shape, results.data()}};
  ASSERT_TRUE(model.run(inputs, outputs).isOk());
  uint64_t before = allocationCount();
  RunOptions options;
  for (int i = 0; i != 10; ++i)
    ASSERT_TRUE(model.run(inputs, outputs, options).isOk());
  EXPECT_EQ(allocationCount() - before, 0u);
  EXPECT_EQ(results[63], 4);
}

// Shown, not judged: on a busy machine a thread waits for its turn.
TEST_F(ModelTest, TellsTheTimeOfALaunch) {
  constexpr int count = 2000;
  writeArtifact(folder.path(), tinyLaunches(count));
  LoadOptions options;
  options.threads = 2;
  Model model = load(options);
  std::vector<int64_t> shape = {32};
  StatusOr<Tensor> x = Tensor::create("x", DataType::F32, shape),
                   y = Tensor::create("y", DataType::F32, shape);
  TensorView inputs[] = {x->view()};
  MutableTensorView outputs[] = {y->mutableView()};
  double best = 1e9;
  for (int round = 0; round != 5; ++round) {
    auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(model.run(inputs, outputs).isOk());
    best = std::min(best, std::chrono::duration<double, std::micro>(
                              std::chrono::steady_clock::now() - start)
                              .count());
  }
  printf("%.3f us per launch on two workers\n", best / count);
}

} // namespace
