# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tiny language models of test/models: what make-decoders makes, as configs.

Sizes are odd where the family allows it, windows are shorter than the prompts,
and soft caps are low enough to matter. The heads of one device of two are never
as many as those of the other where there are three key and value heads.
"""

from typing import NamedTuple

VOCABULARY = 97
POSITIONS = 256

COMMON = {
    "vocab_size": VOCABULARY,
    "max_position_embeddings": POSITIONS,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "tie_word_embeddings": False,
}


def sizes(hidden, layers, heads, groups, feed_forward):
    return COMMON | {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": groups,
        "intermediate_size": feed_forward,
    }


class Family(NamedTuple):
    model: str  # whose Config it is, in transformers
    options: dict
    dtype: str = "float32"  # of the stored weights
    shard_bytes: int = None  # of each weight file: several files and an index
    prompts: tuple = (70, 1, 60, 13)  # lengths; one crosses a block of 64 in its steps
    rope_parameters: bool = False  # config.json as transformers 5 writes it


LLAMA = sizes(48, 2, 6, 3, 56)
PHI3 = sizes(48, 2, 4, 2, 60)
MIXTURE = sizes(32, 2, 4, 2, 40)

DECODERS = {
    "llama": Family(
        "Llama",
        LLAMA
        | {
            "tie_word_embeddings": True,
            "rope_theta": 500.0,
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            },
        },
    ),
    "llama-linear": Family(
        "Llama",
        LLAMA
        | {
            "attention_bias": True,
            "mlp_bias": True,
            "rope_scaling": {"rope_type": "linear", "factor": 4.0},
        },
    ),
    "llama-yarn": Family(
        "Llama",
        LLAMA
        | {
            "rope_theta": 1000.0,
            "rope_scaling": {
                "rope_type": "yarn",
                "factor": 4.0,
                "original_max_position_embeddings": 64,
            },
        },
        rope_parameters=True,
    ),
    "mistral": Family(
        "Mistral", sizes(40, 2, 4, 2, 52) | {"head_dim": 12, "sliding_window": 16}, "float16"
    ),
    "qwen2": Family(
        "Qwen2",
        sizes(40, 3, 4, 2, 56) | {"tie_word_embeddings": True, "use_sliding_window": False},
        "bfloat16",
        shard_bytes=20000,
    ),
    "qwen3": Family("Qwen3", sizes(40, 2, 4, 2, 56) | {"head_dim": 16}),
    "qwen3-moe": Family(
        "Qwen3Moe",
        MIXTURE
        | {
            "num_hidden_layers": 3,
            "head_dim": 12,
            "num_experts": 5,
            "num_experts_per_tok": 3,
            "moe_intermediate_size": 20,
            "norm_topk_prob": True,
            "mlp_only_layers": [1],
        },
    ),
    "gemma2": Family(
        "Gemma2",
        sizes(40, 3, 4, 2, 52)
        | {
            "tie_word_embeddings": True,
            "head_dim": 12,
            "query_pre_attn_scalar": 10,
            "sliding_window": 16,
            "attn_logit_softcapping": 3.0,
            "final_logit_softcapping": 4.0,
            "hidden_activation": "gelu_pytorch_tanh",
        },
    ),
    "gemma3": Family(
        "Gemma3Text",
        sizes(40, 4, 4, 1, 52)
        | {
            "tie_word_embeddings": True,
            "head_dim": 16,
            "query_pre_attn_scalar": 12,
            "sliding_window": 16,
            "rope_theta": 100000.0,
            "rope_local_base_freq": 1000.0,
            "rope_scaling": {"rope_type": "linear", "factor": 2.0},
            "layer_types": ["sliding_attention"] * 2 + ["full_attention", "sliding_attention"],
            "hidden_activation": "gelu_pytorch_tanh",
        },
    ),
    "phi3": Family("Phi3", PHI3 | {"sliding_window": 20, "partial_rotary_factor": 0.5}),
    "phi3-longrope": Family(
        "Phi3",
        PHI3
        | {
            "sliding_window": None,
            "original_max_position_embeddings": 32,
            "rope_scaling": {
                "type": "longrope",
                "short_factor": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5],
                "long_factor": [1.0, 2.0, 3.5, 5.0, 6.5, 8.0],
            },
        },
        # Shorter ones would take the short factors: here all are past 32.
        prompts=(70, 33, 60),
    ),
    "gpt2": Family(
        "GPT2",
        {
            "vocab_size": VOCABULARY,
            "n_positions": 128,
            "n_embd": 36,
            "n_layer": 2,
            "n_head": 3,
            "n_inner": 50,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "tie_word_embeddings": True,
        },
    ),
    "gpt-neox": Family(
        "GPTNeoX",
        sizes(48, 2, 3, 3, 60) | {"rotary_pct": 0.25, "use_parallel_residual": True},
    ),
    "gpt-neox-sequential": Family(
        "GPTNeoX",
        sizes(32, 2, 4, 4, 44)
        | {"rotary_pct": 1.0, "use_parallel_residual": False, "hidden_act": "gelu_new"},
    ),
    "olmo2": Family("Olmo2", sizes(40, 2, 4, 2, 52)),
    "mixtral": Family(
        "Mixtral",
        MIXTURE | {"num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": None},
    ),
}

ENCODER = {
    "vocab_size": VOCABULARY,
    "hidden_size": 36,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 50,
    "max_position_embeddings": 66,  # RoBERTa and MPNet count from behind the padding's id
    "pad_token_id": 1,
}

ENCODERS = {
    "bert": Family("Bert", ENCODER | {"pad_token_id": 0}),
    "mpnet": Family("MPNet", ENCODER),
    "roberta": Family("Roberta", ENCODER | {"type_vocab_size": 1}),
}
