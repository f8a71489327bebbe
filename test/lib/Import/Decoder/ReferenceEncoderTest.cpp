//===- ReferenceEncoderTest.cpp - Imported encoders compute what theirs do ===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/ImportLanguageModel.h"
#include "lib/Reference/Evaluator.h"
#include "test/lib/Import/Decoder/Reference.h"

#include "mlir/IR/Diagnostics.h"

#include <cmath>
#include <gmock/gmock.h>

using namespace mlir;
using namespace weft;

static constexpr double tolerance = 1e-4;

class ReferenceEncoderTest : public testing::TestWithParam<const char *> {};

TEST_P(ReferenceEncoderTest, EqualsTransformers) {
  std::string folder =
      std::string(WEFT_SOURCE_DIR "/test/models/encoders/") + GetParam();
  Reference reference(folder + "/reference.safetensors");
  ASSERT_TRUE(reference.has("output"));
  MLIRContext context;
  ScopedDiagnosticHandler handler(&context, [](Diagnostic &diagnostic) {
    ADD_FAILURE() << diagnostic.str();
  });
  OwningOpRef<ModuleOp> module = importFolder(folder, &context);
  ASSERT_TRUE(module);
  auto encode = module->lookupSymbol<func::FuncOp>("encode");
  SmallVector<HostTensor> inputs;
  for (unsigned i = 0; i != encode.getNumArguments(); ++i) {
    std::string name = encode.getArgAttrOfType<StringAttr>(i, "llm.name").str();
    ASSERT_TRUE(reference.has(name)) << name;
    inputs.emplace_back(IntegerType::get(&context, 64), reference.shape(name));
    llvm::copy(reference.read<int64_t>(name), inputs.back().integers().begin());
  }
  WeightStore weights(folder);
  auto results = Evaluator(weights).evaluate(encode, inputs);
  ASSERT_TRUE(succeeded(results));
  std::vector<float> expected = reference.read<float>("output");
  auto mask = reference.read<int64_t>("attention_mask");
  ArrayRef<double> actual = results->front().floats();
  ASSERT_EQ(actual.size(), expected.size());
  size_t hidden = expected.size() / mask.size();
  // What padding gives means nothing.
  for (size_t i = 0; i != expected.size(); ++i)
    if (mask[i / hidden] != 0)
      ASSERT_NEAR(actual[i], expected[i], tolerance) << "token " << i / hidden;
}

INSTANTIATE_TEST_SUITE_P(Folders, ReferenceEncoderTest,
                         testing::Values("bert", "mpnet", "roberta"),
                         [](const testing::TestParamInfo<const char *> &info) {
                           return std::string(info.param);
                         });
