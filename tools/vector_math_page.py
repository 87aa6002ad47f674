"""Write docs/vector-math.md, in both languages: how exact and how fast the functions for Numba loops are.

    python tools/vector_math_page.py           # writes the pages
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

SIZE = 1 << 14  # numbers at a time: they stay in the cache
ROUNDS = 60
STEP = 1031
ENGLISH = """\
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
CHINESE = """\
# 编译循环中的数学函数

由 `python tools/vector_math_page.py` 写成。`tapegrad.compile` 生成的循环，不从 C 库取 exp 之类的函数（那里一次只算一个
数），而是取自 `tapegrad.compile.vector_math`，LLVM 会把其中的函数变成作用于整个寄存器的指令。

“ulp”是最大误差，以精确值的末位单位计；自变量有 {count} 个，涵盖各种数量级，以及零附近和函数各段的衔接处；精确值由
mpmath 算到 50 位。在 float32 下，还每隔 {step} 个数取一个，与 NumPy 的 float64 比较。舍入所能允许的最好结果是半个单位。
`logaddexp` 和 `logaddexp2` 只试正的自变量：在 0 附近它们的两项相消，误差与 NumPy 的一样大。

时间是每个数所用的纳秒数，在一个核心上对 {size} 个大小寻常的数运行 {rounds} 次，取最好的一次；“NumPy”是 NumPy 自己的循
环，`erf`、`erfc` 和 `expit` 则是 SciPy 的。它们只供粗略参考：当时机器并不空闲。

| 函数 | ulp，float64 | ulp，float32 | 纳秒，float64 | NumPy | 纳秒，float32 | NumPy |
| --- | --- | --- | --- | --- | --- | --- |
"""
PAGES = {ROOT / "docs/vector-math.md": ENGLISH, ROOT / "docs/zh/vector-math.md": CHINESE}


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
    """Write the pages."""
    parser = argparse.ArgumentParser(description="Write docs/vector-math.md, in both languages.")
    parser.add_argument("--count", type=int, default=10000, help="arguments per function")
    count = parser.parse_args().count
    rows = "".join(row(name, count) for name in cases.CASES)
    for path, introduction in PAGES.items():
        text = introduction.format(count=count, step=STEP, size=SIZE, rounds=ROUNDS)
        path.write_text(text + rows, encoding="utf-8")


if __name__ == "__main__":
    main()
