"""Writes a module that reshards between all pairs of shardings of a matrix.

    reshard-pairs.py ROWS COLUMNS GRANULE OTHER-GRANULE

The matrix is a product x * w^T on a mesh dp=2, tp=3. A source sharding splits
dimensions in granules, and is partial over axes that split what the product sums
over; the target splits columns in the other granule. Afterwards all is whole.
"""

import itertools
import sys

ROWS, COLUMNS, GRANULE, OTHER = (int(argument) for argument in sys.argv[1:])
AXES = ("dp", "tp")
SUMMED = 7


def placements(places):
    """Lists of axes for each place: an axis is at one place or at none."""
    for chosen in itertools.product((None, *places), repeat=len(AXES)):
        lists = {place: [a for a, p in zip(AXES, chosen) if p == place] for place in places}
        yield lists
        for place, axes in lists.items():
            if len(axes) == 2 and place != "sum":
                yield {**lists, place: axes[::-1]}


def braces(axes, granule=1):
    text = "{" + ", ".join(f'"{axis}"' for axis in axes) + "}"
    return text + (f" granule {granule}" if axes and granule != 1 else "")


def sharding(lists, granule):
    dimensions = f'<[{braces(lists[0])}, {braces(lists[1], granule)}]'
    partial = lists.get("sum")
    return dimensions + (f" sum {braces(partial)}>" if partial else ">")


def reshard(result, value, source, target, rows, columns):
    type_ = f"tensor<{rows}x{columns}xf32>"
    print(f"  %{result} = dist.reshard %{value} from {source} to {target} of [{rows}, {columns}] : {type_} -> {type_}")


def main():
    print('dist.mesh @mesh <"dp" = 2, "tp" = 3>')
    x, w, y = (f"tensor<{a}x{b}xf32>" for a, b in ((ROWS, SUMMED), (COLUMNS, SUMMED), (ROWS, COLUMNS)))
    whole = "<[{}, {}]>"
    pairs = itertools.product(placements((0, 1, "sum")), placements((0, 1)))
    for index, (source, target) in enumerate(pairs):
        source_text, target_text = sharding(source, GRANULE), sharding(target, OTHER)
        print(f"// from {source_text} to {target_text}")
        print(f"func.func @pair{index}(%x: {x}, %w: {w}) -> {y} {{")
        reshard("xs", "x", whole, f'<[{braces(source[0])}, {braces(source["sum"])}]>', ROWS, SUMMED)
        reshard("ws", "w", whole, f'<[{braces(source[1], GRANULE)}, {braces(source["sum"])}]>', COLUMNS, SUMMED)
        print(f"  %p = llm.linear %xs, %ws {{dist.sharding = #dist.sharding{source_text}}} : {x}, {w} -> {y}")
        reshard("t", "p", source_text, target_text, ROWS, COLUMNS)
        reshard("y", "t", target_text, whole, ROWS, COLUMNS)
        print(f"  return %y : {y}\n}}")


main()
