//===- ReadFolderConfig.cpp - The numbers in a config.json ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/DecoderConfig.h"
#include "lib/Import/Decoder/JsonReader.h"
#include "lib/Import/Decoder/LayerPattern.h"
#include "runtime/base/Text.h"

#include <cmath>

using namespace weft;

namespace {

/// Reads the keys that transformers' config classes write, of version 4
/// (`rope_theta`, `rope_scaling`) and 5 (`rope_parameters`).
class FolderConfigReader {
public:
  FolderConfigReader(const llvm::json::Object &object, size_t numTensors,
                     std::optional<int64_t> context)
      : object(object), json(this->object), numTensors(numTensors),
        context(context) {}

  StatusOr<DecoderConfig> read() {
    WEFT_RETURN_IF_ERROR(findFamily());
    WEFT_RETURN_IF_ERROR(refuseVariants());
    WEFT_RETURN_IF_ERROR(readSizes());
    WEFT_RETURN_IF_ERROR(readAttention());
    WEFT_RETURN_IF_ERROR(readFeedForward());
    WEFT_RETURN_IF_ERROR(checkConfig(config, numTensors));
    WEFT_RETURN_IF_ERROR(readLayers());
    WEFT_RETURN_IF_ERROR(readRope());
    return std::move(config);
  }

private:
  Status findFamily() {
    std::vector<std::string> classes;
    WEFT_RETURN_IF_ERROR(json.required({"architectures"}, classes));
    if (classes.size() != 1)
      return Status::error("config.json names " +
                           std::to_string(classes.size()) +
                           " architectures; expected one");
    StatusOr<const Family *> family = findFamilyOfClass(classes.front());
    if (!family)
      return family.status();
    completeConfig(**family, classes.front(), object);
    config.family = *family;
    config.names = (*family)->names;
    config.scaleOffset = (*family)->scalesFromOne ? 1 : 0;
    config.storesTransposed = (*family)->storesTransposed;
    config.joinsByHead = (*family)->joinsByHead;
    return Status::ok();
  }

  /// Options that change what a model computes, in ways that are not built.
  Status refuseVariants() {
    std::map<const char *, bool> usual = {
        {"add_cross_attention", false},
        {"scale_attn_by_inverse_layer_idx", false},
        {"scale_attn_weights", true},
        {"use_bidirectional_attention", false}};
    if (config.family->isEncoder)
      usual["is_decoder"] = false;
    for (auto [key, expected] : usual) {
      bool value = expected;
      WEFT_RETURN_IF_ERROR(json.optional<bool>({key}, value));
      if (value != expected)
        return Status::error(std::string("config.json: '") + key + "' is " +
                             (value ? "true" : "false") +
                             ", which is not supported");
    }
    return Status::ok();
  }

  Status readSizes() {
    WEFT_RETURN_IF_ERROR(
        json.required({"num_hidden_layers", "n_layer"}, config.numLayers));
    WEFT_RETURN_IF_ERROR(
        json.required({"hidden_size", "n_embd"}, config.hiddenSize));
    WEFT_RETURN_IF_ERROR(json.required(
        {"max_position_embeddings", "n_positions"}, config.context));
    WEFT_RETURN_IF_ERROR(json.required({"vocab_size"}, config.vocabularySize));
    WEFT_RETURN_IF_ERROR(
        json.optional<bool>({"tie_word_embeddings"}, config.tiesEmbeddings));
    WEFT_RETURN_IF_ERROR(
        json.required({"rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon"},
                      config.epsilon));
    WEFT_RETURN_IF_ERROR(
        json.optional<int64_t>({"pad_token_id"}, config.paddingToken));
    if (config.paddingToken < 0 || config.paddingToken > INT32_MAX)
      config.paddingToken = 0; // Some configs say so that there is none.
    std::string positions = "absolute";
    WEFT_RETURN_IF_ERROR(
        json.optional<std::string>({"position_embedding_type"}, positions));
    if (positions != "absolute")
      return Status::error("positions are embedded in the way '" +
                           printable(positions) + "'; expected absolute");
    if (config.family->scalesEmbeddings)
      config.embeddingScale = std::sqrt(static_cast<double>(config.hiddenSize));
    return Status::ok();
  }

  Status readAttention() {
    WEFT_RETURN_IF_ERROR(
        json.required({"num_attention_heads", "n_head"}, config.numHeads));
    config.numKeyValueHeads = config.numHeads;
    WEFT_RETURN_IF_ERROR(json.optional<int64_t>({"num_key_value_heads"},
                                                config.numKeyValueHeads));
    if (config.numHeads < 1)
      return Status::error("the model has " + std::to_string(config.numHeads) +
                           " attention heads");
    config.headSize = config.hiddenSize / config.numHeads;
    WEFT_RETURN_IF_ERROR(json.optional<int64_t>({"head_dim"}, config.headSize));
    auto scaledBy = static_cast<double>(config.headSize);
    WEFT_RETURN_IF_ERROR(
        json.optional<double>({"query_pre_attn_scalar"}, scaledBy));
    config.attentionScale = 1 / std::sqrt(scaledBy);
    WEFT_RETURN_IF_ERROR(json.optional<double>({"attn_logit_softcapping"},
                                               config.attentionSoftCap));
    return json.optional<double>({"final_logit_softcapping"},
                                 config.logitSoftCap);
  }

  Status readFeedForward() {
    config.feedForwardSize = 4 * config.hiddenSize;
    WEFT_RETURN_IF_ERROR(json.optional<int64_t>(
        {"intermediate_size", "n_inner"}, config.feedForwardSize));
    config.parallelResidual = config.family->parallelResidual;
    WEFT_RETURN_IF_ERROR(json.optional<bool>({"use_parallel_residual"},
                                             config.parallelResidual));
    WEFT_RETURN_IF_ERROR(readActivation());
    if (!config.getName(Role::Router))
      return Status::ok();
    WEFT_RETURN_IF_ERROR(json.optional<int64_t>(
        {"num_experts", "num_local_experts"}, config.numExperts));
    WEFT_RETURN_IF_ERROR(
        json.optional<int64_t>({"num_experts_per_tok"}, config.numExpertsUsed));
    config.expertSize = config.feedForwardSize;
    WEFT_RETURN_IF_ERROR(
        json.optional<int64_t>({"moe_intermediate_size"}, config.expertSize));
    return json.optional<bool>({"norm_topk_prob"}, config.normalizesExperts);
  }

  Status readActivation() {
    std::string name;
    WEFT_RETURN_IF_ERROR(json.required(
        {"hidden_activation", "hidden_act", "activation_function"}, name));
    // transformers' activations.py.
    static const std::map<std::string, Activation> activations = {
        {"silu", Activation::SiLU},
        {"swish", Activation::SiLU},
        {"gelu", Activation::GeluErf},
        {"gelu_new", Activation::GeluTanh},
        {"gelu_fast", Activation::GeluTanh},
        {"gelu_pytorch_tanh", Activation::GeluTanh},
        {"relu", Activation::Relu}};
    auto entry = activations.find(name);
    if (entry == activations.end())
      return Status::error("the activation '" + printable(name) +
                           "' is not supported; expected silu, gelu, gelu_new, "
                           "gelu_pytorch_tanh or relu");
    config.activation = entry->second;
    return Status::ok();
  }

  Status readLayers() {
    std::optional<int64_t> window;
    bool usesWindow = true;
    WEFT_RETURN_IF_ERROR(json.optional<int64_t>({"sliding_window"}, window));
    WEFT_RETURN_IF_ERROR(
        json.optional<bool>({"use_sliding_window"}, usesWindow));
    if (!usesWindow)
      window.reset();
    std::vector<std::string> types;
    std::vector<bool> hasWindow;
    int64_t period = config.family->windowPeriod;
    std::optional<int64_t> firstWithWindow;
    WEFT_RETURN_IF_ERROR(
        json.optional<std::vector<std::string>>({"layer_types"}, types));
    WEFT_RETURN_IF_ERROR(json.optional<int64_t>(
        {"sliding_window_pattern", "_sliding_window_pattern"}, period));
    WEFT_RETURN_IF_ERROR(
        json.optional<int64_t>({"max_window_layers"}, firstWithWindow));
    for (const std::string &type : types) {
      if (type != "sliding_attention" && type != "full_attention")
        return Status::error("a layer is of type '" + printable(type) +
                             "'; expected sliding_attention or full_attention");
      hasWindow.push_back(type == "sliding_attention");
    }
    for (int64_t i = 0;
         types.empty() && firstWithWindow && i != config.numLayers; ++i)
      hasWindow.push_back(i >= *firstWithWindow);
    return placeWindows(config, window, period, hasWindow);
  }

  Status readRope() {
    if (!config.family->hasRope)
      return Status::ok();
    double base = 10000, share = 1;
    std::optional<double> windowBase = config.family->windowRopeBase;
    WEFT_RETURN_IF_ERROR(
        json.optional<double>({"rope_theta", "rotary_emb_base"}, base));
    WEFT_RETURN_IF_ERROR(
        json.optional<double>({"partial_rotary_factor", "rotary_pct"}, share));
    if (windowBase)
      WEFT_RETURN_IF_ERROR(
          json.optional<double>({"rope_local_base_freq"}, windowBase));
    RopeScaling scaling;
    scaling.originalContext = static_cast<double>(config.context);
    if (const llvm::json::Value *value =
            json.find({"rope_parameters", "rope_scaling"})) {
      const llvm::json::Object *object = value->getAsObject();
      if (!object)
        return Status::error("config.json: 'rope_scaling' is no object");
      // One for each type of layer, as Gemma 3 has them in version 5.
      if (const llvm::json::Object *local =
              object->getObject("sliding_attention"))
        WEFT_RETURN_IF_ERROR(
            JsonReader(*local).optional<double>({"rope_theta"}, windowBase));
      if (const llvm::json::Object *full = object->getObject("full_attention"))
        object = full;
      JsonReader parameters(*object);
      WEFT_RETURN_IF_ERROR(parameters.optional<double>({"rope_theta"}, base));
      WEFT_RETURN_IF_ERROR(
          parameters.optional<double>({"partial_rotary_factor"}, share));
      WEFT_RETURN_IF_ERROR(readScaling(parameters, scaling));
    }
    if (!(share > 0 && share <= 1))
      return Status::error("the rotary embedding turns " +
                           std::to_string(share) +
                           " of a head; expected a share up to 1");
    config.ropeDimensions =
        static_cast<int64_t>(static_cast<double>(config.headSize) * share);
    return computeRopes(config, base, scaling, windowBase);
  }

  Status readScaling(const JsonReader &parameters, RopeScaling &scaling) {
    std::string type = "default";
    WEFT_RETURN_IF_ERROR(
        parameters.optional<std::string>({"rope_type", "type"}, type));
    WEFT_RETURN_IF_ERROR(
        parameters.optional<double>({"factor"}, scaling.factor));
    WEFT_RETURN_IF_ERROR(parameters.optional<double>(
        {"original_max_position_embeddings"}, scaling.originalContext));
    WEFT_RETURN_IF_ERROR(parameters.optional<double>({"attention_factor"},
                                                     scaling.attentionFactor));
    if (type == "default")
      return Status::ok();
    if (type == "linear") {
      scaling.kind = RopeScaling::Kind::Linear;
      return Status::ok();
    }
    if (type == "llama3") {
      scaling.kind = RopeScaling::Kind::Llama3;
      WEFT_RETURN_IF_ERROR(
          parameters.required({"low_freq_factor"}, scaling.lowFrequencyFactor));
      return parameters.required({"high_freq_factor"},
                                 scaling.highFrequencyFactor);
    }
    if (type == "yarn")
      return readYarn(parameters, scaling);
    if (type == "longrope" || type == "su")
      return readLongRope(parameters, scaling);
    return Status::error("the rotary embedding is scaled by '" +
                         printable(type) +
                         "'; expected linear, llama3, yarn or longrope");
  }

  static Status readYarn(const JsonReader &parameters, RopeScaling &scaling) {
    scaling.kind = RopeScaling::Kind::Yarn;
    double mscale = 0, mscaleOfAll = 0;
    WEFT_RETURN_IF_ERROR(
        parameters.optional<double>({"beta_fast"}, scaling.betaFast));
    WEFT_RETURN_IF_ERROR(
        parameters.optional<double>({"beta_slow"}, scaling.betaSlow));
    WEFT_RETURN_IF_ERROR(
        parameters.optional<bool>({"truncate"}, scaling.truncate));
    WEFT_RETURN_IF_ERROR(parameters.optional<double>({"mscale"}, mscale));
    WEFT_RETURN_IF_ERROR(
        parameters.optional<double>({"mscale_all_dim"}, mscaleOfAll));
    auto growth = [&](double by) {
      return scaling.factor <= 1 ? 1 : 0.1 * by * std::log(scaling.factor) + 1;
    };
    if (!scaling.attentionFactor && mscale != 0 && mscaleOfAll != 0)
      scaling.attentionFactor = growth(mscale) / growth(mscaleOfAll);
    return Status::ok();
  }

  Status readLongRope(const JsonReader &parameters, RopeScaling &scaling) {
    scaling.kind = RopeScaling::Kind::Divisors;
    WEFT_RETURN_IF_ERROR(json.optional<double>(
        {"original_max_position_embeddings"}, scaling.originalContext));
    auto most = static_cast<double>(config.context);
    if (!(scaling.originalContext > 1))
      return Status::error("config.json: 'original_max_position_embeddings' "
                           "is " +
                           std::to_string(scaling.originalContext) +
                           "; expected more than 1");
    bool isLong = static_cast<double>(context.value_or(config.context)) >
                  scaling.originalContext;
    WEFT_RETURN_IF_ERROR(parameters.required(
        {isLong ? "long_factor" : "short_factor"}, scaling.divisors));
    double factor = most / scaling.originalContext;
    if (!scaling.attentionFactor)
      scaling.attentionFactor =
          factor <= 1 ? 1
                      : std::sqrt(1 + std::log(factor) /
                                          std::log(scaling.originalContext));
    return Status::ok();
  }

  llvm::json::Object object; ///< With what its class adds.
  JsonReader json;
  size_t numTensors;
  std::optional<int64_t> context;
  DecoderConfig config;
};

} // namespace

StatusOr<DecoderConfig> weft::readFolderConfig(const llvm::json::Object &config,
                                               size_t numTensors,
                                               std::optional<int64_t> context) {
  return FolderConfigReader(config, numTensors, context).read();
}
