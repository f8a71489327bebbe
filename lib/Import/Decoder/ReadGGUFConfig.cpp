//===- ReadGGUFConfig.cpp - The numbers in a GGUF file's metadata ---------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/DecoderConfig.h"
#include "lib/Import/Decoder/LayerPattern.h"

#include <cmath>

using namespace weft;

namespace {

/// Reads `llama.block_count` and its like. The keys are those of gguf-py's
/// constants.py.
class GGUFConfigReader {
public:
  GGUFConfigReader(const gguf::GGUFFile &file, Checkpoint &checkpoint,
                   std::optional<int64_t> context)
      : file(file), checkpoint(checkpoint), context(context) {}

  StatusOr<DecoderConfig> read() {
    WEFT_RETURN_IF_ERROR(findFamily());
    WEFT_RETURN_IF_ERROR(readSizes());
    WEFT_RETURN_IF_ERROR(readAttention());
    WEFT_RETURN_IF_ERROR(readExperts());
    WEFT_RETURN_IF_ERROR(checkConfig(config, checkpoint.getNumTensors()));
    WEFT_RETURN_IF_ERROR(readLayers());
    WEFT_RETURN_IF_ERROR(readRope());
    return std::move(config);
  }

private:
  std::string key(const char *name) const {
    return config.family->name + "." + name;
  }
  /// Sets `value` from a key of the family, if it is there.
  template <typename T, typename Target>
  Status optional(const char *name, Target &value) const {
    auto found = file.get<T>(key(name));
    if (!found)
      return found.status();
    if (*found)
      value = **found;
    return Status::ok();
  }
  template <typename T> Status required(const char *name, T &value) const {
    auto found = file.require<T>(key(name));
    if (!found)
      return found.status();
    value = *found;
    return Status::ok();
  }

  Status findFamily() {
    auto name = file.require<std::string_view>("general.architecture");
    if (!name)
      return name.status();
    StatusOr<const Family *> family = findFamilyOfGGUF(*name);
    if (!family)
      return family.status();
    config.family = *family;
    for (const auto &[role, name] : (*family)->names)
      config.names[role] = getGGUFName(**family, role);
    config.stacksExperts = true;
    config.ropeInterleaves = (*family)->interleavesInGGUF;
    config.activation = (*family)->activation;
    config.parallelResidual = (*family)->parallelResidual;
    return Status::ok();
  }

  Status readSizes() {
    WEFT_RETURN_IF_ERROR(required("block_count", config.numLayers));
    WEFT_RETURN_IF_ERROR(required("embedding_length", config.hiddenSize));
    WEFT_RETURN_IF_ERROR(required("context_length", config.context));
    WEFT_RETURN_IF_ERROR(
        required("feed_forward_length", config.feedForwardSize));
    WEFT_RETURN_IF_ERROR(
        optional<int64_t>("vocab_size", config.vocabularySize));
    const gguf::Value *tokens = file.find("tokenizer.ggml.tokens");
    if (tokens && tokens->isArray()) {
      auto count = static_cast<int64_t>(tokens->size());
      if (config.vocabularySize != 0 && config.vocabularySize != count)
        return Status::error("metadata key '" + key("vocab_size") + "' is " +
                             std::to_string(config.vocabularySize) +
                             ", but the tokenizer has " +
                             std::to_string(count) + " tokens");
      config.vocabularySize = count;
    }
    if (config.family->scalesEmbeddings)
      config.embeddingScale = std::sqrt(static_cast<float>(config.hiddenSize));
    return optional<bool>("use_parallel_residual", config.parallelResidual);
  }

  Status readAttention() {
    WEFT_RETURN_IF_ERROR(required("attention.head_count", config.numHeads));
    config.numKeyValueHeads = config.numHeads;
    WEFT_RETURN_IF_ERROR(
        optional<int64_t>("attention.head_count_kv", config.numKeyValueHeads));
    WEFT_RETURN_IF_ERROR(required(config.family->usesLayerNorm
                                      ? "attention.layer_norm_epsilon"
                                      : "attention.layer_norm_rms_epsilon",
                                  config.epsilon));
    std::optional<int64_t> keySize;
    WEFT_RETURN_IF_ERROR(optional<int64_t>("attention.key_length", keySize));
    if (config.numHeads < 1)
      return Status::error("metadata key '" + key("attention.head_count") +
                           "' is " + std::to_string(config.numHeads) +
                           "; expected 1 or more");
    config.headSize = keySize.value_or(config.hiddenSize / config.numHeads);
    int64_t valueSize = config.headSize;
    WEFT_RETURN_IF_ERROR(
        optional<int64_t>("attention.value_length", valueSize));
    if (valueSize != config.headSize)
      return Status::error("keys have " + std::to_string(config.headSize) +
                           " elements and values " + std::to_string(valueSize) +
                           "; only equal ones are supported");
    // The greatest Gemmas are scaled by the average head instead, which their
    // files do not say (llama.cpp's llama-model.cpp, f_attention_scale).
    bool isGreatestGemma =
        (config.family->name == "gemma2" && config.numLayers == 46) ||
        (config.family->name == "gemma3" && config.numLayers == 62);
    config.attentionScale =
        1 / std::sqrt(static_cast<double>(isGreatestGemma ? config.hiddenSize /
                                                                config.numHeads
                                                          : config.headSize));
    WEFT_RETURN_IF_ERROR(
        optional<double>("attention.scale", config.attentionScale));
    bool isCausal = true;
    WEFT_RETURN_IF_ERROR(optional<bool>("attention.causal", isCausal));
    if (!isCausal)
      return Status::error("metadata key '" + key("attention.causal") +
                           "' is false, which is not supported");
    config.attentionSoftCap = config.family->attentionSoftCap;
    config.logitSoftCap = config.family->logitSoftCap;
    WEFT_RETURN_IF_ERROR(
        optional<double>("attn_logit_softcapping", config.attentionSoftCap));
    return optional<double>("final_logit_softcapping", config.logitSoftCap);
  }

  Status readExperts() {
    WEFT_RETURN_IF_ERROR(optional<int64_t>("expert_count", config.numExperts));
    config.expertSize = config.feedForwardSize;
    WEFT_RETURN_IF_ERROR(
        optional<int64_t>("expert_feed_forward_length", config.expertSize));
    double scale = 1;
    WEFT_RETURN_IF_ERROR(optional<double>("expert_weights_scale", scale));
    if (scale != 0 && scale != 1) // 0: none.
      return Status::error("metadata key '" + key("expert_weights_scale") +
                           "' is " + std::to_string(scale) + "; expected 1");
    return config.numExperts == 0
               ? Status::ok()
               : required("expert_used_count", config.numExpertsUsed);
  }

  Status readLayers() {
    std::optional<int64_t> window = config.family->window;
    WEFT_RETURN_IF_ERROR(optional<int64_t>("attention.sliding_window", window));
    if (window == 0)
      window.reset();
    // The pattern is a period, or says it of each layer.
    int64_t period = config.family->windowPeriod;
    std::vector<bool> hasWindow;
    const gguf::Value *pattern =
        file.find(key("attention.sliding_window_pattern"));
    if (pattern && pattern->isArray())
      WEFT_RETURN_IF_ERROR(
          required("attention.sliding_window_pattern", hasWindow));
    else
      WEFT_RETURN_IF_ERROR(
          optional<int64_t>("attention.sliding_window_pattern", period));
    return placeWindows(config, window, period, hasWindow);
  }

  Status readRope() {
    if (!config.family->hasRope)
      return Status::ok();
    config.ropeDimensions = config.headSize;
    WEFT_RETURN_IF_ERROR(
        optional<int64_t>("rope.dimension_count", config.ropeDimensions));
    double base = 10000;
    WEFT_RETURN_IF_ERROR(optional<double>("rope.freq_base", base));
    RopeScaling scaling;
    WEFT_RETURN_IF_ERROR(readRopeScaling(scaling));
    std::optional<double> windowBase = config.family->windowRopeBase;
    WEFT_RETURN_IF_ERROR(optional<double>("rope.freq_base_swa", windowBase));
    return computeRopes(config, base, scaling, windowBase);
  }

  Status readRopeScaling(RopeScaling &scaling) {
    // A factor needs no type. The second key is that of old files, which the
    // first one overrides.
    std::string_view type = "linear";
    WEFT_RETURN_IF_ERROR(optional<std::string_view>("rope.scaling.type", type));
    WEFT_RETURN_IF_ERROR(optional<double>("rope.scale_linear", scaling.factor));
    WEFT_RETURN_IF_ERROR(
        optional<double>("rope.scaling.factor", scaling.factor));
    if (scaling.factor == 0) // None.
      scaling.factor = 1;
    scaling.originalContext = static_cast<double>(config.context);
    WEFT_RETURN_IF_ERROR(optional<double>(
        "rope.scaling.original_context_length", scaling.originalContext));
    if (type == "linear")
      scaling.kind = scaling.factor == 1 ? RopeScaling::Kind::None
                                         : RopeScaling::Kind::Linear;
    else if (type == "yarn")
      scaling.kind = RopeScaling::Kind::Yarn;
    else if (type != "none" && type != "longrope")
      return Status::error("the rotary embedding is scaled by '" +
                           std::string(type) +
                           "'; expected linear, yarn or longrope");
    WEFT_RETURN_IF_ERROR(
        optional<double>("rope.scaling.yarn_beta_fast", scaling.betaFast));
    WEFT_RETURN_IF_ERROR(
        optional<double>("rope.scaling.yarn_beta_slow", scaling.betaSlow));
    WEFT_RETURN_IF_ERROR(
        optional<double>("rope.scaling.attn_factor", scaling.attentionFactor));
    // What the file says comes on top of what yarn derives.
    if (scaling.kind == RopeScaling::Kind::Yarn && scaling.attentionFactor &&
        scaling.factor > 1)
      *scaling.attentionFactor *= 0.1 * std::log(scaling.factor) + 1;
    return readDivisors(scaling);
  }

  /// Llama 3's scaling and longrope are tensors: a divisor for each frequency.
  Status readDivisors(RopeScaling &scaling) {
    const StoredTensor *all = checkpoint.use("rope_freqs.weight");
    const StoredTensor *shortOnes = checkpoint.use("rope_factors_short.weight");
    const StoredTensor *longOnes = checkpoint.use("rope_factors_long.weight");
    bool isLong = static_cast<double>(context.value_or(config.context)) >
                  scaling.originalContext;
    const StoredTensor *divisors = all ? all : isLong ? longOnes : shortOnes;
    if (!divisors)
      return Status::ok();
    if (scaling.kind != RopeScaling::Kind::None)
      return Status::error("the rotary embedding is scaled by both '" +
                           key("rope.scaling.type") + "' and tensor '" +
                           divisors->name + "'");
    if (divisors->scalar == DataType::Invalid || divisors->shape.size() != 1)
      return Status::error("tensor '" + divisors->name +
                           "' holds no list of numbers");
    scaling.kind = RopeScaling::Kind::Divisors;
    scaling.divisors = readNumbers(*divisors);
    return Status::ok();
  }

  const gguf::GGUFFile &file;
  Checkpoint &checkpoint;
  std::optional<int64_t> context;
  DecoderConfig config;
};

} // namespace

StatusOr<DecoderConfig> weft::readGGUFConfig(const gguf::GGUFFile &file,
                                             Checkpoint &checkpoint,
                                             std::optional<int64_t> context) {
  return GGUFConfigReader(file, checkpoint, context).read();
}
