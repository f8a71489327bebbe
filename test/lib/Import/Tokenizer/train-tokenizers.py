#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes the tokenizers in Inputs/: small ones of every kind, trained on the mixed
texts. Needs only `tokenizers`; run it again after changing it.

    .venv/bin/python test/lib/Import/Tokenizer/train-tokenizers.py
"""

import json
import pathlib
import struct

from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers, processors, trainers)

from mixed_texts import mixed_texts

INPUTS = pathlib.Path(__file__).parent / "Inputs"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def corpus():
    return [text.decode(errors="replace") for text in mixed_texts(3000, seed=1)]


def byte_level(name, pre, normalizer=None, prefix_space=False, use_regex=True, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    if normalizer:
        tokenizer.normalizer = normalizer
    last = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space, use_regex=use_regex)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(pre + [last]) if pre else last
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=1400, special_tokens=CHATML, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.add_tokens([AddedToken("<word>", single_word=True, normalized=True),
                          AddedToken("<extra>", normalized=False)])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, rstrip=True)])
    return tokenizer


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior=behavior, invert=invert)


def gpt2():
    tokenizer = byte_level("gpt2", [], prefix_space=True)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("<|im_end|>", 2), ("<|im_start|>", 1), trim_offsets=True)
    return tokenizer


def smollm():
    return byte_level("smollm", [pre_tokenizers.Digits(individual_digits=True)])


def llama3():
    tokenizer = byte_level("llama3", [split(LLAMA3)], use_regex=False,
                           ignore_merges=True)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|endoftext|> $A",
                                      special_tokens=[("<|endoftext|>", 0)])])
    return tokenizer


def qwen2():
    return byte_level("qwen2", [split(QWEN2)], normalizer=normalizers.NFC(),
                      use_regex=False)


def sentencepiece(pre_tokenizer, normalizer, decoder):
    """As Llama 2's: BPE over characters with bytes for the rest."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True,
                                     byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=1100, show_progress=False, limit_alphabet=250,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)])
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoder
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)])
    # The byte pieces are ordinary ones in Llama's file.
    description = json.loads(tokenizer.to_str())
    description["added_tokens"] = description["added_tokens"][:3]
    if pre_tokenizer is None:
        description["pre_tokenizer"] = None
    return Tokenizer.from_str(json.dumps(description))


def llama2_decoder(strip):
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    return decoders.Sequence(steps + ([decoders.Strip(" ", 1, 0)] if strip else []))


def llama2():
    return sentencepiece(None, normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), llama2_decoder(True))


def mistral():
    return sentencepiece(pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
                         None, llama2_decoder(True))


def gemma():
    return sentencepiece(
        pre_tokenizers.Split(" ", behavior="merged_with_previous"),
        normalizers.Replace(" ", "▁"), llama2_decoder(False))


def unigram(normalizer, pre_tokenizer, decoder, **options):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoder
    tokenizer.train_from_iterator(corpus(), trainers.UnigramTrainer(
        vocab_size=1200, unk_token="<unk>", show_progress=False,
        special_tokens=["<pad>", "</s>", "<unk>"] + options.pop("more", [])))
    # The reference reads numbers of many digits with an error in the last bit, and
    # then takes another one of two ways that are equally good.
    description = json.loads(tokenizer.to_str())
    for entry in description["model"]["vocab"]:
        entry[1] = round(entry[1], 6)
    return Tokenizer.from_str(json.dumps(description))


def t5():
    tokenizer = unigram(
        normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(),
                              normalizers.Replace(Regex(" {2,}"), " ")]),
        pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(),
                                 pre_tokenizers.Metaspace()]),
        decoders.Metaspace())
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def unigram_bytes():
    tokenizer = unigram(normalizers.NFKD(), pre_tokenizers.Metaspace(
        prepend_scheme="never"), llama2_decoder(False),
        more=[f"<0x{i:02X}>" for i in range(256)])
    description = json.loads(tokenizer.to_str())
    description["added_tokens"] = description["added_tokens"][:3]
    description["model"]["byte_fallback"] = True
    return Tokenizer.from_str(json.dumps(description))


def characters_map(replacements):
    """A map as SentencePiece writes it: a length, a double array, the replacements."""
    values, texts = {}, b""
    for key, text in replacements.items():
        values[key.encode()] = len(texts)
        texts += text.encode() + b"\0"
    units, bases = {0: 0}, set()

    def place(node, depth, keys):
        labels = sorted({key[depth] if len(key) > depth else 0 for key in keys})
        base = next(base for base in range(1, 1 << 20) if base not in bases and
                    all(base ^ label not in units for label in labels))
        bases.add(base)
        units[node] |= (node ^ base) << 10 | (0 in labels) << 8
        for label in labels:
            units[base ^ label] = label
        for label in labels:
            if label:
                place(base ^ label, depth + 1,
                      [key for key in keys if key[depth:depth + 1] == bytes([label])])
            else:
                units[base] = 1 << 31 | values[next(k for k in keys if len(k) == depth)]

    place(0, 0, sorted(values))
    array = [units.get(i, 0) for i in range(max(units) + 1)]
    array += [0] * (-len(array) % 256)
    return struct.pack(f"<{len(array) + 1}I", 4 * len(array), *array) + texts


def xlm_roberta():
    replacements = {"\u00a0": " ", "\u3000": " ", "\t": " ", "\n": " ", "\u200b": " ",
                    "\u00ad": "", "e\u0301": "é", "①": "1", "②": "2", "ﬁ": "fi",
                    "ﷺ": "صلى", "½": "1/2", "℃": "°C", "\u1100\u1161": "가", "…": "..."}
    replacements.update({chr(0xff00 + i - 0x20): chr(i) for i in range(0x21, 0x7f)})
    tokenizer = unigram(
        normalizers.Sequence([
            normalizers.Precompiled(characters_map(replacements)),
            normalizers.Replace(Regex(" {2,}"), " ")]),
        pre_tokenizers.Metaspace(), decoders.Metaspace())
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<pad> $A </s>", special_tokens=[("<pad>", 0), ("</s>", 1)])
    return tokenizer


def word_piece(normalizer, pre_tokenizer, decoder):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoder
    tokenizer.train_from_iterator(corpus(), trainers.WordPieceTrainer(
        vocab_size=1500, show_progress=False,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def bert():
    return word_piece(normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(),
                      decoders.WordPiece())


def cased_words():
    return word_piece(
        normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(),
                              normalizers.Strip(), normalizers.Lowercase()]),
        pre_tokenizers.Sequence([
            pre_tokenizers.Whitespace(), pre_tokenizers.Digits(),
            pre_tokenizers.Punctuation("contiguous")]),
        decoders.WordPiece(cleanup=False))


def suffixed():
    """BPE as it was first, with a suffix at the end of a word."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        split(r"[\w\-]+", "merged_with_next"), split(r"\p{Lu}", "merged_with_previous"),
        pre_tokenizers.Punctuation("merged_with_next"),
        split(r"\s+", "removed"), split(r"[^\p{Han}]+", "removed", invert=True)])
    tokenizer.decoder = decoders.BPEDecoder()
    tokenizer.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=900, limit_alphabet=200, special_tokens=["<unk>"],
        end_of_word_suffix="</w>", show_progress=False))
    return tokenizer


def main():
    INPUTS.mkdir(exist_ok=True)
    for make in (gpt2, smollm, llama3, qwen2, llama2, mistral, gemma, t5, unigram_bytes,
                 bert, cased_words, suffixed,
                 xlm_roberta):
        path = INPUTS / f"{make.__name__.replace('_', '-')}.json"
        path.write_text(make().to_str() + "\n")
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
