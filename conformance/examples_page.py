"""docs/examples.md, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True)
class Words:
    """The words of one language: the page around the table and what was printed, the table's columns, yes and no."""

    page: str
    columns: tuple[str, ...]
    yes: str
    no: str


ENGLISH = Words(
    page="""# The examples under both libraries

The scripts in `examples/models` say `import torch` and run unchanged with PyTorch and with tapegrad, from the same
seed. `python -m conformance.examples --write` runs each with both and writes this page. The differences are relative,
between the losses of the same step; training multiplies the rounding errors that both have, sooner or later.

{table}

The times are those of the whole program on one thread, imports included.

Where the printed text is not the same, rounding is the cause: convolutions add up in another order. PyTorch differs
from itself by more when it computes its convolutions without oneDNN (`torch.backends.mkldnn.enabled = False`): the
losses of `digits_cnn` then leave its usual ones by 1e-6 at step 16 and by 1e-4 at step 30, and by 3e-3 within the first
{beginning} steps.

## What they print with tapegrad

{printed}
""",
    columns=(
        "example",
        "steps",
        "largest difference in the first {beginning}",
        "steps equal to 1e-6",
        "steps equal to 1e-4",
        "last loss, torch",
        "last loss, tapegrad",
        "same text printed",
        "torch",
        "tapegrad",
    ),
    yes="yes",
    no="no",
)

CHINESE = Words(
    page="""# 两个库上的例子

`examples/models` 里的脚本写着 `import torch`，不用改动就能在 PyTorch 和 tapegrad 上运行，种子相同。
`python -m conformance.examples --write` 把每个脚本在两边各运行一遍，写成本页。差别是同一步的两个损失的相对差；舍入误差
两边都有，训练迟早会把它放大。

{table}

时间是整个程序在一个线程上的用时，包括导入。

打印的文字若不相同，原因是舍入：卷积求和的次序不同。PyTorch 不用 oneDNN 计算卷积时
（`torch.backends.mkldnn.enabled = False`），与它自己的差别更大：`digits_cnn` 的损失到第 16 步就与平时相差 1e-6，第 30
步相差 1e-4，前 {beginning} 步之内相差 3e-3。

## 它们在 tapegrad 上打印的内容

{printed}
""",
    columns=(
        "例子",
        "步数",
        "前 {beginning} 步的最大差别",
        "相差不过 1e-6 的步数",
        "相差不过 1e-4 的步数",
        "最后的损失，torch",
        "最后的损失，tapegrad",
        "打印的文字相同",
        "torch",
        "tapegrad",
    ),
    yes="是",
    no="否",
)

PAGES = {DOCS / "examples.md": ENGLISH, DOCS / "zh" / "examples.md": CHINESE}


def write(rows: Sequence[Sequence[str]], printed: Mapping[str, str], beginning: int) -> None:
    """Write the pages: rows of cells, what each example printed, and how many steps are the beginning."""
    for path, words in PAGES.items():
        path.write_text(page(rows, printed, beginning, words), encoding="utf-8")


def page(rows: Sequence[Sequence[str]], printed: Mapping[str, str], beginning: int, words: Words) -> str:
    """The page in one language."""
    columns = [column.format(beginning=beginning) for column in words.columns]
    answers = {"yes": words.yes, "no": words.no}
    lines = [columns, ["---"] * len(columns), *([answers.get(cell, cell) for cell in row] for row in rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    texts = "\n\n".join(f"### {name}\n\n```\n{text.rstrip()}\n```" for name, text in printed.items())
    return words.page.format(table=table, printed=texts, beginning=beginning)
