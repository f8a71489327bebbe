"""Counts the tests inside of the programs that ctest ran, from ctest's log.

ctest calls it last (CTestCustom.cmake): one of its own tests may be hundreds
of lit's or GoogleTest's.
"""

import os
import re
import sys

# Groups: how to find what passed and what failed in a program's output.
PATTERNS = {
    "lit": (r"^  Passed\s*: (\d+)", r"^  (?:Failed|Unresolved|Timed Out)\s*: (\d+)"),
    "GoogleTest": (r"^\[  PASSED  \] (\d+) test", r"^\[  FAILED  \] (\d+) test"),
}


def main():
    # While ctest runs, its log has another name and LastTest.log is the last run's.
    paths = [sys.argv[1] + ".tmp", sys.argv[1]]
    with open(next(filter(os.path.exists, paths)), errors="replace") as log:
        text = log.read()
    passed, failed = {}, {}
    for output in re.split(r"^\d+/\d+ Testing: ", text, flags=re.M)[1:]:
        for kind, patterns in PATTERNS.items():
            counts = [
                sum(map(int, re.findall(pattern, output, re.M))) for pattern in patterns
            ]
            if any(counts):
                break
        else:
            kind = "other"
            counts = [1, 0] if re.search(r"^Test Passed\.$", output, re.M) else [0, 1]
        passed[kind] = passed.get(kind, 0) + counts[0]
        failed[kind] = failed.get(kind, 0) + counts[1]
    kinds = ", ".join(f"{passed[kind] + failed[kind]} {kind}" for kind in sorted(passed))
    print(
        f"Single tests: {sum(passed.values())} passed, "
        f"{sum(failed.values())} failed ({kinds})"
    )


main()
