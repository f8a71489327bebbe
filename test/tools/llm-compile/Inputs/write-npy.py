# write-npy.py FILE SIZE...: 0, 1, 2, ... as f32, without numpy.
import array
import math
import sys

file, *sizes = sys.argv[1:]
sizes = tuple(map(int, sizes))
header = repr({"descr": "<f4", "fortran_order": False, "shape": sizes}).ljust(117) + "\n"
with open(file, "wb") as output:
    output.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
    output.write(array.array("f", range(math.prod(sizes))).tobytes())
