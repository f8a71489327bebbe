#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A tiny language model with heads of 32 and caches of f32, f16 and q8_0: how far
logits move, and that what is generated token by token, behind long prompts and
over several turns, is what the logits of the whole text say."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from generate_text import CHARACTERS, Tester, encode, gpus, np, write_model

CONTEXT, CHUNK = 1024, 48
SIZES = {"hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 6, "num_key_value_heads": 3}
# Of the root mean square of the logits; f16 was seen to have 9.3e-4, q8_0 2.3e-2.
BOUNDS = {"f16": 2e-3, "q8_0": 4e-2}


def write_wide_model(source, folder):
    """Random weights, large enough that attention chooses among positions."""
    config = json.loads((source / "config.json").read_text())
    config |= SIZES | {"head_dim": 32, "max_position_embeddings": CONTEXT}
    del config["rope_scaling"]
    (folder / "config.json").write_text(json.dumps(config))
    random = np.random.default_rng(1)
    hidden, inner = SIZES["hidden_size"], SIZES["intermediate_size"]
    queries, keys = 32 * SIZES["num_attention_heads"], 32 * SIZES["num_key_value_heads"]
    tensors = {"model.embed_tokens.weight": (config["vocab_size"], hidden), "model.norm.weight": (hidden,)}
    for layer in range(config["num_hidden_layers"]):
        for name, shape in {
            "input_layernorm": (hidden,), "post_attention_layernorm": (hidden,),
            "self_attn.q_proj": (queries, hidden), "self_attn.k_proj": (keys, hidden),
            "self_attn.v_proj": (keys, hidden), "self_attn.o_proj": (hidden, queries),
            "mlp.gate_proj": (inner, hidden), "mlp.up_proj": (inner, hidden), "mlp.down_proj": (hidden, inner),
        }.items():
            tensors[f"model.layers.{layer}.{name}.weight"] = shape
    header, data = {}, b""
    for name, shape in tensors.items():
        scale = 1.5 / np.sqrt(shape[-1]) if len(shape) == 2 else 0
        values = random.normal(0, scale, shape) if scale else np.ones(shape)
        if "embed" in name:
            values[:3] = 0  # special tokens, which have no text
        content = values.astype(np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)


def compile_model(tools, source, artifact, devices, cache, target):
    command = [f"{tools}/llm-compile", source, "-o", artifact, f"--kv-type={cache}", f"--context={CONTEXT}"]
    command += ["--max-sequences=2", f"--max-tokens={CHUNK}"]
    command += [f"--mesh=tp={devices}"] if devices > 1 else []
    command += ["--target=cuda"] if target == "cuda" else []
    subprocess.run([str(part) for part in command], check=True)


def check_generated(test, before, after, rounding):
    """Each character of `after` is what the logits of all before it say."""
    tokens = encode(before + after)
    logits = test.logits(tokens)
    deviation, logits = logits.std(), logits[len(before) - 1 : -1]
    chosen = logits[np.arange(len(after)), tokens[len(before) :]]
    short = (logits.max(axis=1) - chosen).max(initial=0)
    test.expect(short <= rounding * deviation, f"generated {after!r}: {short} below the best logit")


def check_cache(test, exact, cache, lengths=(5, 511, 600), turns=7):
    text = "".join(np.random.default_rng(2).choice(CHARACTERS, 700)).replace("\n", " ")
    tokens = encode(text)
    found = test.logits(tokens)
    rounding = BOUNDS.get(cache, 1e-4)
    if exact is not None:
        error = np.sqrt(np.square(found - exact).mean()) / np.sqrt(np.square(exact).mean())
        print(f"{cache}: logits differ by {error:.1e} of their root mean square")
        test.expect(0 < error < rounding, f"{cache}: logits differ by {error}")
    # Two sequences at once.
    both = test.logits([tokens[:200], tokens[:150] + tokens[300:350]])
    for row, count in zip(both, (200, 150)):
        error = np.abs(row[:count] - found[:count]).max()
        test.expect(error <= 10 * rounding * found.std(), f"{cache}: beside another sequence, {error}")
    for length in lengths:
        answer = test.answer(f"--prompt={text[:length]}", "--max-tokens=24")
        test.expect(len(answer) == 24, f"{cache}: 24 tokens are {answer!r}")
        check_generated(test, text[:length], answer, rounding)
    if turns == 0:
        return found
    # A conversation that outgrows the context. Of a turn only what is new is computed; what is
    # forgotten is rewound.
    lines = [f"{i} {text[i * 70 : i * 70 + 180]}" for i in range(turns)]
    answers = test.answer("--chat", "--max-tokens=9", "--stop=\n", text="\n".join(lines)).split("\n")
    test.expect(len(answers) == len(lines), f"{cache}: {len(lines)} questions, answers {answers}")
    said = ""
    for line, answer in zip(lines[:3], answers):
        said += f"U:{line}\nA:"
        check_generated(test, said, answer, rounding)
        said += answer + "\n"
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tools", help="folder of llm-compile and llm-run")
    parser.add_argument("model", type=Path, help="test/models/decoders/llama")
    parser.add_argument("--devices", type=int, default=1, help="that the model is split over")
    parser.add_argument("--cuda", action="store_true", help="on GPUs, which have caches of f32 and f16")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        test = Tester(options.tools, scratch)
        (scratch / "model").mkdir()
        write_model(options.model, scratch / "model")
        write_wide_model(options.model, scratch / "model")
        exact, types, checks, target = None, ["f32", "f16", "q8_0"], {}, "cpu"
        if options.cuda:
            # What a sequence has at a depth of 600 is decoded in parts.
            types, checks, target = ["f32", "f16"], {"lengths": (600,), "turns": 0}, "cuda"
            test.run_options = [f"--devices={gpus(options.devices)}"]
            test.environment["CUSIM_CACHE"] = str(scratch / "cache")
        for cache in types:
            compile_model(test.tools, scratch / "model", test.artifact, options.devices, cache, target)
            found = check_cache(test, exact, cache, **checks)
            exact = found if exact is None else exact
        print(test.failures, "failures")
        sys.exit(1 if test.failures else 0)


if __name__ == "__main__":
    main()
