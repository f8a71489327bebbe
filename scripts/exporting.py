# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the scripts that export encoders with torch share."""

import logging
import warnings

from minilm import OUTPUT


def export(encoder, exporter, opset, inputs, max_length, path):
    """Write an encoder of one output as a graph.

    `exporter` is dynamo or torchscript; `inputs` are example arrays [batch,
    sequence] by name, in the order of the encoder's arguments.
    """
    import torch

    arguments = tuple(torch.from_numpy(value) for value in inputs.values())
    names = list(inputs)
    options = {"opset_version": opset, "input_names": names, "output_names": [OUTPUT]}
    if exporter == "dynamo":
        axes = {
            0: torch.export.Dim("batch"),
            1: torch.export.Dim("sequence", max=max_length),
        }
        options |= {
            "dynamo": True,
            "dynamic_shapes": [axes] * len(names),
            "external_data": False,
            "verbose": False,
        }
    else:
        axes = {0: "batch", 1: "sequence"}
        options |= {
            "dynamo": False,
            "dynamic_axes": {name: axes for name in [*names, OUTPUT]},
            # Folding would store the weights of MatMul transposed.
            "do_constant_folding": False,
        }
    torch.onnx.export(encoder, arguments, path, **options)


def remove_notes(model):
    """Drop stack traces and other notes: they hold paths and most of the bytes."""
    model.ClearField("doc_string")
    del model.metadata_props[:]
    graph = model.graph
    graph.ClearField("doc_string")
    lists = graph.node, graph.input, graph.output, graph.initializer, graph.value_info
    for item in (graph, *(item for items in lists for item in items)):
        del item.metadata_props[:]
        item.ClearField("doc_string")


def silence():
    """The exporters warn about every shape they trace; none of it matters here."""
    import transformers

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
