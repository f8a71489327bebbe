# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One turn of another inference engine, in this process: a child of bench-onnx.

  bench_peers.py measure ENGINE GRAPH.onnx BxL --threads N --warm-up N --repeat N
                 --output FILE.npy
      prints latencies, load time and peak memory as JSON, and saves the first
      output. ENGINE is onnxruntime, openvino, or openvino-static, which compiles
      the graph for this one size.
  bench_peers.py fuse GRAPH.onnx FUSED.onnx --heads N --hidden N
      writes the graph with onnxruntime's own attention, skip-layer-norm and
      bias-gelu operators, which its sessions don't form by themselves.
"""

import argparse
import json
import logging
import resource
import sys
import time
from pathlib import Path

import minilm
from minilm import fail

# Ids below this are in every vocabulary.
VOCABULARY = 1000


def graph_inputs(graph):
    import onnx

    body = onnx.load(graph, load_external_data=False).graph
    weights = {tensor.name for tensor in body.initializer}
    return [value.name for value in body.input if value.name not in weights]


def encoder_inputs(names, batch, length):
    """Random ids, all attended to, because padding costs every engine alike."""
    inputs = minilm.random_inputs(batch, length, vocabulary=VOCABULARY)
    for name in names:
        if name not in inputs:
            fail(f"input '{name}' is unknown: encoders have {', '.join(inputs)}")
    return {name: inputs[name] for name in names}


class OnnxRuntime:
    def __init__(self, options):
        self.session = minilm.onnxruntime_session(
            options.graph, options.threads, spinning=not options.no_spinning
        )
        self.inputs = [value.name for value in self.session.get_inputs()]

    def run(self, inputs):
        return self.session.run(None, inputs)[0]


class OpenVINO:
    def __init__(self, options, static=False):
        import openvino
        from openvino import properties
        from openvino.properties import hint

        core = openvino.Core()
        model = core.read_model(options.graph)
        self.inputs = [value.any_name for value in model.inputs]
        if static:
            model.reshape({name: list(options.size) for name in self.inputs})
        settings = {
            # Left alone, it computes in bf16 on machines that have AMX.
            hint.inference_precision: openvino.Type.f32,
            hint.performance_mode: hint.PerformanceMode.LATENCY,
            properties.inference_num_threads: options.threads,
            properties.num_streams: 1,
        }
        compiled = core.compile_model(model, "CPU", settings)
        precision = compiled.get_property(hint.inference_precision)
        if precision != openvino.Type.f32:
            fail(f"openvino computes in {precision}, expected f32")
        self.request = compiled.create_infer_request()

    def run(self, inputs):
        self.request.infer(inputs)
        return self.request.get_output_tensor(0).data


ENGINES = {
    "onnxruntime": OnnxRuntime,
    "openvino": OpenVINO,
    "openvino-static": lambda options: OpenVINO(options, static=True),
}


def measure(options):
    import numpy as np

    start = time.perf_counter()
    engine = ENGINES[options.engine](options)
    load_s = time.perf_counter() - start
    inputs = encoder_inputs(engine.inputs, *options.size)
    np.save(options.output, engine.run(inputs))
    for _ in range(options.warm_up - 1):
        engine.run(inputs)
    latencies = []
    for _ in range(options.repeat):
        start = time.perf_counter()
        engine.run(inputs)
        latencies.append((time.perf_counter() - start) * 1e6)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"latencies_us": latencies, "peak_rss_bytes": peak, "load_s": load_s}))


def fuse(options):
    logging.disable(logging.WARNING)
    from onnxruntime.transformers import optimizer

    # The sessions do the general optimizations: opt_level 0 leaves them out here.
    model = optimizer.optimize_model(
        str(options.graph),
        model_type="bert",
        num_heads=options.heads,
        hidden_size=options.hidden,
        opt_level=0,
    )
    fused = model.get_fused_operator_statistics()
    if not fused["Attention"]:
        fail(f"{options.graph}: onnxruntime's optimizer fuses no attention in it")
    model.save_model_to_file(str(options.output), use_external_data_format=True)


def parse_size(text):
    return tuple(map(int, text.split("x")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    add = (command := commands.add_parser("measure")).add_argument
    command.set_defaults(run=measure)
    add("engine", choices=ENGINES)
    add("graph", type=Path)
    add("size", type=parse_size)
    add("--threads", type=int, required=True)
    add("--warm-up", type=int, required=True)
    add("--repeat", type=int, required=True)
    add("--output", type=Path, required=True)
    add("--no-spinning", action="store_true")
    add = (command := commands.add_parser("fuse")).add_argument
    command.set_defaults(run=fuse)
    add("graph", type=Path)
    add("output", type=Path)
    add("--heads", type=int, required=True)
    add("--hidden", type=int, required=True)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    try:
        main()
    except ImportError as error:
        fail(f"{error.name} is not installed: bench-onnx installs it, see requirements-bench.txt")
    except KeyboardInterrupt:
        sys.exit(1)
