//===- Forgery.cpp - One lie in an artifact -------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forgery.h"
#include "weft/Runtime.h"

using namespace weft;
using namespace weft::test;

Status test::loadAndRun(const std::string &folder) {
  LoadOptions options;
  options.threads = 1;
  StatusOr<Model> model = Model::load(folder, options);
  if (!model)
    return model.status();
  RunOptions run;
  run.timeout = 5;
  std::vector<int64_t> ids = {1, 2, 3, 4, 5, 6};
  for (std::vector<int64_t> shape :
       {std::vector<int64_t>{2, 3}, {1, 1}, {6, 1}}) {
    TensorView inputs[] = {{"ids", DataType::I64, shape, ids.data()}};
    auto outputs = model->run(inputs, run);
    if (!outputs)
      return outputs.status();
  }
  return Status::ok();
}

void test::expectOneSentence(const Status &status) {
  ASSERT_FALSE(status.isOk());
  EXPECT_FALSE(status.message().empty());
  EXPECT_EQ(status.message().find('\n'), std::string::npos);
  EXPECT_LT(status.message().size(), 1000u);
}

TEST_P(ForgedArtifact, GivesOneSentence) {
  TemporaryFolder folder;
  artifact::Manifest manifest = writeEncoder(folder.path());
  GetParam().apply(manifest);
  writeManifest(folder.path(), manifest);
  Status status = loadAndRun(folder.path());
  expectOneSentence(status);
  ASSERT_FALSE(status.isOk());
  EXPECT_THAT(status.message(), testing::HasSubstr(GetParam().message));
}
