#!/usr/bin/env python3
"""one_definition.py NM LIBRARY...: no function is defined by two libraries.

Functions of one name and other results have one symbol: the linker would take
either for both.
"""
import subprocess
import sys

places = {}
for library in sys.argv[2:]:
    listing = subprocess.run(
        [sys.argv[1], "-C", "--defined-only", "--extern-only", library],
        check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        kind, _, name = line.partition(" ")[2].partition(" ")
        if kind == "T":
            places.setdefault(name, set()).add(library)

twice = sorted(name for name, where in places.items() if len(where) > 1)
for name in twice:
    print(f"{name} is defined in {', '.join(sorted(places[name]))}")
print(f"{len(places)} functions")
sys.exit(1 if twice or not places else 0)
