//===- ReferenceLogitsTest.cpp - Imported models compute what theirs do ---===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/ImportLanguageModel.h"
#include "test/lib/Import/Decoder/Reference.h"
#include "test/lib/Import/Decoder/StepRunner.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

#include <gmock/gmock.h>

#include <cmath>

using namespace mlir;
using namespace weft;

static constexpr double tolerance = 1e-4;
static constexpr int64_t context = 128;
static constexpr size_t chunk = 25;

static const std::string modelsFolder = WEFT_SOURCE_DIR "/test/models/decoders";

namespace {

class ReferenceLogitsTest : public testing::TestWithParam<const char *> {};

} // namespace

/// Prompts in pieces beside single tokens of other sequences, which join one
/// after the other, so that every step is another mixture.
TEST_P(ReferenceLogitsTest, EqualThoseOfTransformers) {
  // "llama" is a folder, "llama/model.gguf" a file in it.
  llvm::StringRef name = GetParam();
  std::string folder = modelsFolder + "/" + name.split('/').first.str();
  Reference reference(folder + "/reference.safetensors");
  ASSERT_NE(reference.numSequences, 0u);
  MLIRContext mlirContext;
  ScopedDiagnosticHandler handler(&mlirContext, [](Diagnostic &diagnostic) {
    ADD_FAILURE() << diagnostic.str();
  });
  LanguageModelOptions options;
  options.context = context;
  options.maxSequences = static_cast<int64_t>(reference.numSequences);
  options.kvType = "f32";
  OwningOpRef<ModuleOp> module =
      name.ends_with(".gguf")
          ? importGGUF(modelsFolder + "/" + name.str(), &mlirContext, options)
          : importFolder(folder, &mlirContext, options);
  ASSERT_TRUE(module);

  StepRunner runner(module->lookupSymbol<func::FuncOp>("step"), folder,
                    context / cacheBlockSize, reference.numSequences);
  std::vector<std::vector<int64_t>> rest;
  for (size_t i = 0; i != reference.numSequences; ++i)
    rest.push_back(reference.tokens(i));
  std::vector<size_t> done(rest.size());
  double worst = 0;
  for (size_t step = 0;; ++step) {
    std::vector<StepRunner::Piece> pieces;
    for (size_t i = 0; i != std::min(rest.size(), step + 1); ++i) {
      std::vector<int64_t> &tokens = rest[i];
      // The last eight were reached one by one.
      size_t size = tokens.size() > 8 ? std::min(chunk, tokens.size() - 8) : 1;
      if (tokens.empty())
        continue;
      pieces.push_back({i, {tokens.begin(), tokens.begin() + size}});
      tokens.erase(tokens.begin(), tokens.begin() + size);
    }
    if (pieces.empty())
      break;
    FailureOr<HostTensor> logits = runner.run(pieces);
    ASSERT_TRUE(succeeded(logits)) << "step " << step;
    size_t vocabulary = logits->getShape().back(), row = 0;
    for (const StepRunner::Piece &piece : pieces) {
      std::vector<float> expected = reference.logits(piece.sequence);
      for (size_t t = 0; t != piece.tokens.size(); ++t, ++row)
        for (size_t v = 0; v != vocabulary; ++v)
          worst = std::max(
              worst,
              std::abs(logits->floats()[row * vocabulary + v] -
                       expected[(done[piece.sequence] + t) * vocabulary + v]));
      done[piece.sequence] += piece.tokens.size();
    }
    ASSERT_LE(worst, tolerance) << "step " << step;
  }
}

static std::string nameOf(const testing::TestParamInfo<const char *> &info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !llvm::isAlnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Folders, ReferenceLogitsTest,
                         testing::Values("gemma2", "gemma3", "gpt-neox",
                                         "gpt-neox-sequential", "gpt2", "llama",
                                         "llama-linear", "llama-yarn",
                                         "mistral", "mixtral", "olmo2", "phi3",
                                         "phi3-longrope", "qwen2", "qwen3",
                                         "qwen3-moe"),
                         nameOf);

// Made from the same models by llama.cpp's converter: scripts/convert-decoders.
INSTANTIATE_TEST_SUITE_P(
    GGUF, ReferenceLogitsTest,
    testing::Values("gemma2/model.gguf", "gemma3/model.gguf",
                    "gpt-neox/model.gguf", "gpt2/model.gguf",
                    "llama/model.gguf", "llama-yarn/model.gguf",
                    "mistral/model.gguf", "mixtral/model.gguf",
                    "olmo2/model.gguf", "phi3-longrope/model.gguf",
                    "qwen2/model.gguf"),
    nameOf);
