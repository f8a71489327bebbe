"""Counts the tests inside of the programs that ctest ran, from ctest's log.

ctest calls it last (CTestCustom.cmake): one of its own tests may be hundreds
of lit's or GoogleTest's.
"""

import os
import re
import sys

# Groups: how to find what passed, failed and was skipped in a program's output.
PATTERNS = {
    "lit": (
        r"^  Passed\s*:\s*(\d+)",
        r"^  (?:Failed|Unresolved|Timed Out)\s*:\s*(\d+)",
        r"^  (?:Unsupported|Skipped)\s*:\s*(\d+)",
    ),
    "GoogleTest": (
        r"^\[  PASSED  \] (\d+) test",
        r"^\[  FAILED  \] (\d+) test",
        r"^\[  SKIPPED \] (\d+) test",
    ),
}
# What a test prints before it exits with SKIP_RETURN_CODE: ctest's log calls
# that passed.
SKIPPED = r"^skipped: "


def find_log(path):
    # While ctest runs, its log has another name and LastTest.log is the last run's.
    paths = [path + ".tmp", path]
    return next(filter(os.path.exists, paths), None)


def count(output):
    """The kind of program that wrote `output`, and [passed, failed, skipped]."""
    for kind, patterns in PATTERNS.items():
        counts = [sum(map(int, re.findall(pattern, output, re.M))) for pattern in patterns]
        if any(counts):
            return kind, counts
    if not re.search(r"^Test Passed\.$", output, re.M):
        return "other", [0, 1, 0]
    return "other", [0, 0, 1] if re.search(SKIPPED, output, re.M) else [1, 0, 0]


def main():
    path = find_log(sys.argv[1])
    if not path:
        print("Single tests: none ran")
        return
    with open(path, errors="replace") as log:
        text = log.read()
    totals, kinds = [0, 0, 0], {}
    for output in re.split(r"^\d+/\d+ Testing: ", text, flags=re.M)[1:]:
        kind, counts = count(output)
        totals = [total + number for total, number in zip(totals, counts)]
        kinds[kind] = kinds.get(kind, 0) + sum(counts)
    by_kind = ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds))
    print("Single tests: {} passed, {} failed, {} skipped".format(*totals) + f" ({by_kind})")


main()
