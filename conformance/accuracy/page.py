"""docs/accuracy.md, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .exceptions import EXCEPTIONS

DOCS = Path(__file__).parent.parent.parent / "docs"
DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Words:
    """The words of one language; `translations` has the families and the reasons, and is empty for English."""

    head: str
    columns: tuple[str, ...]
    cell: str
    exceptions: str
    exception_columns: tuple[str, ...]
    translations: dict[str, str]

    def of(self, english: str) -> str:
        """A family's title or an exception's reason in this language.

        Raises:
            KeyError: nobody has translated it.
        """
        return self.translations[english] if self.translations else english


ENGLISH = Words(
    head="""# How exact functions are

Written by `python -m conformance.accuracy`. The largest error, in units in the last place (ulp) of the exact value,
among some hundred arguments of all magnitudes, and close to zeros, poles and ends; exact values are mpmath's, to 50
digits. Half a unit is the best that rounding allows.

Functions that oscillate, marked †, are measured in units at a tenth or a hundredth where they are smaller than that.

"At" is where tapegrad's error is largest. Results that overflow are left out; "inf" is a value that is not finite where
the exact one is.
""",
    columns=("function", "tapegrad", "torch", "at"),
    cell="{what} ({dtype})",
    exceptions="""
## Less exact than torch

All others are within 4 units, or within one and a half times torch's error; a test holds them to it.

""",
    exception_columns=("function", "dtype", "why"),
    translations={},
)

CHINESE = Words(
    head="""# 函数有多准确

由 `python -m conformance.accuracy` 写成。表中是最大误差，以精确值的末位单位（ulp）计；自变量有一百来个，涵盖各种数量
级，以及零点、极点和端点附近；精确值由 mpmath 算到 50 位。舍入所能允许的最好结果是半个单位。

标有 † 的函数来回振荡；在它们的值小于十分之一（或百分之一）的地方，改以十分之一（或百分之一）的末位单位计。

“位置”是 tapegrad 误差最大的地方。溢出的结果不计；“inf”表示精确值有限，而算出的不是有限的数。
""",
    columns=("函数", "tapegrad", "torch", "位置"),
    cell="{what}（{dtype}）",
    exceptions="""
## 不如 torch 准确的

其余的都在 4 个单位以内，或者不超过 torch 误差的 1.5 倍；有测试为此把关。

""",
    exception_columns=("函数", "类型", "原因"),
    translations={
        "Elementary functions": "初等函数",
        "Activations": "激活函数",
        "Probability": "概率函数",
        "Gamma functions": "伽马函数",
        "Bessel functions": "贝塞尔函数",
        "Polynomials, of degree 0 to 24; of Hermite, to 8": "多项式，0 到 24 次；埃尔米特多项式到 8 次",
        "results smaller than the smallest normal number; SciPy's lose their last digits, and then vanish": (
            "结果小于最小的规格化数；SciPy 的先失去末几位，然后变成零"
        ),
        "SciPy's reflection, whose absolute error is 4e-16": "SciPy 的反射公式，绝对误差为 4e-16",
        "SciPy's version of the same series": "同一级数的 SciPy 版本",
        "torch's recurrence; its intermediate results are rounded differently": "torch 的递推式；中间结果的舍入不同",
    },
)

PAGES = {DOCS / "accuracy.md": ENGLISH, DOCS / "zh" / "accuracy.md": CHINESE}


def write(families: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """Write the pages from the rows of each family."""
    for path, words in PAGES.items():
        path.write_text(page(families, words), encoding="utf-8")


def page(families: Mapping[str, Sequence[Sequence[str]]], words: Words) -> str:
    """The page in one language."""
    parts = [words.head, tables(families, words), words.exceptions]
    reasons = [[f"`{name}`", dtype, words.of(why)] for (name, dtype), (_, why) in EXCEPTIONS.items()]
    return "".join([*parts, _table(words.exception_columns, reasons)])


def tables(families: Mapping[str, Sequence[Sequence[str]]], words: Words) -> str:
    """A table for each family, under its title."""
    function, *measured = words.columns
    columns = [function, *[words.cell.format(what=what, dtype=dtype) for dtype in DTYPES for what in measured]]
    return "".join(f"\n## {words.of(family)}\n\n{_table(columns, rows)}" for family, rows in families.items())


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in (columns, ["---"] * len(columns), *rows))
