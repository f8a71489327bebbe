# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tiny GGUF files of test/models: families whose weights are random blocks.

Every format of the block table is there. A file has no tokenizer.
"""

import math
import re
from typing import NamedTuple

from decoder_families import POSITIONS, VOCABULARY, Family, sizes
from gguf_blocks import RandomBlocks

LAYER = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")


class GgufFamily(NamedTuple):
    family: Family
    architecture: str
    rows_permuted: bool  # of query and key, for a rotation of neighbours
    embedding: str  # types of the table,
    output: str  # of the last matrix (None: the table),
    layers: tuple  # and of each layer's matrices, as LAYER


GGUFS = {
    "llama-blocks": GgufFamily(
        Family("Llama", sizes(64, 3, 4, 2, 96)),
        "llama", True, "Q8_0", "Q4_1",
        (
            ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "IQ4_NL", "MXFP4"),
            ("F16", "BF16", "F32", "Q4_0", "Q4_1", "Q4_1", "Q5_1"),
            ("Q8_0", "Q8_0", "Q8_0", "Q8_0", "Q5_0", "Q5_0", "IQ4_NL"),
        ),
    ),
    "qwen2-k": GgufFamily(
        Family("Qwen2", sizes(256, 1, 4, 1, 256) | {"tie_word_embeddings": True}),
        "qwen2", False, "Q4_K", None,
        (("Q4_K", "Q6_K", "Q5_K", "Q3_K", "Q2_K", "Q4_K", "Q6_K"),),
    ),
}  # fmt: skip

NAMES = {
    r"model\.embed_tokens\.": "token_embd.",
    r"model\.norm\.": "output_norm.",
    r"lm_head\.": "output.",
    r"model\.layers\.(\d+)\.": r"blk.\1.",
    r"input_layernorm\.": "attn_norm.",
    r"post_attention_layernorm\.": "ffn_norm.",
    r"self_attn\.([qkv])_proj\.": r"attn_\1.",
    r"self_attn\.o_proj\.": "attn_output.",
    r"mlp\.(gate|up|down)_proj\.": r"ffn_\1.",
}


def gguf_name(name):
    for pattern, replacement in NAMES.items():
        name = re.sub(pattern, replacement, name)
    return name


def type_of(entry, name):
    if name == "token_embd.weight":
        return entry.embedding
    if name == "output.weight":
        return entry.output
    _, layer, part, _ = name.split(".")
    return entry.layers[int(layer)][LAYER.index(part)]


def permuted(rows, heads):
    """From halves of each head to neighbours, as llama.cpp stores query and key."""
    return rows.reshape(heads, 2, -1, rows.shape[-1]).swapaxes(1, 2).reshape(rows.shape)


def restored(rows, heads):
    return rows.reshape(heads, -1, 2, rows.shape[-1]).swapaxes(1, 2).reshape(rows.shape)


def write_metadata(writer, config):
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(VOCABULARY)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)


def write_gguf(entry, model, path, seed):
    """Write a file with random blocks, and give the model the values they stand for."""
    import gguf
    import numpy as np
    import torch

    writer, rng = gguf.GGUFWriter(path, entry.architecture), np.random.default_rng(seed)
    write_metadata(writer, model.config)
    heads = {"attn_q": model.config.num_attention_heads, "attn_k": model.config.num_key_value_heads}
    for name, weight in model.named_parameters():
        stored = gguf_name(name)
        if weight.dim() == 1:
            values = weight.detach().numpy()
            part = stored.split(".")[-2]
            if entry.rows_permuted and part in heads:
                values = permuted(values[:, None], heads[part])[:, 0]
            writer.add_tensor(stored, values)
            continue
        kind = gguf.GGMLQuantizationType[type_of(entry, stored)]
        gain = 1.6 if stored.split(".")[-2] in heads else 1.2
        rows = RandomBlocks(kind).fill(rng, *weight.shape, gain / math.sqrt(weight.shape[1]))
        values = gguf.quants.dequantize(rows, kind).reshape(weight.shape)
        part = stored.split(".")[-2]
        if entry.rows_permuted and part in heads:
            values = restored(values, heads[part])
        with torch.no_grad():
            weight.copy_(torch.from_numpy(values.astype(np.float32)))
        writer.add_tensor(stored, rows, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
