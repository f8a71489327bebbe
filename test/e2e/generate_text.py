#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A tiny language model with a tokenizer of letters: what llm-run prints is what
its own logits say, and those are transformers'."""

import argparse
import json
import math
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gpus import SIMULATED, gpus

try:
    import numpy as np
except ImportError:
    sys.exit(77)

# Ids 0 to 2 are special; then a character each.
CHARACTERS = [chr(code) for code in range(32, 126)]
TEMPLATE = (
    "{% for message in messages %}{{ message.role[0] | upper + ':' + message.content + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}A:{% endif %}"
)
CHARACTERS[CHARACTERS.index("}")] = "\n"


def read_safetensors(path):
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    types = {"F32": np.float32, "I32": np.int32}
    result = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            result[name] = np.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
    return result


def write_model(source, folder):
    for name in ("config.json", "model.safetensors"):
        shutil.copy(source / name, folder)
    specials = ["<unk>", "<s>", "</s>"]
    vocabulary = {piece: id for id, piece in enumerate(specials + CHARACTERS)}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [
            {"id": id, "content": piece, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for id, piece in enumerate(specials)
        ],
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "vocab": vocabulary, "merges": []},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    # No text ends by itself: random weights never choose to.
    config = {"bos_token": "<s>", "chat_template": TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def compile_model(tools, source, artifact, devices=1, target="cpu"):
    # Prompts of more than 16 tokens take several steps.
    command = [f"{tools}/llm-compile", source, "-o", artifact]
    command += ["--kv-type=f32", "--context=128", "--max-sequences=2", "--max-tokens=16"]
    command += [f"--mesh=tp={devices}"] if devices > 1 else []
    command += [f"--target={target}"] if target != "cpu" else []
    subprocess.run([str(part) for part in command], check=True)


class Tester:
    def __init__(self, tools, scratch, run_options=()):
        self.tools, self.scratch, self.failures = Path(tools), scratch, 0
        self.run_options, self.environment = list(run_options), dict(os.environ)
        self.artifact = scratch / "model.weft"

    def expect(self, condition, what):
        if not condition:
            self.failures += 1
            print("FAILED:", what)

    def run(self, *arguments, text=None, status=0):
        command = [self.tools / "llm-run", self.artifact, *self.run_options, *arguments]
        command = [str(part) for part in command]
        result = subprocess.run(command, input=text, capture_output=True, text=True, env=self.environment)
        self.expect(result.returncode == status, f"{arguments}: status {result.returncode}, {result.stderr}")
        return result

    def answer(self, *arguments, **more):
        return self.run(*arguments, **more).stdout.removesuffix("\n")

    def error(self, *arguments, has):
        message = self.run(*arguments, status=1).stderr
        self.expect(message.startswith("error: ") and has in message, f"{arguments}: {message!r} has no {has!r}")

    def logits(self, tokens):
        np.save(self.scratch / "in.npy", np.array(tokens, np.int32))
        self.run(f"--tokens={self.scratch}/in.npy", f"--logits={self.scratch}/out.npy")
        return np.load(self.scratch / "out.npy")


def encode(text):
    return [3 + CHARACTERS.index(character) for character in text]


def check_logits(test, reference):
    for i in range(4):
        found = test.logits(reference[f"tokens{i}"])
        error = np.abs(found - reference[f"logits{i}"]).max()
        test.expect(error < 1e-4, f"logits of sequence {i} differ by {error}")
    # Two sequences at once.
    tokens = reference["tokens0"][:60].reshape(2, 30)
    both = test.logits(tokens)
    test.expect(both.shape == (2, 30, 97), f"shape {both.shape}")
    test.expect(np.abs(both[0] - reference["logits0"][:30]).max() < 1e-4, "the first of two sequences")
    test.expect(np.abs(both[1] - test.logits(tokens[1])).max() < 1e-4, "the second of two sequences")


def greedy(test, prompt, count):
    """By the logits of the whole text, one token after the other."""
    tokens = encode(prompt)
    for _ in range(count):
        tokens.append(int(test.logits(tokens)[-1].argmax()))
    return "".join(CHARACTERS[token - 3] if token > 2 else "" for token in tokens[-count:])


def check_text(test):
    text = test.answer("--prompt=Hello", "--max-tokens=12")
    test.expect(text == greedy(test, "Hello", 12), f"greedy: {text!r}")
    full = test.answer("--prompt=Hello", "--max-tokens=60")
    test.expect(full.startswith(text) and len(full) > 30, f"goes on: {full!r}")
    stop = full[20:23]
    stopped = test.answer("--prompt=Hello", f"--stop={stop}", "--stop=@@@@")
    test.expect(stopped == full[: full.index(stop)], f"stop text: {stopped!r}")
    # The context is 128; the last token needs no place.
    result = test.run("--prompt=Hello")
    test.expect("the context of 128 tokens is full" in result.stderr, result.stderr)
    test.expect("generated 124 tokens" in result.stderr, result.stderr)
    draw = ["--prompt=Hello", "--max-tokens=40", "--temperature=1", "--top-p=0.95", "--min-p=0.01", "--repetition-penalty=1.1"]
    texts = [test.answer(*draw, f"--seed={seed}") for seed in (1, 1, 2)]
    test.expect(texts[0] == texts[1] != texts[2], f"seeds: {texts}")
    test.expect(test.answer("--prompt=Hello", "--max-tokens=12", "--temperature=1", "--top-k=1") == text, "top-k of 1 is greedy")


def check_chat(test):
    once = test.answer("--chat", "--prompt=Hi", "--system=Be brief", "--max-tokens=9")
    test.expect(once == test.answer("--prompt=S:Be brief\nU:Hi\nA:", "--max-tokens=9"), f"template: {once!r}")
    both = test.answer("--chat", "--system=Be brief", "--max-tokens=9", text="Hi\n\nMore\n")
    second = test.answer(f"--prompt=S:Be brief\nU:Hi\nA:{once}\nU:More\nA:", "--max-tokens=9")
    test.expect(both == f"{once}\n{second}", f"two turns: {both!r}, expected {once!r} and {second!r}")
    # Turns of 36 tokens: the context of 128 has room for the last ones only.
    lines = [f"Number {i} of a long talk" for i in range(6)]
    long = test.run("--chat", "--system=Be", "--max-tokens=9", text="\n".join(lines))
    test.expect("the oldest 2 messages are forgotten" in long.stderr, f"a full context: {long.stderr!r}")
    test.expect(long.stderr.count("generated 9 tokens") == 6, f"every turn has its answer: {long.stderr!r}")
    template = test.scratch / "other.jinja"
    template.write_text("{{ messages[-1].content }}")
    other = test.answer("--chat", f"--chat-template={template}", "--prompt=Hello", "--max-tokens=12")
    test.expect(other == test.answer("--prompt=Hello", "--max-tokens=12"), "another template")
    template.write_text("\n{{ raise_exception('no chat today') }}")
    test.error("--chat", f"--chat-template={template}", "--prompt=x", has="no chat today")
    template.write_text("\n{% nope %}")
    test.error("--chat", f"--chat-template={template}", "--prompt=x", has="line 2: the tag 'nope' is not supported")


def check_c(test):
    """The example in C."""
    command = [str(test.tools / "example-answer"), str(test.artifact)]
    result = subprocess.run([*command, "Hi"], capture_output=True, text=True)
    expected = test.answer("--chat", "--prompt=Hi", "--max-tokens=64")
    test.expect(result.stdout.rstrip("\n") == expected.rstrip("\n") and result.returncode == 0, f"in C: {result}")
    result = subprocess.run([command[0], "none.weft", "Hi"], capture_output=True, text=True)
    test.expect(result.returncode == 1 and "none.weft" in result.stderr, f"in C: {result}")


def check_perplexity(test):
    text = ("All happy families are alike; each unhappy family is unhappy in its own way. " * 3)[:160]
    path = test.scratch / "text.txt"
    path.write_text(text)
    total, count = 0.0, 0
    for begin in range(0, 128, 64):
        tokens = encode(text[begin : begin + 64])
        logits = test.logits(tokens).astype(np.float64)
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        for place in range(32, 63):
            total -= math.log(chances[place, tokens[place + 1]])
            count += 1
    found = test.run(f"--perplexity={path}", "--perplexity-context=64").stdout.split()
    test.expect(abs(float(found[1]) / math.exp(total / count) - 1) < 1e-4, f"perplexity {found}, expected {math.exp(total / count)}")
    test.error(f"--perplexity={path}", has="--perplexity-context is 512, but the model was compiled for a context of 128")
    path.write_text("short")
    test.error(f"--perplexity={path}", "--perplexity-context=128", has="has 5 tokens, fewer than one stretch of 128")


def check_interrupt(test):
    """Ctrl-C after the first text: the text so far, and no error."""
    command = [str(test.tools / "llm-run"), str(test.artifact), "--chat"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(b"Hello\n")
    process.stdin.flush()
    first = process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    # Twice would be a kill; the end of the input ends the conversation.
    output, errors = process.communicate(timeout=60)
    test.expect(process.returncode == 0, f"Ctrl-C: status {process.returncode}, {errors}")
    test.expect(len(first) == 1 and output.endswith(b"\n"), f"Ctrl-C: {first + output!r}")


def check_termination(test):
    """SIGTERM ends an answer and its conversation, though more could come."""
    command = [str(test.tools / "llm-run"), str(test.artifact), "--chat"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(b"Hello\n")
    process.stdin.flush()
    process.stdout.read(1)
    process.send_signal(signal.SIGTERM)
    try:
        status = process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        status = "still there"
        process.kill()
    test.expect(status == 0, f"SIGTERM: status {status}")


def check_timeout(test):
    """A timeout does not count the time that a conversation waits for a line."""
    command = [str(test.tools / "llm-run"), str(test.artifact), "--chat", "--max-tokens=2", "--timeout=0.5"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # The process would end a second after its timeout.
    time.sleep(2.5)
    output, errors = process.communicate(b"Hello\n", timeout=60)
    test.expect(process.returncode == 0 and len(output) > 1, f"a slow user: status {process.returncode}, {errors}")


def check_full_disk(test):
    """An answer that cannot be written is not computed."""
    for options, text in ((["--prompt=Hello"], None), (["--chat"], "Hello\nMore\n")):
        command = [str(test.tools / "llm-run"), str(test.artifact), *options]
        with open("/dev/full", "w") as full:
            result = subprocess.run(command, input=text, stdout=full, stderr=subprocess.PIPE, text=True)
        test.expect(result.returncode == 1, f"/dev/full: status {result.returncode}")
        test.expect("generated 1 tokens" in result.stderr, f"/dev/full: {result.stderr}")
        test.expect(result.stderr.count("generated") == 1, f"/dev/full: {result.stderr}")
        test.expect("error: cannot write to standard output" in result.stderr, f"/dev/full: {result.stderr}")


def check_without_tokenizer(test, model, reference):
    """Tokens need none, text does."""
    bare = Tester(test.tools, test.scratch)
    bare.artifact = test.scratch / "bare.weft"
    compile_model(test.tools, model, bare.artifact)
    found = bare.logits(reference["tokens0"])
    bare.expect(np.abs(found - reference["logits0"]).max() < 1e-4, "logits without a tokenizer")
    bare.error("--prompt=x", has="it has no tokenizer: its model came with none")
    test.failures += bare.failures


def check_errors(test):
    test.error(has="give it a text with --prompt or --chat")
    test.error("--prompt=", has="TEXT missing")
    test.error("--prompt=" + "x" * 200, has="the prompt has 200 tokens, but the model was compiled for a context of 128")
    test.error("--tokens=none.npy", "--logits=a.npy", has=f"'{test.artifact}': ")
    test.error("--prompt=x", "--temperature=-1", has="temperature")
    test.error("--prompt=x", "--system=y", has="add --chat")
    test.error("--prompt=x", "--input=a=b", has="do not go with")
    test.error("--prompt=x", "--tokens=a.npy", has="go together")
    test.error("--prompt=x", "--perplexity=a.txt", has="exclude each other")
    test.error("--tokens=none.npy", "--logits=a.npy", has="none.npy")
    np.save(test.scratch / "bad.npy", np.array([1, 97], np.int64))
    test.error(f"--tokens={test.scratch}/bad.npy", "--logits=a.npy", has="outside the vocabulary of 97")
    np.save(test.scratch / "bad.npy", np.array([1.5]))
    test.error(f"--tokens={test.scratch}/bad.npy", "--logits=a.npy", has="expected 32-bit or 64-bit integers")


def check_schedules(test, reference):
    """With all checks of the simulator, blocks and warps in random orders: no
    report, and the same numbers."""
    test.run_options.append("--cusim=check")
    tokens, wanted = reference["tokens0"][:21], reference["logits0"][:21]
    for seed in range(1, 11):
        test.environment["CUSIM_SEED"] = str(seed)
        np.save(test.scratch / "in.npy", tokens)
        result = test.run(f"--tokens={test.scratch}/in.npy", f"--logits={test.scratch}/out.npy")
        test.expect("cusim" not in result.stderr, f"seed {seed}: {result.stderr}")
        error = np.abs(np.load(test.scratch / "out.npy") - wanted).max()
        test.expect(error < 1e-4, f"seed {seed}: logits differ by {error}")


def check_cuda(test, model, reference, devices):
    compile_model(test.tools, model, test.artifact, devices, "cuda")
    check_logits(test, reference)
    gpu = test.answer("--prompt=Hello", "--max-tokens=32")
    if SIMULATED:
        check_schedules(test, reference)
    # The same text as on CPUs.
    test.run_options, test.environment = [], dict(os.environ)
    compile_model(test.tools, model, test.artifact, devices)
    cpu = test.answer("--prompt=Hello", "--max-tokens=32")
    test.expect(gpu == cpu, f"greedy: {gpu!r} instead of {cpu!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tools", help="folder of llm-compile, llm-run and example-answer")
    parser.add_argument("model", type=Path, help="test/models/decoders/llama")
    parser.add_argument("--devices", type=int, default=1, help="that the model is split over")
    parser.add_argument("--cuda", action="store_true", help="on GPUs, compared with CPUs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        test = Tester(options.tools, scratch)
        (scratch / "model").mkdir()
        write_model(options.model, scratch / "model")
        reference = read_safetensors(options.model / "reference.safetensors")
        if options.cuda:
            test.run_options = [f"--devices={gpus(options.devices)}"]
            test.environment["CUSIM_CACHE"] = str(scratch / "cache")
            check_cuda(test, scratch / "model", reference, options.devices)
            print(test.failures, "failures")
            sys.exit(1 if test.failures else 0)
        compile_model(test.tools, scratch / "model", test.artifact, options.devices)
        check_logits(test, reference)
        check_without_tokenizer(test, options.model, reference)
        for check in (check_text, check_chat, check_c, check_perplexity, check_interrupt, check_termination, check_timeout, check_full_disk, check_errors):
            check(test)
        print(test.failures, "failures")
        sys.exit(1 if test.failures else 0)


if __name__ == "__main__":
    main()
