//===- AbsentKeysTest.cpp - What models mean that do not say it -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/ImportLanguageModel.h"
#include "test/lib/Import/GGUF/GGUFBuilder.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

#include <fstream>
#include <gmock/gmock.h>

using namespace mlir;
using namespace weft;
using testing::HasSubstr;
using testing::Not;

namespace json = llvm::json;

static const std::string modelsFolder = WEFT_SOURCE_DIR "/test/models/decoders";

static std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

namespace {

class AbsentKeysTest : public testing::Test {
protected:
  static std::string print(OwningOpRef<ModuleOp> module) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    if (module)
      module->print(stream);
    return text;
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
};

/// Of a GGUF file whose keys are written over.
class AbsentGGUFKeysTest : public AbsentKeysTest {
protected:
  void load(const std::string &model) {
    file = readFile(modelsFolder + "/" + model + "/model.gguf");
  }
  /// Another key takes its place, which nobody knows.
  void lose(const std::string &key) {
    size_t at = file.find(key);
    ASSERT_NE(at, std::string::npos) << key;
    file[at + key.size() - 1] = '?';
  }
  /// Behind a key are four bytes of its type and the value.
  template <typename T> void set(const std::string &key, T value) {
    size_t at = file.find(key);
    ASSERT_NE(at, std::string::npos) << key;
    file.replace(at + key.size() + 4, sizeof(T),
                 gguf::GGUFBuilder::bytesOf(value));
  }
  std::string import() {
    return print(importGGUF(gguf::readGGUF(file), "model.gguf", &context));
  }

  std::string file;
};

/// Of a config.json in which some keys have other values or, at nullopt, none.
class AbsentFolderKeysTest : public AbsentKeysTest {
protected:
  using Changes =
      std::vector<std::pair<std::string, std::optional<json::Value>>>;

  std::string import(const std::string &model, const Changes &changes) {
    std::string folder = modelsFolder + "/" + model;
    json::Value config = *json::parse(readFile(folder + "/config.json"));
    for (const auto &[key, value] : changes) {
      config.getAsObject()->erase(key);
      if (value)
        config.getAsObject()->try_emplace(key, *value);
    }
    std::string weights = readFile(folder + "/model.safetensors");
    return print(
        importFolder(ModelFolder::ofMemory(
                         llvm::formatv("{0}", config).str(),
                         {reinterpret_cast<const uint8_t *>(weights.data()),
                          weights.size()}),
                     "model", &context));
  }
  /// A config without `key` means `value`, and `other` is something else.
  void expectDefault(const std::string &model, const std::string &key,
                     json::Value value, json::Value other,
                     Changes changes = {}) {
    changes.emplace_back(key, std::nullopt);
    std::string absent = import(model, changes);
    EXPECT_NE(absent, "") << model << " without " << key;
    changes.back().second = value;
    EXPECT_EQ(absent, import(model, changes)) << model << " " << key;
    changes.back().second = other;
    EXPECT_NE(absent, import(model, changes)) << model << " " << key;
  }
};

} // namespace

TEST_F(AbsentFolderKeysTest, MeanWhatTheirClassSays) {
  const Changes longContext = {{"max_position_embeddings", 8192}};
  const Changes window = {{"sliding_window", 16},
                          {"max_window_layers", 0},
                          {"layer_types", std::nullopt}};
  expectDefault("gemma2", "attn_logit_softcapping", 50, nullptr);
  expectDefault("gemma2", "final_logit_softcapping", 30, nullptr);
  expectDefault("gemma2", "query_pre_attn_scalar", 256, 12);
  expectDefault("gemma2", "sliding_window", 4096, nullptr, longContext);
  expectDefault("gemma2", "hidden_activation", "gelu_pytorch_tanh", "relu");
  expectDefault("gemma3", "query_pre_attn_scalar", 256, 16);
  expectDefault("gemma3", "rope_theta", 1e6, 1e4);
  expectDefault("gemma3", "sliding_window", 4096, nullptr, longContext);
  expectDefault("gpt-neox", "rotary_pct", 0.25, 1,
                {{"partial_rotary_factor", std::nullopt}});
  expectDefault("mistral", "sliding_window", 4096, nullptr, longContext);
  expectDefault("mixtral", "rope_theta", 1e6, 1e4);
  expectDefault("qwen3", "use_sliding_window", false, true, window);
  expectDefault("qwen3-moe", "use_sliding_window", false, true, window);
  expectDefault("qwen3-moe", "norm_topk_prob", false, true);
  expectDefault("../encoders/roberta", "pad_token_id", 1, 0);
  expectDefault("../encoders/mpnet", "pad_token_id", 1, 0);
}

TEST_F(AbsentFolderKeysTest, AClassIgnoresKeysOfOthers) {
  std::string llama = import("llama", {});
  ASSERT_NE(llama, "");
  EXPECT_EQ(import("llama", {{"sliding_window", 16}}), llama);
  Changes window = {{"use_sliding_window", true}, {"sliding_window", 16}};
  std::string moe = import("qwen3-moe", window);
  EXPECT_THAT(moe, HasSubstr("window 16"));
  window.emplace_back("max_window_layers", 28);
  EXPECT_EQ(import("qwen3-moe", window), moe);
}

TEST_F(AbsentGGUFKeysTest, Gemma2HasSoftCapsAndAWindow) {
  load("gemma2");
  set("gemma2.context_length", uint32_t(8192));
  EXPECT_THAT(import(), HasSubstr("window 16 soft_cap 3.0"));
  lose("gemma2.attn_logit_softcapping");
  lose("gemma2.final_logit_softcapping");
  lose("gemma2.attention.sliding_window");
  std::string module = import();
  EXPECT_THAT(module, HasSubstr("window 4096 soft_cap 5.000000e+01"));
  EXPECT_THAT(module, HasSubstr("dense<3.000000e+01> : tensor<f32>"));
}

TEST_F(AbsentGGUFKeysTest, AFactorOfRotationsIsLinear) {
  const std::string quarter = "dense<[2.500000e-01,", one = "dense<[1.000000e";
  load("llama-yarn");
  EXPECT_THAT(import(), Not(HasSubstr(quarter)));
  lose("llama.rope.scaling.type");
  EXPECT_THAT(import(), HasSubstr(quarter));
  set("llama.rope.scaling.factor", 0.0f);
  EXPECT_THAT(import(), HasSubstr(one));
}
