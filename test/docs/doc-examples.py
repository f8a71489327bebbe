"""Parses every example of the documentation by llm-opt.

    doc-examples.py LLM-OPT FOLDER...

An example is a block of `mlir` that holds a whole function or module; other
blocks show parts of one.
"""

import pathlib
import re
import subprocess
import sys
import textwrap

BLOCK = re.compile(r"^([ \t]*)```mlir\n(.*?)^\1```", re.M | re.S)
WHOLE = re.compile(r"^(func\.func|module|llm\.size|llm\.weight|llm\.state|llm\.tokenizer|exec\.program)\b", re.M)


def examples(page):
    for match in BLOCK.finditer(page.read_text()):
        block = textwrap.dedent(match.group(2))
        if WHOLE.search(block):
            yield block


def main():
    llm_opt, folders = sys.argv[1], sys.argv[2:]
    count, failed = 0, False
    for page in sorted(page for folder in folders for page in pathlib.Path(folder).rglob("*.md")):
        for block in examples(page):
            count += 1
            run = subprocess.run(
                [llm_opt, "-", "-o", "/dev/null"], input=block, text=True, capture_output=True
            )
            if run.returncode:
                failed = True
                print(f"error: {page}: an example does not parse:\n{block}\n{run.stderr}")
    print(f"{count} examples")
    if count == 0:
        print("error: found no examples; build mlir-doc first")
    return failed or count == 0


sys.exit(main())
