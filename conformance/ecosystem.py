"""Writes docs/ecosystem.md: published packages, their own tests, and how many of them pass on tapegrad.

    python conformance/ecosystem.py RESULTS.json... [--tried TRIED.json]

RESULTS.json is what the runner of the suites writes (`run.py --impl tapegrad --json RESULTS.json`): for each suite how
many of the tests that pass with torch pass with tapegrad, and the commonest reasons for the others. TRIED.json is a
list of records {"name", "passed", "of", "why"} of packages that were tried by hand with `tapegrad run -m pytest`,
counted in the same way. Figures come from these files only; no code of a package is kept here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).parents[1] / "docs" / "ecosystem.md"

ABOUT = {
    "einops": "rearranging by pattern",
    "linear_operator": "lazy linear algebra; `__torch_function__`, custom Functions, sparse matrices",
    "micrograd": "a small engine, checked against torch",
    "nflows": "normalizing flows",
    "torch-optimizer": "thirty optimizers on `torch.optim.Optimizer`",
    "torchviz": "walks `grad_fn` and saved tensors",
    "zuko": "flows on `torch.distributions`",
}

HEADER = """\
# Other people's packages

Published packages that build on torch's Python API run their own tests on tapegrad, in an environment that has no
torch. *Of* counts the tests of a package that pass with PyTorch 2.13.0; *passed* counts those of them that pass with
tapegrad. This page is written by `python conformance/ecosystem.py` from the results of such runs.

To try any package, in its source folder:

```
tapegrad check .                      # which names of torch it uses that tapegrad lacks, before anything runs
tapegrad run -m pytest tests          # its tests, `import torch` giving tapegrad
pytest -p tapegrad.pytest_plugin      # the same, where the command line is pytest's
```

"""


class Row(NamedTuple):
    """A package and how it fared."""

    name: str
    passed: int
    of: int
    why: list[tuple[str, int]]


def rows_of(files: Iterable[Path]) -> list[Row]:
    """The rows of the runner's files; a suite in several files counts as in the last."""
    rows: dict[str, Row] = {}
    for path in files:
        for name, suite in json.loads(path.read_text(encoding="utf-8"))["suites"].items():
            if "of" in suite:
                rows[name] = Row(name, suite["passed"], suite["of"], [(text, n) for text, n in suite["why"]])
    return sorted(rows.values())


def tried_rows(path: Path | None) -> list[Row]:
    """The rows of the file of packages tried by hand."""
    records: list[dict[str, Any]] = [] if path is None else json.loads(path.read_text(encoding="utf-8"))
    return sorted(Row(r["name"], r["passed"], r["of"], [(text, n) for text, n in r["why"]]) for r in records)


def page(suites: Sequence[Row], tried: Sequence[Row]) -> str:
    """The text of the page."""
    parts = [HEADER, "## Suites\n\n", _table(suites)]
    if tried:
        parts += ["\n## Tried besides\n\n", _table(tried)]
    incomplete = [row for row in (*suites, *tried) if row.passed < row.of]
    if incomplete:
        parts.append("\n## What does not pass, and why\n")
    for row in incomplete:
        parts.append(f"\n**{row.name}** ({row.of - row.passed} of {row.of})\n\n")
        parts += [f"- {n} × `{_one_line(text)}`\n" for text, n in row.why[:6]]
    return "".join(parts)


def _table(rows: Sequence[Row]) -> str:
    lines = ["| package | passed | of | |\n|---|---:|---:|---|\n"]
    lines += [f"| {row.name} | {row.passed} | {row.of} | {ABOUT.get(row.name, '')} |\n" for row in rows]
    return "".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.replace("`", "'").replace("|", "/").split())[:160]


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=Path)
    parser.add_argument("--tried", type=Path)
    options = parser.parse_args()
    PAGE.write_text(page(rows_of(options.results), tried_rows(options.tried)), encoding="utf-8")
    print(f"wrote {PAGE.name}")


if __name__ == "__main__":
    main()
