"""tapegrad beside PyTorch, in one process, interleaved: the ratios of the README.

    python benchmarks/side_by_side.py [--write]

Needs tapegrad, torch==2.13.0 and matplotlib in one environment, and a machine with nothing else to do. Each workload is
timed in rounds that alternate between the two libraries, so that a slow spell of the machine hits both; the figure is
the median of the rounds' ratios. `--write` puts the table into benchmarks/RESULTS.md, and table and chart into the
documentation's page on performance.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chart import write_chart
from larger import LARGER
from workloads import WORKLOADS, Workload

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
ROUNDS = 15
ROUND_SECONDS = 0.05


def seconds(call: Callable[[], object], times: int) -> float:
    """Seconds per call over `times` calls."""
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def measure(workload: Workload, ours: Any, theirs: Any) -> tuple[float, float, float, float]:
    """Medians of our and their seconds, the median of the rounds' ratios and their spread (half the middle half)."""
    a, b = workload(ours), workload(theirs)
    for call in (a, b):
        for _ in range(20):
            call()
    times = [max(1, int(ROUND_SECONDS / max(seconds(call, 20), 1e-9))) for call in (a, b)]
    rounds = [(seconds(a, times[0]), seconds(b, times[1])) for _ in range(ROUNDS)]
    ratios = sorted(x / y for x, y in rounds)
    quarter = len(ratios) // 4
    return (
        statistics.median(x for x, _ in rounds),
        statistics.median(y for _, y in rounds),
        statistics.median(ratios),
        (ratios[-1 - quarter] - ratios[quarter]) / 2,
    )


def import_seconds(modules: list[str]) -> list[float]:
    """Seconds that a fresh interpreter needs to import each module, less those of an empty program."""

    def run(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    rounds = [[run("pass"), *(run(f"import {module}") for module in modules)] for _ in range(9)]
    empty, *full = (statistics.median(column) for column in zip(*rounds, strict=True))
    return [x - empty for x in full]


def installed_bytes(package: str, seen: set[str] | None = None) -> int:
    """Bytes of a distribution's files and of those it requires, as they lie in this environment."""
    seen = set() if seen is None else seen
    name = package.lower().replace("_", "-")
    if name in seen:
        return 0
    seen.add(name)
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return 0
    own = sum(path.stat().st_size for f in distribution.files or () if (path := Path(str(f.locate()))).is_file())
    for requirement in distribution.requires or ():
        if "extra ==" not in requirement:
            head = requirement.split(";")[0].strip()
            own += installed_bytes("".join(c if c.isalnum() or c in "-_." else " " for c in head).split()[0], seen)
    return own


Row = tuple[str, str, str, float, float, float | None]  # work, our time, theirs, ratio, spread, ratio asked for


def rows() -> list[Row]:
    """All measurements; each is printed when it has been made."""
    import torch as theirs

    import tapegrad as ours

    found: list[Row] = []

    def note(name: str, a: str, b: str, ratio: float, spread: float, asked: float | None) -> None:
        found.append((name, a, b, ratio, spread, asked))
        print(as_line(found[-1]), flush=True)

    recorded = []
    for name, workload, asked in (*WORKLOADS, *LARGER):
        a, b, ratio, spread = measure(workload, ours, theirs)
        if name.startswith("forward, recorded"):
            recorded.append(ratio)
        note(name, f"{a * 1e6:,.2f} µs", f"{b * 1e6:,.2f} µs", ratio, spread, asked)
    note(f"median of the {len(recorded)} recorded operations", "", "", statistics.median(recorded), 0.0, 0.8)
    a, b = import_seconds(["tapegrad", "torch"])
    note("import", f"{a * 1e3:.0f} ms", f"{b * 1e3:.0f} ms", a / b, 0.0, 0.12)
    a, b = installed_bytes("tapegrad"), installed_bytes("torch")
    note("size of an install with dependencies", f"{a / 1e6:.0f} MB", f"{b / 1e6:.0f} MB", a / b, 0.0, None)
    return found


def as_line(row: Row) -> str:
    """A row of the table in Markdown."""
    name, a, b, ratio, spread, asked = row
    accuracy = f" ± {spread:.2f}" if spread else ""
    return f"| {name} | {a} | {b} | {ratio:.2f}{accuracy} | {'' if asked is None else f'≤ {asked}'} |"


def write(found: list[Row]) -> None:
    """Put the measurements where they are read."""
    import numpy
    import torch

    where = f"Python {platform.python_version()}, NumPy {numpy.__version__}, torch {torch.__version__}"
    heading = "| work | tapegrad | torch | ratio | asked |\n|---|---:|---:|---:|---:|\n"
    table = heading + "\n".join(map(as_line, found)) + "\n"
    HERE.joinpath("RESULTS.md").write_text(
        "# tapegrad beside PyTorch\n\nWritten by `python benchmarks/side_by_side.py --write`; ratio: our time ÷"
        f" theirs, median of {ROUNDS} interleaved rounds ± half of their middle half.\n\n{where},"
        f" {torch.get_num_threads()} torch threads.\n\n{table}",
        encoding="utf-8",
    )
    for page in ("performance.md", "zh/performance.md"):
        path = DOCS / page
        text = path.read_text(encoding="utf-8")
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        path.write_text(f"{before}{BEGIN}\n\n{where}.\n\n{table}\n{END}{after}", encoding="utf-8")
    write_chart([(name, ratio) for name, _, _, ratio, _, _ in found], DOCS / "pictures/performance.svg")


def main() -> None:
    """Measure, print, and with --write keep the table."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--write", action="store_true", help="write the table and the chart")
    args = cli.parse_args()
    found = rows()
    if args.write:
        write(found)


if __name__ == "__main__":
    main()
