# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One turn of PyTorch, in this process: a child of bench-cuda.

  bench_torch.py encoder FOLDER BxL --device cuda --warm-up N --repeat N --output FILE.npy
  bench_torch.py text FILE.gguf --prompt N --generated N --device cuda --repeat N

Models of transformers in f16 (on a CPU in f32), with the attention that PyTorch
chooses (scaled_dot_product_attention). Prints JSON.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import minilm
from minilm import fail


def seconds_of(device, work):
    import torch

    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def load(kind, device, path, **options):
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        fail("PyTorch finds no GPU; try --torch-device=cpu")
    options["dtype"] = torch.float16 if device == "cuda" else torch.float32
    return kind.from_pretrained(path, **options).to(device).eval()


def encoder(options):
    import numpy as np
    import torch
    from transformers import AutoModel

    model = load(AutoModel, options.device, options.model, add_pooling_layer=False)
    inputs = minilm.random_inputs(*options.size, vocabulary=1000)
    inputs = {name: torch.from_numpy(value).to(options.device) for name, value in inputs.items()}

    @torch.inference_mode()
    def run():
        return model(**inputs).last_hidden_state

    np.save(options.output, run().float().cpu().numpy())
    for _ in range(options.warm_up - 1):
        run()
    seconds = [seconds_of(options.device, run) for _ in range(options.repeat)]
    return {"latencies_us": [value * 1e6 for value in seconds]}


def text(options):
    import torch
    from transformers import AutoModelForCausalLM

    file = {"gguf_file": options.model.name}
    model = load(AutoModelForCausalLM, options.device, options.model.parent, **file)
    tokens = torch.randint(1, 1000, (1, options.prompt), device=options.device)

    @torch.inference_mode()
    def generate(count):
        model.generate(tokens, max_new_tokens=count, min_new_tokens=count, do_sample=False)

    generate(2)
    rates = []
    for _ in range(options.repeat):
        prompt = seconds_of(options.device, lambda: generate(1))
        both = seconds_of(options.device, lambda: generate(1 + options.generated))
        rates.append((options.prompt / prompt, options.generated / (both - prompt)))
    return dict(zip(["prompt", "generated"], map(statistics.median, zip(*rates))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    for run in (encoder, text):
        add = (command := commands.add_parser(run.__name__)).add_argument
        command.set_defaults(run=run)
        add("model", type=Path)
        if run is encoder:
            add("size", type=lambda text: tuple(map(int, text.split("x"))))
            add("--output", type=Path, required=True)
            add("--warm-up", type=int, required=True)
        else:
            add("--prompt", type=int, required=True)
            add("--generated", type=int, required=True)
        add("--device", required=True)
        add("--repeat", type=int, required=True)
    options = parser.parse_args()
    print(json.dumps(options.run(options)))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(1)
