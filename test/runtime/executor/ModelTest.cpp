//===- ModelTest.cpp - Artifacts, loaded and run --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/support/TestArtifact.h"
#include "weft/Runtime.h"

#include <gmock/gmock.h>

using namespace weft;
using namespace weft::test;
using testing::HasSubstr;

namespace {

/// What the encoder gives for `ids`.
std::vector<float> encoderReference(const std::vector<int64_t> &ids) {
  std::vector<float> result;
  for (int64_t id : ids)
    for (int64_t n = 0; n != 8; ++n) {
      float sum = 0;
      for (int64_t k = 0; k != 4; ++k)
        sum += static_cast<float>(id * 4 + k) *
               static_cast<float>((n * 4 + k) % 5 - 2);
      result.push_back(2 * sum);
    }
  return result;
}

std::vector<int64_t> someIds(size_t count) {
  std::vector<int64_t> ids(count);
  for (size_t i = 0; i != count; ++i)
    ids[i] = static_cast<int64_t>(i * 7 % 10);
  return ids;
}

class ModelTest : public testing::Test {
protected:
  TemporaryFolder folder;

  Model load(const LoadOptions &options = {}) {
    StatusOr<Model> model = Model::load(folder.path(), options);
    EXPECT_TRUE(model.isOk()) << (model.isOk() ? "" : model.message());
    return std::move(*model);
  }
};

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

} // namespace
