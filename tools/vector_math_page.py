"""Write docs/vector-math.md: how exact and how fast the functions for Numba loops are.

    python tools/vector_math_page.py           # writes the page
    python tools/vector_math_page.py --count 1000  # from so many arguments per function (10000)

Needs Numba and mpmath. Takes two minutes with 10000 arguments.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.compile import vector_math_cases as cases  # noqa: E402 - the path comes first

PAGE = ROOT / "docs/vector-math.md"
SIZE = 1 << 14  # numbers at a time: they stay in the cache
ROUNDS = 60
STEP = 1031
INTRODUCTION = """\
# Mathematics in compiled loops

Written by `python tools/vector_math_page.py`. Loops that `tapegrad.compile` makes take exp and its kind not from the C
library, one number at a time, but from `tapegrad.compile.vector_math`, whose functions LLVM turns into instructions on
whole registers.

"ulp" is the largest error in units in the last place of the exact value, among {count} arguments of all magnitudes,
near zero, and next to where the functions' parts meet; exact values are mpmath's, to 50 digits. In float32 every
{step}th number is tried as well, beside NumPy's float64. Half a unit is the best that rounding allows. `logaddexp` and
`logaddexp2` are asked for positive arguments: close to 0, where their two terms cancel, they are as far off as NumPy's.

Times are nanoseconds per number, for {size} numbers of ordinary size on one core, the best of {rounds} runs; "NumPy" is
NumPy's own loop, or SciPy's for `erf`, `erfc` and `expit`. They are a rough guide: the machine was not idle.

| function | ulp, float64 | ulp, float32 | ns, float64 | NumPy | ns, float32 | NumPy |
| --- | --- | --- | --- | --- | --- | --- |
"""


def best(function: Callable[..., Any], *arguments: Any) -> float:
    """Nanoseconds per number."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        function(*arguments)
        times.append(time.perf_counter_ns() - start)
    return min(times) / SIZE


def times(name: str, dtype: str) -> tuple[float, float]:
    """(ours, NumPy's or SciPy's), for the same arguments."""
    case, rng = cases.CASES[name], np.random.default_rng(0)
    low, high = max(case.low, -case.centre), min(case.high, case.centre)
    arguments = [rng.uniform(low, high, SIZE).astype(dtype) for _ in range(case.arity)]
    out = np.empty(SIZE, dtype)
    theirs = getattr(np, name, None) or getattr(special, name)
    cases.applied(name, *arguments)
    with np.errstate(all="ignore"):
        return best(cases.loop(name, dtype), *arguments, out), best(theirs, *arguments, out)


def row(name: str, count: int) -> str:
    """One line of the table."""
    double, single = (cases.worst(name, dtype, count)[0] for dtype in ("float64", "float32"))
    if name not in cases.CANCELLING:
        single = max(single, cases.worst_in_float32(name, STEP)[0])
    speeds = [f"{ns:.2f}" for dtype in ("float64", "float32") for ns in times(name, dtype)]
    return f"| `{name}` | {double:.1f} | {single:.1f} | {' | '.join(speeds)} |\n"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description="Write docs/vector-math.md.")
    parser.add_argument("--count", type=int, default=10000, help="arguments per function")
    count = parser.parse_args().count
    introduction = INTRODUCTION.format(count=count, step=STEP, size=SIZE, rounds=ROUNDS)
    PAGE.write_text(introduction + "".join(row(name, count) for name in cases.CASES))


if __name__ == "__main__":
    main()
