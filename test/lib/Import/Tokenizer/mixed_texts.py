# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Texts that tokenizers stumble over, the same ones on every machine: scripts,
emoji, code, white space, control characters, text that looks like tokens, and bytes
that are no UTF-8."""

import random

SCRIPTS = {
    "latin": "The quick brown fox jumps over the lazy dog I'll you're it's they've "
             "naïve façade Zürich smörgåsbord Łódź coöperate İstanbul ﬁnance ½ x² "
             "don't CAN'T Hello HELLO wörld déjà vu señor",
    "greek": "Το γρήγορο καφέ αλεπού πηδάει ΣΊΣΥΦΟΣ ὀδυσσεύς",
    "cyrillic": "Съешь же ещё этих мягких французских булок да выпей чаю Ёлка",
    "arabic": "مرحبا بالعالم كيف حالك اليوم السَّلامُ عَلَيْكُم ١٢٣",
    "hebrew": "שלום עולם מה שלומך היום בְּרֵאשִׁית",
    "hindi": "नमस्ते दुनिया आप कैसे हैं क्षत्रिय १२३",
    "thai": "สวัสดีชาวโลก วันนี้เป็นอย่างไรบ้าง ๑๒๓",
    "chinese": "你好世界 今天天气很好 我们去公园吧 繁體中文 𠮷野家",
    "japanese": "こんにちは世界 カタカナ ｶﾀｶﾅ 今日はいい天気ですね 株式会社 ㍻",
    "korean": "안녕하세요 세계 오늘 날씨가 좋네요 한글",
    "tamil": "வணக்கம் உலகம் எப்படி இருக்கிறீர்கள்",
    "georgian": "გამარჯობა მსოფლიო როგორ ხარ",
    "armenian": "Բարեւ աշխարհ ինչպես ես",
    "vietnamese": "Xin chào thế giới hôm nay trời đẹp quá",
    "compatible": "ｆｕｌｌｗｉｄｔｈ ①②③ ™ ℃ Å ﷺ ㎏ ﬃ Ⅷ ª º",
    "combining": "e\u0301 a\u0308 o\u0302\u0301 n\u0303 q\u0307\u0323 \u1100\u1161 Z\u0351\u036b",
}
EMOJI = ["😀", "🎉", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "❤️", "🏳️‍🌈", "1️⃣", "☃", "🚀", "✨", "🤷‍♀️"]
CODE = [
    "def f(x: int) -> str:\n    return f\"{x!r:>10}\"  # comment\n",
    "for (size_t i = 0; i != n; ++i) {\n\tsum += a[i]*b[i];\n}\r\n",
    "#include <vector>\ntemplate <typename T> struct S<T*> { T *p = nullptr; };",
    "SELECT * FROM t WHERE a <> 'it''s' AND b >= 1.5e-10;",
    "<div class=\"x\">&nbsp;&lt;tag&gt;</div><!-- note -->",
    "https://example.org/a/b?c=d&e=%20f#g user@mail.example",
    "\\frac{\\alpha_1}{2} \\leq \\sum_{i=0}^{\\infty} x_i^2 $$ \\$5",
    "0x1F 0b1010 1_000_000 3.14159 1e9 -42 +7 1,234,567.89 2024-01-31T12:34:56Z",
    "if(a&&b||!c){d^=e<<2;}else{f?.g??=h;}",
    "rm -rf /tmp/* && echo $HOME | sed 's/a/b/g' > out.txt 2>&1",
]
SPACES = [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n", "\n ", "\t\t", "\u00a0",
          "\u3000", "\u2003", "\u2028", "\u0085", "\u000b", "\u000c", "\u200b", "\u1680",
          " " * 7, " " * 16, "\n" * 5, "\u180e", "\ufeff"]
CONTROLS = ["\0", "\x01", "\x7f", "\u200d", "\u200e", "\u00ad", "\ufffd", "\ufffe",
            "\ue000", "\U000e0001", "\u0600"]
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + [
    "...", "--", "—", "–", "“", "”", "‘", "’", "«", "»", "…", "¿", "¡", "。", "、", "！",
    "（", "）", "•", "§", "€", "£", "¥", "₹", "×", "÷", "≠", "→", "■", "|||", "===", "!!!",
    "?!", "#@!", "'s", "'S", "'ll", "'RE", "'ſ"]
TOKENS = ["<s>", "</s>", "<unk>", "[CLS]", "[SEP]", "[UNK]", "[MASK]", "[PAD]",
          "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<0x41>", "<0x0A>", "<pad>",
          "▁", "▁▁", "Ġ", "Ċ", "##ing", "<|im_start", "im_end|>", "<extra>", "<mask>",
          "  <mask>  ", "a<word>b", " <word> ", "<WORD>"]
BROKEN = [b"\xff", b"\xc3", b"\xe4\xbd", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf",
          b"\x80", b"\xf5\x80", b"\xe2\x82", b"\xfe\xff", b"\xf4\x90\x80\x80"]


def piece(chosen):
    """One part of a text, as bytes."""
    kind = chosen.random()
    if kind < 0.45:
        words = SCRIPTS[chosen.choice(list(SCRIPTS))].split()
        start = chosen.randrange(len(words))
        return " ".join(words[start:start + chosen.randint(1, 6)]).encode()
    if kind < 0.53:
        return "".join(chosen.choices(EMOJI, k=chosen.randint(1, 3))).encode()
    if kind < 0.63:
        code = chosen.choice(CODE)
        start = chosen.randrange(len(code))
        return code[start:start + chosen.randint(3, 60)].encode()
    if kind < 0.72:
        return str(chosen.randrange(10 ** chosen.randint(1, 12))).encode()
    if kind < 0.82:
        return "".join(chosen.choices(PUNCTUATION, k=chosen.randint(1, 4))).encode()
    if kind < 0.88:
        return "".join(chosen.choices(SPACES, k=chosen.randint(1, 4))).encode()
    if kind < 0.91:
        return chosen.choice(CONTROLS).encode()
    if kind < 0.95:
        return chosen.choice(TOKENS).encode()
    if kind < 0.97:
        letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        return "".join(chosen.choices(letters, k=chosen.randint(1, 40))).encode()
    if kind < 0.98:
        return (chosen.choice(["a", "ab", " ", "-", "é", "你", "0", "\n", "🎉"])
                * chosen.randint(10, 200)).encode()
    return chosen.choice(BROKEN)


def mixed_texts(count=10000, seed=7):
    """That many texts, as bytes."""
    chosen = random.Random(seed)
    texts = [b"", b" ", b"\n", b"a", "é".encode(), b"\xff", "▁".encode()]
    while len(texts) < count:
        parts = []
        for _ in range(chosen.randint(1, 9)):
            if parts and chosen.random() < 0.6:
                parts.append(b" " if chosen.random() < 0.8 else
                             chosen.choice(SPACES).encode())
            parts.append(piece(chosen))
        texts.append(b"".join(parts))
    return texts[:count]
