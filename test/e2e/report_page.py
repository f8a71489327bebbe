#!/usr/bin/env python3
# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Look at the page of llm-compile --report in headless Chromium.

The tables that the browser shows must say what the JSON beside the page says.
Skipped (status 77) where there is no Chromium.
"""

import argparse
import html.parser
import json
import shutil
import subprocess
import sys
from pathlib import Path


class Tables(html.parser.HTMLParser):
    """The cells of each table's rows, by the table's id."""

    def __init__(self):
        super().__init__()
        self.rows = {}
        self.table = None
        self.in_cell = False

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.table = self.rows.setdefault(dict(attributes)["id"], [])
        elif tag == "tr":
            self.table.append([])
        elif tag == "td":
            self.in_cell = True
            self.table[-1].append("")

    def handle_endtag(self, tag):
        if tag == "td":
            self.in_cell = False

    def handle_data(self, data):
        if self.in_cell:
            self.table[-1][-1] += data


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{command[0]} gave status {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: the page shows {found!r} but the JSON says {expected!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", metavar="FILE.mlir")
    parser.add_argument("folder", type=Path, help="for the page and its picture")
    parser.add_argument("--llm-compile", required=True)
    options = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not browser:
        print("skipped: there is no chromium; apt-get install chromium gets it")
        sys.exit(77)

    options.folder.mkdir(exist_ok=True)
    page, picture = options.folder / "plan.html", options.folder / "plan.png"
    picture.unlink(missing_ok=True)
    run(options.llm_compile, options.model, "--plan-only", "--mesh=dp=2,tp=2", f"--report={page}")
    plan = json.loads(page.with_suffix(".json").read_text())

    chromium = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                f"--user-data-dir={options.folder / 'profile'}"]
    tables = Tables()
    tables.feed(run(*chromium, "--dump-dom", page.resolve().as_uri()))
    shown = {name: [row for row in rows if row] for name, rows in tables.rows.items()}

    check("mesh", shown["mesh"], [[axis["axis"], str(axis["devices"])] for axis in plan["mesh"]])
    check("ranks", [row[1] for row in shown["ranks"]],
          [", ".join(f"{axis['axis']} = {at}" for axis, at in zip(plan["mesh"], rank["coordinates"]))
           for rank in plan["ranks"]])
    check("collectives", [row[:5] for row in shown["collectives"]],
          [[one[key] for key in ("kind", "axes", "type", "node", "bytes")]
           for one in plan["collectives"]])
    check("tensors", shown["tensors"],
          [[one[key] for key in ("name", "kind", "type", "sharding", "reason")]
           for one in plan["tensors"]])
    if len(shown["collectives"]) != 1 or len(shown["ranks"]) != 4:
        sys.exit(f"expected one collective among four ranks; the page shows {shown}")
    if not any(row[3] != "whole" and row[4] for row in shown["tensors"]):
        sys.exit("no tensor is split, with a reason")

    run(*chromium, "--window-size=1200,1600", f"--screenshot={picture}", page.resolve().as_uri())
    if picture.read_bytes()[:8] != b"\x89PNG\r\n\x1a\n":
        sys.exit(f"{picture} is no picture")
    print(f"{len(shown['tensors'])} tensors as in the JSON; {picture} shows them")


if __name__ == "__main__":
    main()
