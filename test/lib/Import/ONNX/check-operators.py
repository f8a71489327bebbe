#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Import every operator and compare its numbers with onnxruntime's.

  check-operators.py --llm-opt=PATH [--opset=14,17,20] [--seed=0]

All cases are nodes of one model without inputs, so that one run of llm-opt
evaluates them: `llm-opt model.onnx --llm-evaluate`.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts"))
import minilm

minilm.enter_venv()
try:
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, ValueInfoProto, helper, numpy_helper, save
except ImportError as error:
    print(f"skipped: {error.name} is not installed: run scripts/setup")
    sys.exit(77)

TOLERANCE = 2e-5
KINDS = {
    "f16": np.float16, "f32": np.float32, "f64": np.float64, "i1": np.bool_,
    "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
    "ui8": np.uint8,
}


class Cases:
    """The nodes of the model and the constants that they read."""

    def __init__(self, opset, seed):
        self.opset = opset
        self.random = np.random.default_rng([opset, seed])
        self.nodes, self.tensors, self.outputs = [], [], []

    def floats(self, *shape, low=-2.0, high=2.0):
        return self.random.uniform(low, high, shape).astype(np.float32)

    def integers(self, *shape, low=-5, high=6, kind=np.int64):
        return self.random.integers(low, high, shape).astype(kind)

    def booleans(self, *shape):
        return self.random.integers(0, 2, shape).astype(np.bool_)

    def add(self, op, *inputs, outputs=1, **attributes):
        names = []
        for value in inputs:
            if value is None:
                names.append("")
                continue
            names.append(f"c{len(self.tensors)}")
            self.tensors.append(numpy_helper.from_array(np.asarray(value), names[-1]))
        name = f"{op}.{len(self.nodes)}"
        results = [f"{name}.{i}" for i in range(outputs)]
        self.nodes.append(
            helper.make_node(op, names, results, name=name, **attributes)
        )
        self.outputs += results

    def model(self):
        graph = helper.make_graph(
            self.nodes,
            "cases",
            [],
            [ValueInfoProto(name=name) for name in self.outputs],
            self.tensors,
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", self.opset)],
            ir_version=8,
        )


def ints(*values):
    return np.array(values, np.int64)


def add_elementwise(c):
    shapes = [((3, 5), (3, 5)), ((2, 1, 4), (3, 1)), ((1,), (2, 3)), ((), (4,))]
    for op in ("Abs", "Neg", "Sign", "Exp", "Sin", "Cos", "Tanh", "Erf", "Sigmoid",
               "Relu", "Floor", "Ceil", "Round"):
        c.add(op, c.floats(3, 7, low=-4, high=4))
        c.add(op, c.floats())
    c.add("Round", np.array([0.5, 1.5, 2.5, -0.5, -1.5], np.float32))
    for op in ("Log", "Sqrt", "Reciprocal"):
        c.add(op, c.floats(3, 7, low=0.1, high=4))
    for op in ("Abs", "Neg", "Sign"):
        c.add(op, c.integers(2, 9))
    for op in ("Add", "Sub", "Mul", "Div", "Min", "Max"):
        for left, right in shapes:
            c.add(op, c.floats(*left), c.floats(*right, low=0.5, high=2))
            c.add(op, c.integers(*left), c.integers(*right, low=1))
    c.add("Max", c.floats(3), c.floats(2, 3), c.floats(2, 1))
    c.add("Min", c.floats(3))
    c.add("Pow", c.floats(3, 5, low=0.1), c.floats(5))
    c.add("Pow", c.floats(3, 5), np.float32(2))
    c.add("Pow", c.floats(3, 5), np.int64(3))
    c.add("Mod", c.integers(4, 5), c.integers(5, low=1))
    c.add("Mod", c.integers(4, 5), np.int64(-3))
    c.add("Mod", c.floats(4, 5), c.floats(5, low=0.5), fmod=1)
    for op in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"):
        for left, right in shapes:
            c.add(op, c.integers(*left, low=0, high=3), c.integers(*right, low=0, high=3))
        c.add(op, c.floats(3, 4), c.floats(4))
    for op in ("And", "Or", "Xor"):
        c.add(op, c.booleans(3, 4), c.booleans(4))
    c.add("Not", c.booleans(3, 4))
    c.add("Where", c.booleans(3, 1), c.floats(4), c.floats(3, 4))
    c.add("Where", c.booleans(2, 3), c.integers(1), c.integers(2, 3))
    c.add("Clip", c.floats(3, 5), np.float32(-1), np.float32(1))
    c.add("Clip", c.floats(3, 5), None, np.float32(1))
    c.add("IsNaN", np.array([1, np.nan, np.inf], np.float32))
    c.add("LeakyRelu", c.floats(3, 5), alpha=0.2)
    c.add("Identity", c.floats(3, 5))
    c.add("Dropout", c.floats(3, 5))
    for kind in (TensorProto.DOUBLE, TensorProto.INT64, TensorProto.INT32,
                 TensorProto.BOOL, TensorProto.UINT8, TensorProto.FLOAT16):
        c.add("Cast", c.floats(3, 5, low=0, high=5), to=kind)
        c.add("Cast", c.integers(3, 5, low=0), to=kind)
        c.add("Cast", c.booleans(3, 5), to=kind)
    if c.opset >= 15:
        c.add("CastLike", c.integers(3), np.float32(0))
    if c.opset >= 20:
        c.add("Gelu", c.floats(3, 7))
        c.add("Gelu", c.floats(3, 7), approximate="tanh")


def add_layout(c):
    c.add("Reshape", c.floats(2, 3, 4), ints(0, -1))
    c.add("Reshape", c.floats(2, 3, 4), ints(4, 1, 6))
    c.add("Reshape", c.integers(6), ints(2, 3))
    c.add("Reshape", c.floats(1), np.zeros(0, np.int64))
    for axis in (0, 1, 2, 3, -1):
        c.add("Flatten", c.floats(2, 3, 4), axis=axis)
    c.add("Transpose", c.floats(2, 3, 4))
    c.add("Transpose", c.integers(2, 3, 4), perm=[2, 0, 1])
    c.add("Squeeze", c.floats(1, 3, 1), ints(0, -1))
    c.add("Squeeze", c.floats(1, 3, 1))
    c.add("Unsqueeze", c.floats(3), ints(0, 2))
    c.add("Unsqueeze", c.floats(3), ints(-1))
    c.add("Concat", c.floats(2, 3), c.floats(2, 1), axis=1)
    c.add("Concat", c.integers(2), c.integers(3), axis=-1)
    for starts, ends, axes, steps in (
        ([0], [3], [1], [1]), ([1], [2**63 - 1], [0], [1]), ([-3], [-1], [1], [1]),
        ([-1], [-(2**63)], [1], [-1]), ([7, 0], [1, 9], [1, 0], [-2, 2]),
        ([4], [2], [0], [1]), ([100], [0], [1], [-3]), ([-100], [100], [1], [3]),
    ):
        for data in (c.floats(5, 9), c.integers(5, 9)):
            c.add("Slice", data, ints(*starts), ints(*ends), ints(*axes), ints(*steps))
    c.add("Split", c.floats(2, 6), ints(1, 2, 3), axis=1, outputs=3)
    c.add("Expand", c.floats(3, 1), ints(2, 3, 4))
    c.add("Expand", c.floats(3, 4), ints(1))
    c.add("Expand", c.integers(1), ints(5))
    c.add("Tile", c.floats(2, 3), ints(2, 2))
    c.add("Trilu", c.floats(2, 4, 5))
    c.add("Trilu", c.floats(4, 5), np.int64(-1), upper=0)
    c.add("Trilu", c.floats(4, 5), np.int64(2), upper=1)
    c.add("Shape", c.floats(2, 3, 4))
    c.add("Size", c.floats(2, 3, 4))
    if c.opset >= 15:
        c.add("Shape", c.floats(2, 3, 4), start=-2, end=3)
    c.add("ConstantOfShape", ints(2, 3))
    for value in (np.array([2.5], np.float32), np.array([7], np.int64),
                  np.array([True])):
        c.add("ConstantOfShape", ints(40, 30), value=numpy_helper.from_array(value))


def add_indexing(c):
    c.add("Gather", c.floats(5, 3), c.integers(2, 4, low=-5, high=5))
    c.add("Gather", c.floats(2, 5, 3), c.integers(4, low=0, high=5), axis=1)
    c.add("Gather", c.floats(2, 5), np.int64(-1), axis=1)
    c.add("Gather", c.integers(7), ints(3, -1))
    c.add("GatherElements", c.floats(4, 5), c.integers(4, 2, low=-5, high=5), axis=1)
    c.add("GatherElements", c.floats(3, 4, 5), c.integers(2, 4, 5, low=0, high=3), axis=0)
    c.add("GatherND", c.floats(3, 4, 5), c.integers(2, 6, 2, low=-3, high=3))
    c.add("GatherND", c.floats(3, 4), c.integers(5, 2, low=0, high=3))
    for start, limit, step in ((0, 5, 1), (3, 200, 2), (10, -7, -3), (100, -100, -1)):
        c.add("Range", np.int64(start), np.int64(limit), np.int64(step))


def add_reductions(c):
    for op in ("ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum",
               "ReduceL1", "ReduceL2", "ReduceSumSquare"):
        for axes, keep in (([1], 1), ([0, 2], 0), ([-1], 0)):
            data = c.floats(2, 3, 4)
            if c.opset >= (13 if op == "ReduceSum" else 18):
                c.add(op, data, ints(*axes), keepdims=keep)
            else:
                c.add(op, data, axes=axes, keepdims=keep)
        c.add(op, c.floats(2, 3, 4))
    for exclusive in (0, 1):
        for reverse in (0, 1):
            for axis in (0, 1, -1):
                c.add("CumSum", c.floats(3, 4), np.int64(axis),
                      exclusive=exclusive, reverse=reverse)
                c.add("CumSum", c.integers(2, 3, 4), np.int64(axis),
                      exclusive=exclusive, reverse=reverse)
    c.add("LpNormalization", c.floats(3, 5), axis=1)
    c.add("LpNormalization", c.floats(3, 5), axis=0, p=1)
    for axis in (0, 1, -1):
        c.add("Softmax", c.floats(3, 4, 5), axis=axis)
        c.add("LogSoftmax", c.floats(3, 4, 5), axis=axis)
    if c.opset >= 17:
        c.add("LayerNormalization", c.floats(3, 7), c.floats(7), c.floats(7))
        c.add("LayerNormalization", c.floats(3, 7), c.floats(7), epsilon=1e-3)
        c.add("LayerNormalization", c.floats(2, 3, 4), c.floats(3, 4), c.floats(3, 4), axis=1)


def add_products(c):
    for left, right in (((3, 4), (4, 5)), ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (4,)),
                        ((2, 3, 4), (4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((2, 4), (3, 4, 5)),
                        ((4,), (3, 4, 5)), ((3, 2, 4), (4,))):
        c.add("MatMul", c.floats(*left), c.floats(*right))
    c.add("Gemm", c.floats(3, 4), c.floats(4, 5), c.floats(5))
    c.add("Gemm", c.floats(4, 3), c.floats(5, 4), c.floats(3, 1), transA=1, transB=1,
          alpha=0.5, beta=2.0)
    c.add("Gemm", c.floats(3, 4), c.floats(4, 5))


def run_llm_opt(llm_opt, path):
    command = [llm_opt, path, "--llm-evaluate",
               "--mlir-print-elementsattrs-with-hex-if-larger=0"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr.strip() or f"error: {llm_opt} failed")
    return done.stdout


def parse_constants(text):
    """The results of the one function, in order."""
    values = {}
    pattern = r"(%\w+) = llm\.constant dense<(.*?)> : tensor<(.*?)>\s*$"
    for name, data, kind in re.findall(pattern, text, re.M):
        *shape, element = kind.split("x")
        shape = [int(size) for size in shape]
        if data.startswith('"0x'):
            raw = bytes.fromhex(data[3:-1])
            if element == "i1" and len(raw) < np.prod(shape):
                bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
                value = bits[: int(np.prod(shape))].astype(np.bool_)
            else:
                value = np.frombuffer(raw, KINDS[element])
            values[name] = value.reshape(shape)
        elif data == "":
            values[name] = np.zeros(shape, KINDS[element])
        elif data.startswith("0x"):
            size = np.dtype(KINDS[element]).itemsize
            number = np.frombuffer(int(data, 16).to_bytes(size, "little"), KINDS[element])
            values[name] = np.full(shape, number[0])
        else:
            number = {"true": True, "false": False}.get(data)
            if number is None:
                number = float(data) if element[0] == "f" else int(data)
            values[name] = np.full(shape, number, KINDS[element])
    results = re.search(r"^\s*return (.*?) :", text, re.M).group(1)
    return [values.get(name) for name in results.split(", ")]


def check(llm_opt, opset, seed, folder):
    cases = Cases(opset, seed)
    for add in (add_elementwise, add_layout, add_indexing, add_reductions, add_products):
        add(cases)
    model = cases.model()
    path = str(Path(folder) / f"cases-{opset}.onnx")
    save(model, path)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
    expected = session.run(None, {})
    found = parse_constants(run_llm_opt(llm_opt, path))
    wrong = 0
    for name, want, have in zip(cases.outputs, expected, found, strict=True):
        problem = None
        if have is None:
            problem = "was not evaluated"
        elif have.dtype != want.dtype or have.shape != want.shape:
            problem = f"is {have.dtype}{have.shape} instead of {want.dtype}{want.shape}"
        elif not np.allclose(have.astype(np.float64), want.astype(np.float64),
                             TOLERANCE if want.dtype != np.float16 else 2e-3,
                             TOLERANCE, equal_nan=True):
            problem = f"is {have.flatten()[:6]} instead of {want.flatten()[:6]}"
        if problem:
            wrong += 1
            print(f"error: opset {opset}: {name} {problem}", file=sys.stderr)
    print(f"opset {opset}: {len(found) - wrong} of {len(found)} results agree")
    return wrong == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llm-opt", required=True)
    parser.add_argument("--opset", default="14,17,18,20")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        agree = [check(args.llm_opt, int(opset), args.seed, folder)
                 for opset in args.opset.split(",")]
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main())
