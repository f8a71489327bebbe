"""Configuration of lit: which files are tests and what their RUN lines call."""

import os

import lit.formats

config.name = "Weft"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.weft_build, "test")

# Our tools and FileCheck, whatever the caller's PATH.
config.environment["PATH"] = os.path.pathsep.join(
    [config.weft_tools, config.llvm_tools, os.environ["PATH"]]
)
