//===- EncodersTest.cpp - Every family of encoders, compiled and run ------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Import/Decoder/Reference.h"
#include "weft/Compiler.h"
#include "weft/Runtime.h"

#include "llvm/Support/FileSystem.h"

#include <gmock/gmock.h>

using namespace weft;

class EncodersTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("encoders", folder));
  }
  void TearDown() override {
    llvm::sys::fs::remove_directories(folder, /*IgnoreErrors=*/true);
  }
  llvm::SmallString<128> folder;
};

TEST_P(EncodersTest, GivesTheHiddenStatesOfTransformers) {
  std::string source =
      std::string(MODELS) + "/encoders/" + std::string(GetParam());
  Reference reference(source + "/reference.safetensors");
  ASSERT_TRUE(reference.has("output"));
  CompileOptions options;
  options.output = (folder + "/model.weft").str();
  StatusOr<CompileReport> report = compile(source, options);
  ASSERT_TRUE(report) << report.message();
  StatusOr<Model> model = Model::load(options.output);
  ASSERT_TRUE(model) << model.message();

  std::vector<TensorInfo> inputs = model->inputs();
  std::vector<std::vector<int64_t>> values;
  std::vector<TensorView> views;
  values.reserve(inputs.size());
  for (const TensorInfo &input : inputs) {
    ASSERT_TRUE(reference.has(input.name)) << input.name;
    values.push_back(reference.read<int64_t>(input.name));
    views.push_back({input.name, DataType::I64, reference.shape(input.name),
                     values.back().data()});
  }
  auto outputs = model->run(views);
  ASSERT_TRUE(outputs) << outputs.message();
  std::span<const float> actual = outputs->front().values<float>();
  std::vector<float> expected = reference.read<float>("output");
  std::vector<int64_t> mask = reference.read<int64_t>("attention_mask");
  ASSERT_EQ(actual.size(), expected.size());
  size_t hidden = expected.size() / mask.size();
  // What padding gives means nothing.
  for (size_t i = 0; i != expected.size(); ++i)
    if (mask[i / hidden] != 0)
      ASSERT_NEAR(actual[i], expected[i], 1e-5) << "token " << i / hidden;
}

INSTANTIATE_TEST_SUITE_P(All, EncodersTest,
                         testing::Values("bert", "mpnet", "roberta"),
                         [](const auto &info) {
                           return std::string(info.param);
                         });
