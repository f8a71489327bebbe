//===- Families.cpp - The families of language models ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/Family.h"
#include "runtime/base/Text.h"

using namespace weft;

/// Llama's tensors, which most families only rename in part.
static const RoleNames llamaNames = {
    {Role::TokenEmbedding, "model.embed_tokens"},
    {Role::OutputNorm, "model.norm"},
    {Role::Output, "lm_head"},
    {Role::AttentionNorm, "model.layers.%L.input_layernorm"},
    {Role::Query, "model.layers.%L.self_attn.q_proj"},
    {Role::Key, "model.layers.%L.self_attn.k_proj"},
    {Role::Value, "model.layers.%L.self_attn.v_proj"},
    {Role::AttentionOutput, "model.layers.%L.self_attn.o_proj"},
    {Role::FeedForwardNorm, "model.layers.%L.post_attention_layernorm"},
    {Role::Gate, "model.layers.%L.mlp.gate_proj"},
    {Role::Up, "model.layers.%L.mlp.up_proj"},
    {Role::Down, "model.layers.%L.mlp.down_proj"},
};

static const RoleNames gpt2Names = {
    {Role::TokenEmbedding, "transformer.wte"},
    {Role::PositionEmbedding, "transformer.wpe"},
    {Role::OutputNorm, "transformer.ln_f"},
    {Role::Output, "lm_head"},
    {Role::AttentionNorm, "transformer.h.%L.ln_1"},
    {Role::QueryKeyValue, "transformer.h.%L.attn.c_attn"},
    {Role::AttentionOutput, "transformer.h.%L.attn.c_proj"},
    {Role::FeedForwardNorm, "transformer.h.%L.ln_2"},
    {Role::Up, "transformer.h.%L.mlp.c_fc"},
    {Role::Down, "transformer.h.%L.mlp.c_proj"},
};

static const RoleNames gptNeoXNames = {
    {Role::TokenEmbedding, "gpt_neox.embed_in"},
    {Role::OutputNorm, "gpt_neox.final_layer_norm"},
    {Role::Output, "embed_out"},
    {Role::AttentionNorm, "gpt_neox.layers.%L.input_layernorm"},
    {Role::QueryKeyValue, "gpt_neox.layers.%L.attention.query_key_value"},
    {Role::AttentionOutput, "gpt_neox.layers.%L.attention.dense"},
    {Role::FeedForwardNorm, "gpt_neox.layers.%L.post_attention_layernorm"},
    {Role::Up, "gpt_neox.layers.%L.mlp.dense_h_to_4h"},
    {Role::Down, "gpt_neox.layers.%L.mlp.dense_4h_to_h"},
};

static const RoleNames queryKeyNormNames = {
    {Role::QueryNorm, "model.layers.%L.self_attn.q_norm"},
    {Role::KeyNorm, "model.layers.%L.self_attn.k_norm"},
};

static const RoleNames fourNormNames = {
    {Role::PostAttentionNorm, "model.layers.%L.post_attention_layernorm"},
    {Role::FeedForwardNorm, "model.layers.%L.pre_feedforward_layernorm"},
    {Role::PostFeedForwardNorm, "model.layers.%L.post_feedforward_layernorm"},
};

static const RoleNames mixtralNames = {
    {Role::Router, "model.layers.%L.block_sparse_moe.gate"},
    {Role::ExpertGate, "model.layers.%L.block_sparse_moe.experts.%E.w1"},
    {Role::ExpertUp, "model.layers.%L.block_sparse_moe.experts.%E.w3"},
    {Role::ExpertDown, "model.layers.%L.block_sparse_moe.experts.%E.w2"},
};

static const RoleNames qwenMoENames = {
    {Role::Router, "model.layers.%L.mlp.gate"},
    {Role::ExpertGate, "model.layers.%L.mlp.experts.%E.gate_proj"},
    {Role::ExpertUp, "model.layers.%L.mlp.experts.%E.up_proj"},
    {Role::ExpertDown, "model.layers.%L.mlp.experts.%E.down_proj"},
};

static const RoleNames bertNames = {
    {Role::TokenEmbedding, "bert.embeddings.word_embeddings"},
    {Role::PositionEmbedding, "bert.embeddings.position_embeddings"},
    {Role::TokenTypeEmbedding, "bert.embeddings.token_type_embeddings"},
    {Role::EmbeddingNorm, "bert.embeddings.LayerNorm"},
    {Role::Query, "bert.encoder.layer.%L.attention.self.query"},
    {Role::Key, "bert.encoder.layer.%L.attention.self.key"},
    {Role::Value, "bert.encoder.layer.%L.attention.self.value"},
    {Role::AttentionOutput, "bert.encoder.layer.%L.attention.output.dense"},
    {Role::PostAttentionNorm,
     "bert.encoder.layer.%L.attention.output.LayerNorm"},
    {Role::Up, "bert.encoder.layer.%L.intermediate.dense"},
    {Role::Down, "bert.encoder.layer.%L.output.dense"},
    {Role::PostFeedForwardNorm, "bert.encoder.layer.%L.output.LayerNorm"},
};

static const RoleNames mpnetNames = {
    {Role::RelativeBias, "mpnet.encoder.relative_attention_bias"},
    {Role::Query, "mpnet.encoder.layer.%L.attention.attn.q"},
    {Role::Key, "mpnet.encoder.layer.%L.attention.attn.k"},
    {Role::Value, "mpnet.encoder.layer.%L.attention.attn.v"},
    {Role::AttentionOutput, "mpnet.encoder.layer.%L.attention.attn.o"},
    {Role::PostAttentionNorm, "mpnet.encoder.layer.%L.attention.LayerNorm"},
};

/// `names` with others in addition or instead.
static RoleNames with(RoleNames names, const RoleNames &others) {
  for (const auto &[role, name] : others)
    names[role] = name;
  return names;
}

static RoleNames without(RoleNames names, std::initializer_list<Role> roles) {
  for (Role role : roles)
    names.erase(role);
  return names;
}

/// Names that start with another prefix.
static RoleNames renamed(RoleNames names, llvm::StringRef from,
                         llvm::StringRef to) {
  for (auto &[role, name] : names)
    if (llvm::StringRef(name).starts_with(from))
      name.replace(0, from.size(), to);
  return names;
}

static std::vector<Family> makeFamilies() {
  std::vector<Family> families;
  using Defaults = std::map<std::string, llvm::json::Value>;
  const Defaults qwenDefaults = {{"use_sliding_window", false},
                                 {"sliding_window", 4096},
                                 {"max_window_layers", 28}};
  const Defaults padsWithOne = {{"pad_token_id", 1}};
  // Mistral is Llama with a window, Mixtral with experts; GGUF files call all
  // three "llama".
  families.push_back(
      {.name = "llama",
       .classes = {{"LlamaForCausalLM", {}, {"sliding_window"}},
                   {"MistralForCausalLM", {{"sliding_window", 4096}}},
                   {"MixtralForCausalLM", {{"rope_theta", 1e6}}}},
       .names = with(llamaNames, mixtralNames),
       .interleavesInGGUF = true});
  families.push_back({.name = "qwen2",
                      .classes = {{"Qwen2ForCausalLM", qwenDefaults}},
                      .names = llamaNames});
  families.push_back({.name = "qwen3",
                      .classes = {{"Qwen3ForCausalLM", qwenDefaults}},
                      .names = with(llamaNames, queryKeyNormNames)});
  families.push_back(
      {.name = "qwen3moe",
       .classes = {{"Qwen3MoeForCausalLM",
                    {{"norm_topk_prob", false},
                     {"use_sliding_window", false},
                     {"sliding_window", 4096}},
                    {"max_window_layers"}}},
       .names = with(with(llamaNames, queryKeyNormNames), qwenMoENames)});
  families.push_back({.name = "gemma2",
                      .classes = {{"Gemma2ForCausalLM",
                                   {{"hidden_activation", "gelu_pytorch_tanh"},
                                    {"query_pre_attn_scalar", 256},
                                    {"attn_logit_softcapping", 50},
                                    {"final_logit_softcapping", 30},
                                    {"sliding_window", 4096}}}},
                      .names = with(llamaNames, fourNormNames),
                      .scalesEmbeddings = true,
                      .activation = Activation::GeluTanh,
                      .windowPeriod = 2,
                      .window = 4096,
                      .attentionSoftCap = 50,
                      .logitSoftCap = 30,
                      .scalesFromOne = true});
  families.push_back(
      {.name = "gemma3",
       .classes = {{"Gemma3ForCausalLM",
                    {{"hidden_activation", "gelu_pytorch_tanh"},
                     {"query_pre_attn_scalar", 256},
                     {"rope_theta", 1e6},
                     {"sliding_window", 4096}}}},
       .names = with(with(llamaNames, queryKeyNormNames), fourNormNames),
       .scalesEmbeddings = true,
       .activation = Activation::GeluTanh,
       .windowPeriod = 6,
       .windowRopeBase = 10000,
       .scalesFromOne = true});
  families.push_back(
      {.name = "phi3",
       .classes = {{"Phi3ForCausalLM"}},
       .names =
           with(without(llamaNames, {Role::Query, Role::Key, Role::Value,
                                     Role::Gate, Role::Up}),
                {{Role::QueryKeyValue, "model.layers.%L.self_attn.qkv_proj"},
                 {Role::GateUp, "model.layers.%L.mlp.gate_up_proj"}})});
  families.push_back({.name = "gpt2",
                      .classes = {{"GPT2LMHeadModel", {}, {"sliding_window"}}},
                      .names = gpt2Names,
                      .usesLayerNorm = true,
                      .hasRope = false,
                      .activation = Activation::GeluTanh,
                      .storesTransposed = true});
  families.push_back({.name = "gptneox",
                      .classes = {{"GPTNeoXForCausalLM",
                                   {{"rotary_pct", 0.25}},
                                   {"sliding_window"}}},
                      .names = gptNeoXNames,
                      .usesLayerNorm = true,
                      .activation = Activation::GeluErf,
                      .parallelResidual = true,
                      .joinsByHead = true});
  families.push_back(
      {.name = "olmo2",
       .classes = {{"Olmo2ForCausalLM", {}, {"sliding_window"}}},
       .names =
           without(with(with(llamaNames, queryKeyNormNames), fourNormNames),
                   {Role::AttentionNorm, Role::FeedForwardNorm}),
       .queryKeyNorm = QueryKeyNorm::Whole});
  families.push_back({.name = "bert",
                      .classes = {{"BertModel"}, {"BertForMaskedLM"}},
                      .names = bertNames,
                      .isEncoder = true,
                      .usesLayerNorm = true,
                      .hasRope = false});
  families.push_back({.name = "roberta",
                      .classes = {{"RobertaModel", padsWithOne},
                                  {"RobertaForMaskedLM", padsWithOne},
                                  {"XLMRobertaModel", padsWithOne},
                                  {"XLMRobertaForMaskedLM", padsWithOne}},
                      .names = renamed(bertNames, "bert.", "roberta."),
                      .isEncoder = true,
                      .countsFromPadding = true,
                      .usesLayerNorm = true,
                      .hasRope = false});
  families.push_back(
      {.name = "mpnet",
       .classes = {{"MPNetModel", padsWithOne},
                   {"MPNetForMaskedLM", padsWithOne}},
       .names = with(without(renamed(bertNames, "bert.", "mpnet."),
                             {Role::TokenTypeEmbedding}),
                     mpnetNames),
       .isEncoder = true,
       .countsFromPadding = true,
       .usesLayerNorm = true,
       .hasRope = false});
  return families;
}

static const std::vector<Family> &getFamilies() {
  static const std::vector<Family> families = makeFamilies();
  return families;
}

StatusOr<const Family *> weft::findFamilyOfGGUF(llvm::StringRef architecture) {
  std::string known;
  for (const Family &family : getFamilies()) {
    if (family.isEncoder)
      continue;
    if (family.name == architecture)
      return &family;
    known += (known.empty() ? "" : ", ") + family.name;
  }
  return Status::error("the architecture '" + printable(architecture) +
                       "' is not supported; those that are: " + known);
}

StatusOr<const Family *> weft::findFamilyOfClass(llvm::StringRef className) {
  std::string known;
  for (const Family &family : getFamilies())
    for (const FolderClass &folderClass : family.classes) {
      if (folderClass.name == className)
        return &family;
      known += (known.empty() ? "" : ", ") + folderClass.name;
    }
  return Status::error("the architecture '" + printable(className) +
                       "' is not supported; those that are: " + known);
}

void weft::completeConfig(const Family &family, llvm::StringRef className,
                          llvm::json::Object &config) {
  for (const FolderClass &folderClass : family.classes) {
    if (folderClass.name != className)
      continue;
    for (const auto &[key, value] : folderClass.defaults)
      config.try_emplace(key, value);
    for (const std::string &key : folderClass.ignored)
      config.erase(key);
  }
}

std::string weft::getGGUFName(const Family &family, Role role) {
  // gguf-py's constants.py, MODEL_TENSOR.
  static const RoleNames names = {
      {Role::TokenEmbedding, "token_embd"},
      {Role::PositionEmbedding, "position_embd"},
      {Role::OutputNorm, "output_norm"},
      {Role::Output, "output"},
      {Role::AttentionNorm, "blk.%L.attn_norm"},
      {Role::Query, "blk.%L.attn_q"},
      {Role::Key, "blk.%L.attn_k"},
      {Role::Value, "blk.%L.attn_v"},
      {Role::QueryKeyValue, "blk.%L.attn_qkv"},
      {Role::QueryNorm, "blk.%L.attn_q_norm"},
      {Role::KeyNorm, "blk.%L.attn_k_norm"},
      {Role::AttentionOutput, "blk.%L.attn_output"},
      {Role::PostAttentionNorm, "blk.%L.post_attention_norm"},
      {Role::FeedForwardNorm, "blk.%L.ffn_norm"},
      {Role::Gate, "blk.%L.ffn_gate"},
      {Role::Up, "blk.%L.ffn_up"},
      {Role::GateUp, "blk.%L.ffn_up"},
      {Role::Down, "blk.%L.ffn_down"},
      {Role::PostFeedForwardNorm, "blk.%L.post_ffw_norm"},
      {Role::Router, "blk.%L.ffn_gate_inp"},
      {Role::ExpertGate, "blk.%L.ffn_gate_exps"},
      {Role::ExpertUp, "blk.%L.ffn_up_exps"},
      {Role::ExpertDown, "blk.%L.ffn_down_exps"},
  };
  return family.names.contains(role) ? names.at(role) : "";
}
