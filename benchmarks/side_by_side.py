"""tapegrad beside PyTorch, in one process, interleaved: the ratios of the README.

    python benchmarks/side_by_side.py [--write]

Needs tapegrad and torch==2.13.0 in one environment, and a machine with nothing else to do. Each workload is timed in
rounds that alternate between the two libraries, so that a slow spell of the machine hits both; the figure is the median
of the rounds' ratios. `--write` puts the table into benchmarks/RESULTS.md.
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

from workloads import WORKLOADS, Workload

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


def import_seconds(module: str) -> float:
    """Seconds that a fresh interpreter needs for `import module`, less those of an empty program."""

    def run(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    full = statistics.median(run(f"import {module}") for _ in range(9))
    return full - statistics.median(run("pass") for _ in range(9))


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


def table() -> str:
    """All measurements as a Markdown table."""
    import torch as theirs

    import tapegrad as ours

    lines = [
        "| work | tapegrad | torch | ratio | asked |",
        "|---|---:|---:|---:|---:|",
    ]

    def row(name: str, a: str, b: str, ratio: str, asked: float | None) -> None:
        lines.append(f"| {name} | {a} | {b} | {ratio} | {'' if asked is None else f'≤ {asked}'} |")
        print(lines[-1], flush=True)

    recorded = []
    for name, workload, asked in WORKLOADS:
        a, b, ratio, spread = measure(workload, ours, theirs)
        if name.startswith("forward, recorded"):
            recorded.append(ratio)
        row(name, f"{a * 1e6:.2f} µs", f"{b * 1e6:.2f} µs", f"{ratio:.2f} ± {spread:.2f}", asked)
    row(f"median of the {len(recorded)} recorded operations", "", "", f"{statistics.median(recorded):.2f}", 0.8)
    a, b = import_seconds("tapegrad"), import_seconds("torch")
    row("import", f"{a * 1e3:.0f} ms", f"{b * 1e3:.0f} ms", f"{a / b:.2f}", 0.12)
    a, b = installed_bytes("tapegrad"), installed_bytes("torch")
    row("size of an install with dependencies", f"{a / 1e6:.0f} MB", f"{b / 1e6:.0f} MB", f"{a / b:.2f}", None)
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and with --write keep the table."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    args = cli.parse_args()
    result = table()
    if args.write:
        import numpy
        import torch

        where = f"Python {platform.python_version()}, NumPy {numpy.__version__}, torch {torch.__version__}"
        Path(__file__).with_name("RESULTS.md").write_text(
            "# tapegrad beside PyTorch\n\nWritten by `python benchmarks/side_by_side.py --write`; ratio: our time ÷"
            f" theirs, median of {ROUNDS} interleaved rounds ± half of their middle half.\n\n{where},"
            f" {torch.get_num_threads()} torch threads.\n\n{result}\n"
        )


if __name__ == "__main__":
    main()
