"""The command: `python -m conformance.accuracy`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import torch as real
from tqdm import tqdm

import tapegrad as ours

from .exceptions import section
from .functions import FAMILIES, Function
from .measuring import exact, grid, worst

PAGE = Path(__file__).parent.parent.parent / "docs/accuracy.md"
DTYPES = ("float64", "float32")
HEAD = """# How exact functions are

Written by `python -m conformance.accuracy`. The largest error, in units in the last place (ulp) of the exact value,
among some hundred arguments of all magnitudes, and close to zeros, poles and ends; exact values are mpmath's, to 50
digits. Half a unit is the best that rounding allows.

Functions that oscillate, marked †, are measured in units at a tenth or a hundredth where they are smaller than that.

"At" is where tapegrad's error is largest. Results that overflow are left out; "inf" is a value that is not finite where
the exact one is.
"""


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
    heads = ["function", *[f"{what} ({dtype})" for dtype in DTYPES for what in ("tapegrad", "torch", "at")]]
    text = HEAD
    for family, functions in FAMILIES.items():
        chosen = [function for function in functions if re.search(options.only, function.name)]
        if not chosen:
            continue
        lines = [heads, ["---"] * len(heads)]
        lines += [row(function, options.count) for function in tqdm(chosen, family, disable=not sys.stderr.isatty())]
        text += f"\n## {family}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)
    if options.only:
        print(text[len(HEAD) :])
    else:
        PAGE.write_text(text + section(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
