"""Writes the files that CONTRIBUTING.md shows: each block below a line
`<!-- file: NAME -->` becomes NAME in the output folder.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import re
import sys
from pathlib import Path

page, output = Path(sys.argv[1]), Path(sys.argv[2])
blocks = re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", page.read_text(), re.M | re.S)
for name, text in blocks:
    target = output / name
    if not target.exists() or target.read_text() != text:
        target.write_text(text)
