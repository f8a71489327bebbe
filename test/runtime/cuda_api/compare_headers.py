#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compare our declarations of CUDA's interfaces with NVIDIA's header.

Every constant has the value that the header gives it, every function exists and
has as many parameters. Ends with status 77 (skipped) where the header is missing.

usage: compare_headers.py OUR_TYPES.h OUR_FUNCTIONS.def MACRO HEADER.h...
"""

import re
import sys
from pathlib import Path


def evaluate(expression, known):
    """Numbers and names of constants, or-ed; nothing for other expressions."""
    value = 0
    for term in expression.strip("() \n\t").split("|"):
        term = term.strip("() \n\t")
        if term in known:
            value |= max(known[term])
        elif re.fullmatch(r"0x[0-9a-fA-F]+|\d+", term):
            value |= int(term, 0)
        else:
            return None
    return value


def constants(text):
    """NAME = value, of enums (also without a value) and lists, and #define NAME value."""
    found = {}
    for body in re.findall(r"\benum\b[^{;]*\{([^}]*)\}", text):
        value = -1
        for name, written in re.findall(r"(\w+)\s*(?:=\s*([^,]+))?(?:,|\s*$)", body):
            value = evaluate(written, found) if written else value + 1
            if value is None:
                break
            found.setdefault(name, set()).add(value)
    pairs = re.findall(r"\b([A-Z][A-Za-z0-9_]*_[A-Za-z0-9_]*)\s*=\s*(0x[0-9a-fA-F]+|\d+)\b", text)
    pairs += re.findall(r"#\s*define\s+([A-Z]\w*)\s+\(?(0x[0-9a-fA-F]+|\d+)\)?", text)
    for name, value in pairs:
        found.setdefault(name, set()).add(int(value, 0))
    return found


def count_parameters(text):
    """Of the parenthesized list that the text starts with."""
    depth, commas, content = 0, 0, ""
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            break
        commas += character == "," and depth == 1
        content += character
    return 0 if content.strip("( \n\t") in ("", "void") else commas + 1


def prototypes(text, aliases):
    """Name to the numbers of parameters, under the exported name too."""
    found = {}
    for match in re.finditer(r"\b(cu\w+|nccl\w+|pnccl\w+)\s*\(", text):
        name = match.group(1)
        count = count_parameters(text[match.end() - 1 :])
        for known in {name, aliases.get(name, name)}:
            found.setdefault(known, set()).add(count)
    return found


def main():
    types, functions, macro, *headers = sys.argv[1:]
    for header in headers:
        if not Path(header).is_file():
            print(f"{header} is not installed")
            sys.exit(77)
    text = "\n".join(Path(header).read_text(errors="replace") for header in headers)
    theirs = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
    ours = re.sub(r"//[^\n]*", "", Path(types).read_text())
    wrong = []
    known = constants(theirs)
    checked = 0
    for name, values in constants(ours).items():
        checked += 1
        if not values <= known.get(name, set()):
            wrong.append(f"{name}: ours is {values}, the header has {known.get(name)}")
    aliases = dict(re.findall(r"#\s*define\s+(cu\w+)\s+(?:__CUDA_API_PT\w+\()?(cu\w+)", theirs))
    declared = prototypes(theirs, aliases)
    for match in re.finditer(macro + r"\(\s*(\w+),\s*", Path(functions).read_text()):
        checked += 1
        name = match.group(1)
        count = count_parameters(match.string[match.end() :])
        if name not in declared:
            wrong.append(f"{name}: the header does not declare it")
        elif count not in declared[name]:
            wrong.append(f"{name}: {count} parameters, the header has {declared[name]}")
    for line in wrong:
        print(line)
    print(f"{checked} declarations compared, {len(wrong)} differ")
    sys.exit(1 if wrong or checked < 40 else 0)


if __name__ == "__main__":
    main()
