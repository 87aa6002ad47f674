"""The command: `python -m conformance.accuracy`."""

from __future__ import annotations

import argparse
import re
import sys

import torch as real
from tqdm import tqdm

import tapegrad as ours

from .functions import FAMILIES, Function
from .measuring import exact, grid, worst
from .page import DTYPES, ENGLISH, tables, write


def row(function: Function, count: int) -> list[str]:
    """The largest errors of one function."""
    cells = [f"`{function.name}`" + " †" * bool(function.floor)]
    for dtype in DTYPES:
        arguments = grid(function, count, dtype)
        values = exact(function, arguments)
        (mine, at), (theirs, _) = (worst(function, library, arguments, values) for library in (ours, real))
        cells += [shown(mine), shown(theirs), at]
    return cells


def shown(error: float) -> str:
    """An error in two digits, large ones as a power of ten."""
    return f"{error:.1f}" if error < 1000 else f"{error:.0e}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="conformance.accuracy", description=__doc__)
    parser.add_argument("--only", default="", metavar="PATTERN", help="print the rows of these functions")
    parser.add_argument("--count", type=int, default=96, help="arguments of each kind")
    options = parser.parse_args(arguments)
    real.set_num_threads(1)
    families = {}
    for family, functions in FAMILIES.items():
        chosen = [function for function in functions if re.search(options.only, function.name)]
        progress = tqdm(chosen, family, disable=not chosen or not sys.stderr.isatty())
        if rows := [row(function, options.count) for function in progress]:
            families[family] = rows
    if options.only:
        print(tables(families, ENGLISH))
    else:
        write(families)
    return 0


if __name__ == "__main__":
    sys.exit(main())
