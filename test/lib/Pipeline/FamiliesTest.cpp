//===- FamiliesTest.cpp - Every family of decoders, compiled and run ------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tiny random models of test/models/decoders, whose logits transformers
// computed: several prompts in one step, then their next tokens one by one from
// the cache.
//
//===----------------------------------------------------------------------===//

#include "StepInputs.h"
#include "runtime/artifact/Safetensors.h"
#include "runtime/base/MappedFile.h"
#include "weft/Compiler.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"

#include <gmock/gmock.h>

#include <cmath>

using namespace weft;
using namespace weft::test;

namespace {

/// One sequence of a reference: the tokens, and the logits after each of them.
struct Sequence {
  std::span<const int32_t> tokens;
  std::span<const float> logits;
  size_t prompt;
};

class Reference {
public:
  void read(const std::string &folder) {
    StatusOr<MappedFile> opened =
        MappedFile::open(folder + "/reference.safetensors");
    ASSERT_TRUE(opened.isOk()) << opened.message();
    file = std::move(*opened);
    StatusOr<SafetensorsHeader> header = readSafetensors(file.bytes());
    ASSERT_TRUE(header.isOk()) << header.message();
    llvm::SmallVector<llvm::StringRef> prompts;
    llvm::StringRef(header->metadata.at("prompts")).split(prompts, ',');
    for (size_t i = 0; i != prompts.size(); ++i) {
      const auto &tokens = header->tensors.at("tokens" + std::to_string(i));
      const auto &logits = header->tensors.at("logits" + std::to_string(i));
      Sequence sequence{data<int32_t>(tokens), data<float>(logits), 0};
      ASSERT_FALSE(prompts[i].trim().getAsInteger(10, sequence.prompt));
      sequences.push_back(sequence);
      vocabulary = static_cast<size_t>(logits.shape.back());
    }
  }

  std::vector<Sequence> sequences;
  size_t vocabulary = 0;

private:
  template <typename T>
  std::span<const T> data(const SafetensorsHeader::Tensor &tensor) const {
    return {reinterpret_cast<const T *>(file.bytes().data() + tensor.offset),
            tensor.bytes / sizeof(T)};
  }
  MappedFile file;
};

/// A family and a mesh.
using Case = std::tuple<std::string, std::string>;

class FamiliesTest : public testing::TestWithParam<Case> {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("families", folder));
    model = std::string(DECODERS) + "/" + std::get<0>(GetParam());
    reference.read(model);
  }
  void TearDown() override {
    llvm::sys::fs::remove_directories(folder, /*IgnoreErrors=*/true);
  }

  StatusOr<Model> compileAndLoad() {
    CompileOptions options;
    options.output = (folder + "/model.weft").str();
    options.cacheType = "f32";
    options.context = 128;
    options.maxSequences = reference.sequences.size();
    options.mesh = std::get<1>(GetParam());
    StatusOr<CompileReport> report = compile(model, options);
    return report ? Model::load(options.output) : report.status();
  }

  /// Runs the tokens [begin, end) of each sequence.
  void expectLogits(Model &model, llvm::ArrayRef<size_t> begins,
                    llvm::ArrayRef<size_t> ends) {
    std::vector<Part> parts;
    std::vector<std::span<const float>> rows;
    for (size_t i = 0; i != begins.size(); ++i) {
      const Sequence &sequence = reference.sequences[i];
      auto first = static_cast<int32_t>(2 * i);
      parts.push_back({{sequence.tokens.begin() + begins[i],
                        sequence.tokens.begin() + ends[i]},
                       static_cast<int32_t>(begins[i]),
                       {first + 1, first}});
      for (size_t row = begins[i]; row != ends[i]; ++row)
        rows.push_back(sequence.logits.subspan(row * reference.vocabulary,
                                               reference.vocabulary));
    }
    StepInputs step(parts);
    auto named = step.named();
    auto outputs = model.run(StepInputs::views(named));
    ASSERT_TRUE(outputs.isOk()) << outputs.message();
    std::span<float> logits = outputs->front().values<float>();
    ASSERT_EQ(logits.size(), rows.size() * reference.vocabulary);
    double worst = 0;
    for (size_t row = 0; row != rows.size(); ++row)
      for (size_t i = 0; i != reference.vocabulary; ++i) {
        double wanted = rows[static_cast<size_t>(step.rows[row])][i];
        double found = logits[row * reference.vocabulary + i];
        worst =
            std::max(worst, std::abs(found - wanted) / (1 + std::abs(wanted)));
      }
    EXPECT_LE(worst, 1e-4);
  }

  llvm::SmallString<128> folder;
  std::string model;
  Reference reference;
};

TEST_P(FamiliesTest, GivesTheLogitsOfTransformers) {
  StatusOr<Model> model = compileAndLoad();
  ASSERT_TRUE(model.isOk()) << model.message();
  std::vector<size_t> begins, ends;
  for (const Sequence &sequence : reference.sequences) {
    begins.push_back(0);
    ends.push_back(sequence.prompt);
  }
  expectLogits(*model, begins, ends);
  for (int step = 0; step != 8; ++step) {
    begins = ends;
    for (size_t &end : ends)
      ++end;
    expectLogits(*model, begins, ends);
  }
}

const std::string families[] = {
    "gemma2",        "gemma3",  "gpt-neox",     "gpt-neox-sequential",
    "gpt2",          "llama",   "llama-linear", "llama-yarn",
    "mistral",       "mixtral", "olmo2",        "phi3",
    "phi3-longrope", "qwen2",   "qwen3",        "qwen3-moe"};

INSTANTIATE_TEST_SUITE_P(
    All, FamiliesTest,
    testing::Combine(testing::ValuesIn(families), testing::Values("", "tp=2")),
    [](const auto &info) {
      std::string name = std::get<0>(info.param);
      std::replace(name.begin(), name.end(), '-', '_');
      return name + (std::get<1>(info.param).empty() ? "_One" : "_Two");
    });

} // namespace
