//===- HostileModelsTest.cpp - Language models that lie -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/ImportLanguageModel.h"
#include "test/lib/Import/GGUF/GGUFBuilder.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FormatVariadic.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

using namespace mlir;
using namespace weft;
using testing::HasSubstr;

namespace json = llvm::json;

static const std::string modelsFolder = WEFT_SOURCE_DIR "/test/models/decoders";

static std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

static std::span<const uint8_t> bytesOf(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

static std::string textOf(const json::Value &value) {
  return llvm::formatv("{0}", value).str();
}

namespace {

class HostileModelsTest : public testing::Test {
protected:
  /// The error of an import; empty for a module. There is one, of one line.
  template <typename Import> std::string run(Import import) {
    std::vector<std::string> errors;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      errors.push_back(diagnostic.str());
    });
    OwningOpRef<ModuleOp> module = import();
    EXPECT_EQ(errors.size(), module ? 0u : 1u);
    if (errors.empty())
      return "";
    EXPECT_EQ(errors[0].find('\n'), std::string::npos) << errors[0];
    EXPECT_LT(errors[0].size(), 2000u) << errors[0];
    return errors[0];
  }
  std::string runFolder(const std::string &config, const std::string &weights) {
    return run([&] {
      return importFolder(ModelFolder::ofMemory(config, bytesOf(weights)),
                          "model", &context, options);
    });
  }
  std::string runGGUF(const std::string &content) {
    return run([&] {
      return importGGUF(gguf::readGGUF(content), "model.gguf", &context,
                        options);
    });
  }
  /// The error of a folder, one key of whose config is another one.
  std::string runConfig(const std::string &name, const std::string &key,
                        std::optional<json::Value> value) {
    std::string folder = modelsFolder + "/" + name;
    json::Value config = *json::parse(readFile(folder + "/config.json"));
    config.getAsObject()->erase(key);
    if (value)
      config.getAsObject()->try_emplace(key, *value);
    return runFolder(textOf(config), readFile(folder + "/model.safetensors"));
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  LanguageModelOptions options;
};

} // namespace

TEST_F(HostileModelsTest, EveryKeyOfAConfigMayBeAnything) {
  const json::Value values[] = {nullptr,
                                -1,
                                0,
                                int64_t(1) << 62,
                                1e300,
                                "text",
                                true,
                                json::Array{},
                                json::Array{1, "two"},
                                json::Object{},
                                json::Object{{"rope_type", "yarn"}}};
  unsigned numErrors = 0;
  for (const char *name :
       {"llama", "qwen3-moe", "gemma3", "phi3-longrope", "../encoders/mpnet"}) {
    std::string folder = modelsFolder + "/" + name;
    std::string weights = readFile(folder + "/model.safetensors");
    json::Value config = *json::parse(readFile(folder + "/config.json"));
    for (const auto &[key, original] : *config.getAsObject()) {
      json::Object changed = *config.getAsObject();
      changed.erase(key);
      numErrors +=
          !runFolder(textOf(json::Value(json::Object(changed))), weights)
               .empty();
      for (const json::Value &value : values) {
        changed[key] = value;
        numErrors +=
            !runFolder(textOf(json::Value(json::Object(changed))), weights)
                 .empty();
      }
    }
  }
  EXPECT_GT(numErrors, 400u);
}

TEST_F(HostileModelsTest, EveryByteOfAConfigMayBeLost) {
  std::string folder = modelsFolder + "/llama";
  std::string config = readFile(folder + "/config.json");
  std::string weights = readFile(folder + "/model.safetensors");
  for (size_t size = 0; size + 3 < config.size(); size += 7)
    EXPECT_THAT(runFolder(config.substr(0, size), weights),
                HasSubstr("config.json: "));
  EXPECT_THAT(runFolder(std::string(100000, '['), weights),
              HasSubstr("nested more than 64 deep"));
}

TEST_F(HostileModelsTest, EveryByteOfADirectoryMayChange) {
  std::string folder = modelsFolder + "/mistral";
  std::string config = readFile(folder + "/config.json");
  std::string weights = readFile(folder + "/model.safetensors");
  std::string file = readFile(folder + "/model.gguf");
  ASSERT_EQ(runFolder(config, weights), "");
  ASSERT_EQ(runGGUF(file), "");
  unsigned numErrors = 0;
  for (size_t i = 0; i < 1500; i += 5) {
    std::string changed = weights;
    changed[i] = static_cast<char>(changed[i] ^ (i % 3 == 0 ? 0x80 : 0x03));
    numErrors += !runFolder(config, changed).empty();
    changed = file;
    changed[i] = static_cast<char>(changed[i] ^ (i % 3 == 0 ? 0x80 : 0x03));
    numErrors += !runGGUF(changed).empty();
  }
  EXPECT_GT(numErrors, 300u);
}

TEST_F(HostileModelsTest, SaysWhatIsWrongWithAConfig) {
  auto expect = [&](const char *key, std::optional<json::Value> value,
                    const char *message) {
    EXPECT_THAT(runConfig("llama", key, std::move(value)), HasSubstr(message));
  };
  expect("architectures", json::Array{"BloomForCausalLM"},
         "model: the architecture 'BloomForCausalLM' is not supported; those "
         "that are: LlamaForCausalLM, MistralForCausalLM, MixtralForCausalLM, "
         "Qwen2ForCausalLM");
  expect("architectures", json::Array{"A", "B"}, "names 2 architectures");
  expect("hidden_size", std::nullopt, "config.json lacks 'hidden_size'");
  expect("hidden_size", "wide",
         "'hidden_size' is \"wide\", which is not of the type");
  expect("hidden_size", 40,
         "tensor 'model.embed_tokens.weight' has the shape [97, 48]; expected "
         "[97, 40]");
  expect("num_hidden_layers", int64_t(1) << 24,
         "has 16777216 layers but 20 tensors");
  expect("num_hidden_layers", 1,
         "tensor 'model.layers.1.input_layernorm.weight' has no place");
  expect("num_hidden_layers", 3,
         "has no tensor 'model.layers.2.input_layernorm.weight'");
  expect("num_key_value_heads", 4, "6 attention heads, no multiple of its 4");
  expect("head_dim", 4096, "head size 4096; expected 1 to 1024");
  expect("head_dim", 7, "turns 7 elements of a head of 7");
  expect("rms_norm_eps", -1, "epsilon -1");
  expect("hidden_act", "tanhshrink",
         "the activation 'tanhshrink' is not supported; expected silu");
  expect("rope_theta", 0, "the base of the rotary embedding is 0");
  expect("rope_scaling", json::Object{{"type", "dynamic"}},
         "scaled by 'dynamic'; expected linear, llama3, yarn or longrope");
  expect("rope_scaling", json::Object{{"type", "linear"}, {"factor", 0}},
         "factor of the rotary embedding's scaling is 0");
  expect("layer_types", json::Array{"full_attention"},
         "says of 1 layers whether they have a window, but has 2");
  expect("layer_types", json::Array{"full_attention", "recurrent"},
         "a layer is of type 'recurrent'");
  EXPECT_THAT(runConfig("mistral", "sliding_window", -5),
              HasSubstr("a window of -5 positions"));
  expect("tie_word_embeddings", false, "has no tensor 'lm_head.weight'");
  expect("add_cross_attention", true,
         "config.json: 'add_cross_attention' is true, which is not supported");
  EXPECT_THAT(runConfig("gpt2", "scale_attn_weights", false),
              HasSubstr("'scale_attn_weights' is false, which is not"));
  EXPECT_THAT(runConfig("gpt2", "scale_attn_by_inverse_layer_idx", true),
              HasSubstr("'scale_attn_by_inverse_layer_idx' is true"));
  EXPECT_THAT(runConfig("gemma3", "use_bidirectional_attention", true),
              HasSubstr("'use_bidirectional_attention' is true"));
  EXPECT_THAT(runConfig("../encoders/bert", "is_decoder", true),
              HasSubstr("'is_decoder' is true, which is not supported"));
  EXPECT_THAT(runConfig("mixtral", "num_experts_per_tok", 9),
              HasSubstr("uses 9 of 4 experts"));
  EXPECT_THAT(
      runConfig("../encoders/bert", "position_embedding_type", "relative_key"),
      HasSubstr("in the way 'relative_key'; expected absolute"));
  EXPECT_THAT(runConfig("../encoders/roberta", "pad_token_id", 65),
              HasSubstr("has 66 positions, which count from behind its padding "
                        "token, 65; none are left"));
  EXPECT_THAT(runConfig("../encoders/bert", "head_dim", 8),
              HasSubstr("3 heads of size 8, not its hidden size, 36"));
}

TEST_F(HostileModelsTest, SaysWhatIsWrongWithAGGUFFile) {
  using gguf::GGUFBuilder;
  auto expect = [&](const GGUFBuilder &builder, const char *message) {
    EXPECT_THAT(runGGUF(builder.build()), HasSubstr(message));
  };
  auto sizes = [] {
    return GGUFBuilder()
        .text("general.architecture", "llama")
        .integer("llama.block_count", 1)
        .integer("llama.embedding_length", 64)
        .integer("llama.context_length", 128);
  };
  expect(GGUFBuilder(), "lacks the metadata key 'general.architecture'");
  expect(GGUFBuilder().text("general.architecture", "mamba"),
         "'mamba' is not supported; those that are: llama, qwen2");
  expect(sizes().integer("split.count", 3), "one of 3 parts of a model");
  expect(sizes(), "lacks the metadata key 'llama.feed_forward_length'");
  expect(sizes().tensor("w", {256}, 21, std::string(110, '\0')),
         "tensor 'w' is of type iq3_s, which is not supported");
  auto attention = [&](float epsilon) {
    return sizes()
        .integer("llama.feed_forward_length", 64)
        .integer("llama.attention.head_count", 2)
        .number("llama.attention.layer_norm_rms_epsilon", epsilon);
  };
  expect(attention(1e-5f)
             .integer("llama.vocab_size", 3)
             .array("tokenizer.ggml.tokens", gguf::ValueType::String, 0, ""),
         "'llama.vocab_size' is 3, but the tokenizer has 0 tokens");
  expect(attention(1e-5f), "has 1 layers but 0 tensors");
  auto one = [&](GGUFBuilder builder) {
    return builder.tensor("extra.weight", {1}, 0, std::string(4, '\0'));
  };
  expect(one(attention(0)), "epsilon 0");
  expect(one(attention(1e-5f).integer("llama.attention.value_length", 16)),
         "keys have 32 elements and values 16");
  expect(one(attention(1e-5f).text("llama.rope.scaling.type", "magic")),
         "scaled by 'magic'");
  expect(one(attention(1e-5f).number("llama.rope.scale_linear", -1)),
         "factor of the rotary embedding's scaling is -1");
  expect(one(attention(1e-5f).raw("llama.attention.causal",
                                  uint32_t(gguf::ValueType::Bool),
                                  std::string(1, '\0'))),
         "'llama.attention.causal' is false, which is not supported");
  expect(one(attention(1e-5f).number("llama.expert_weights_scale", 2.5)),
         "'llama.expert_weights_scale' is 2.500000; expected 1");
  expect(one(attention(1e-5f).number("llama.expert_weights_scale", 0)),
         "has no tensor 'token_embd.weight'");
  expect(one(attention(1e-5f)), "has no tensor 'token_embd.weight'");
}

TEST_F(HostileModelsTest, CapacityIsChecked) {
  std::string folder = modelsFolder + "/llama";
  std::string config = readFile(folder + "/config.json");
  std::string weights = readFile(folder + "/model.safetensors");
  auto expect = [&](const LanguageModelOptions &wanted, const char *message) {
    options = wanted;
    EXPECT_THAT(runFolder(config, weights), HasSubstr(message));
  };
  expect({.context = 257},
         "a context of 257 tokens was asked for; the model was made for 1 to "
         "256");
  expect({.context = 0}, "a context of 0 tokens");
  expect({.maxSequences = 0}, "a capacity of 0 sequences a step");
  expect({.maxTokens = int64_t(1) << 40}, "expected 1 to 2^20");
  expect({.kvType = "i4"}, "unknown type 'i4' of the cache; expected f32");
}

TEST_F(HostileModelsTest, FilesStayInTheirFolder) {
  namespace fs = std::filesystem;
  fs::path folder = fs::path(testing::TempDir()) / "weft-hostile-folder";
  fs::remove_all(folder);
  fs::create_directories(folder / "model");
  fs::copy(modelsFolder + "/llama/config.json", folder / "model");
  auto runHere = [&](const std::string &index) {
    std::ofstream(folder / "model/model.safetensors.index.json") << index;
    return run(
        [&] { return importFolder((folder / "model").string(), &context); });
  };
  EXPECT_THAT(
      run([&] { return importFolder((folder / "model").string(), &context); }),
      HasSubstr("has neither model.safetensors nor"));
  EXPECT_THAT(runHere("{}"), HasSubstr("lacks 'weight_map'"));
  EXPECT_THAT(runHere(R"({"weight_map": {"w": 1}})"),
              HasSubstr("tensor 'w' has no file's name"));
  EXPECT_THAT(
      runHere(R"({"weight_map": {"w": "../secret.safetensors"}})"),
      HasSubstr("'../secret.safetensors' is not a plain relative path"));
  fs::copy(modelsFolder + "/llama/model.safetensors", folder / "secret");
  fs::create_symlink(folder / "secret", folder / "model/link.safetensors");
  EXPECT_THAT(runHere(R"({"weight_map": {"w": "link.safetensors"}})"),
              HasSubstr("is a link that leaves its folder"));
  fs::copy(modelsFolder + "/llama/model.safetensors",
           folder / "model/shard.safetensors");
  EXPECT_THAT(runHere(R"({"weight_map": {"w": "shard.safetensors"}})"),
              HasSubstr("lacks tensor 'w', which the index places there"));
}

// The Hub's cache: a snapshot's files are links to blobs beside it.
TEST_F(HostileModelsTest, LinksOfTheHubsCache) {
  namespace fs = std::filesystem;
  fs::path cache = fs::path(testing::TempDir()) / "weft-hub-cache";
  fs::remove_all(cache);
  fs::path model = cache / "models--weft--llama";
  fs::path snapshot = model / "snapshots" / "0123abcd";
  fs::create_directories(snapshot);
  fs::create_directories(model / "blobs");
  for (const char *name : {"config.json", "model.safetensors"}) {
    fs::path blob = model / "blobs" / (std::string(name) + "-hash");
    fs::copy(modelsFolder + "/llama/" + name, blob);
    fs::create_symlink(fs::path("../../blobs") / blob.filename(),
                       snapshot / name);
  }
  EXPECT_EQ(run([&] { return importFolder(snapshot.string(), &context); }), "");
  fs::remove(snapshot / "model.safetensors");
  fs::copy(modelsFolder + "/llama/model.safetensors", cache / "elsewhere");
  fs::create_symlink("../../../elsewhere", snapshot / "model.safetensors");
  EXPECT_THAT(run([&] { return importFolder(snapshot.string(), &context); }),
              HasSubstr("is a link that leaves its folder"));
}
