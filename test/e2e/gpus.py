# The GPUs that tests run on.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import os

SIMULATED = "WEFT_TEST_GPU" not in os.environ


def gpus(count):
    """llm-run's --devices: so many simulated GPUs, or the machine's where the
    environment has WEFT_TEST_GPU."""
    if SIMULATED:
        return f"cusim:{count}"
    return ",".join(f"cuda:{number}" for number in range(count))
