//===- DecoderTest.cpp - A decoder, compiled and run ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The compiled step of a small decoder against the reference evaluator, over
// several steps of which each needs what the ones before left in the cache.
//
//===----------------------------------------------------------------------===//

#include "StepInputs.h"
#include "lib/InitAll.h"
#include "lib/Reference/Evaluator.h"
#include "weft/Compiler.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/raw_ostream.h"

#include <gmock/gmock.h>

#include <random>

using namespace mlir;
using namespace weft;
using namespace weft::test;

namespace {

class DecoderTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("decoder", folder));
    ASSERT_FALSE(llvm::sys::fs::copy_file(DECODER_MLIR, file("decoder.mlir")));
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.3f);
    std::vector<float> weights(9056);
    for (float &weight : weights)
      weight = normal(random);
    std::error_code error;
    llvm::raw_fd_ostream stream(file("weights.bin"), error);
    stream.write(reinterpret_cast<const char *>(weights.data()),
                 weights.size() * sizeof(float));

    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    module = parseSourceFile<ModuleOp>(file("decoder.mlir"), &context);
    ASSERT_TRUE(module);
    store.emplace(folder.str().str());
    evaluator.emplace(*store);
  }
  void TearDown() override {
    llvm::sys::fs::remove_directories(folder, /*IgnoreErrors=*/true);
  }

  std::string file(const char *name) { return (folder + "/" + name).str(); }

  StatusOr<Model> compileAndLoad() {
    CompileOptions options;
    options.output = file("decoder.weft");
    options.mesh = GetParam();
    // The sharded program is compared with the whole one, too.
    options.verifyTolerance = 1e-5;
    StatusOr<CompileReport> report = compile(file("decoder.mlir"), options);
    if (!report)
      return report.status();
    return Model::load(options.output);
  }

  std::vector<double> expected(const StepInputs &step) {
    SmallVector<HostTensor> inputs;
    for (const StepInputs::Named &input : step.named()) {
      HostTensor tensor(IntegerType::get(&context, 32), input.shape);
      std::copy(input.data.begin(), input.data.end(),
                tensor.integers().begin());
      inputs.push_back(std::move(tensor));
    }
    auto results =
        evaluator->evaluate(module->lookupSymbol<func::FuncOp>("step"), inputs);
    EXPECT_TRUE(succeeded(results));
    if (failed(results))
      return {};
    return std::vector<double>(results->front().floats().begin(),
                               results->front().floats().end());
  }

  void expectStep(Model &model, const std::vector<Part> &parts) {
    StepInputs step(parts);
    std::vector<StepInputs::Named> named = step.named();
    auto outputs = model.run(StepInputs::views(named));
    ASSERT_TRUE(outputs.isOk()) << outputs.message();
    std::span<float> logits = outputs->front().values<float>();
    std::vector<double> wanted = expected(step);
    ASSERT_EQ(logits.size(), wanted.size());
    for (size_t i = 0; i != wanted.size(); ++i)
      ASSERT_NEAR(logits[i], wanted[i], 1e-4 * (1 + std::abs(wanted[i])))
          << "element " << i;
  }

  llvm::SmallString<128> folder;
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::optional<WeightStore> store;
  std::optional<Evaluator> evaluator;
};

TEST_P(DecoderTest, KeepsItsCacheFromStepToStep) {
  StatusOr<Model> model = compileAndLoad();
  ASSERT_TRUE(model.isOk()) << model.message();
  // A prompt, a token, then a second sequence beside it.
  expectStep(*model, {{{3, 1, 4, 1, 5}, 0, {6}}});
  expectStep(*model, {{{9}, 5, {6}}});
  expectStep(*model, {{{2}, 6, {6}}, {{6, 5, 3, 5}, 0, {2}}});
  expectStep(*model, {{{8}, 4, {2}}, {{9}, 7, {6}}});
  // Back to position 5, with another end.
  expectStep(*model, {{{7, 9, 3}, 5, {6}}});
}

TEST_P(DecoderTest, CrossesBlocks) {
  StatusOr<Model> model = compileAndLoad();
  ASSERT_TRUE(model.isOk()) << model.message();
  std::mt19937 random(2);
  std::vector<int32_t> blocks = {5, 0, 7};
  for (int32_t past = 0; past < 150; past += 16) {
    std::vector<int32_t> tokens(16);
    for (int32_t &token : tokens)
      token = static_cast<int32_t>(random() % 40);
    expectStep(*model, {{tokens, past, blocks}});
  }
  expectStep(*model, {{{11}, 130, blocks}});
  // Another sequence with the same first block.
  expectStep(*model, {{{1, 2}, 64, {5, 3, 4}}, {{12}, 131, blocks}});
}

INSTANTIATE_TEST_SUITE_P(Meshes, DecoderTest, testing::Values("", "tp=2"),
                         [](const auto &info) {
                           return *info.param ? "Two" : "One";
                         });

} // namespace
