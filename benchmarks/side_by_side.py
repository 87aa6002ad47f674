"""tapegrad beside PyTorch, in one process, interleaved: the ratios of the README.

    python benchmarks/side_by_side.py [--write]

Needs tapegrad and torch==2.13.0 in one environment, and a machine with nothing else to do. Each workload is timed in
rounds that alternate between the two libraries, so that a slow spell of the machine hits both; the figure is the median
of the rounds' ratios. `--write` puts the table into benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 15
ROUND_SECONDS = 0.05

Workload = Callable[[Any], Callable[[], object]]


def forward_recording(name: str) -> Workload:
    """One operation on 4 floats, one of which requires a gradient."""

    def prepare(torch: Any) -> Callable[[], object]:
        x = torch.tensor([0.5, 1.0, 1.5, 2.0], requires_grad=True)
        y = torch.tensor([1.0, 2.0, 3.0, 4.0])
        calls: dict[str, Callable[[], object]] = {
            "add": lambda: x + y,
            "mul": lambda: x * y,
            "div": lambda: x / y,
            "number": lambda: x * 3.0,
            "pow": lambda: x**2,
            "exp": lambda: x.exp(),
            "tanh": lambda: torch.tanh(x),
            "sum": lambda: x.sum(),
            "mean": lambda: x.mean(),
            "matmul": lambda: x @ y,
            "reshape": lambda: x.reshape(2, 2),
            "index": lambda: x[3],
        }
        return calls[name]

    return prepare


def without_recording(torch: Any) -> Callable[[], object]:
    """One product of 4 floats, nothing to record."""
    x, y = torch.tensor([0.5, 1.0, 1.5, 2.0]), torch.tensor([1.0, 2.0, 3.0, 4.0])
    return lambda: x * y


def x2ex(torch: Any) -> Callable[[], object]:
    """x²·eˣ on 4 floats, forward and backward."""
    x = torch.tensor([0.5, 1.0, 1.5, 2.0], requires_grad=True)
    ones = torch.ones(4)

    def step() -> None:
        x.grad = None
        y = x**2 * torch.exp(x)
        y.backward(ones)

    return step


def thermometer(torch: Any) -> Callable[[], object]:
    """One epoch of the thermometer fit: forward, backward, update."""
    celsius = torch.tensor([0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0])
    unknown = 0.1 * torch.tensor([35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4])
    params = torch.tensor([1.0, 0.0], requires_grad=True)

    def epoch() -> None:
        if params.grad is not None:
            params.grad.zero_()
        w, b = params
        loss = ((w * unknown + b - celsius) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            params.sub_(1e-2 * params.grad)

    return epoch


def mlp(torch: Any) -> Callable[[], object]:
    """A tanh MLP 2-16-16-1 on a batch of 32, forward and backward."""
    torch.manual_seed(0)
    x, y = torch.randn(32, 2), torch.randn(32, 1)
    sizes = (2, 16, 16, 1)
    weights = [torch.randn(a, b, requires_grad=True) for a, b in itertools.pairwise(sizes)]
    biases = [torch.zeros(b, requires_grad=True) for b in sizes[1:]]

    def step() -> None:
        for p in (*weights, *biases):
            p.grad = None
        h = x
        for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
            h = h @ w + b
            if i < 2:
                h = torch.tanh(h)
        loss = ((h - y) ** 2).mean()
        loss.backward()

    return step


def chain(torch: Any) -> Callable[[], object]:
    """1,000 scalar operations in a chain, forward and backward."""
    x = torch.tensor(1.0, requires_grad=True)

    def step() -> None:
        y = x
        for _ in range(500):
            y = y * 1.001 + 0.1
        y.backward()

    return step


# (row, workload, the ratio that is asked for)
WORKLOADS: list[tuple[str, Workload, float | None]] = [
    *[
        (f"forward, recorded, 4 floats: {name}", forward_recording(name), 0.7 if name == "index" else 0.8)
        for name in "add mul div number pow exp tanh sum mean matmul reshape index".split()
    ],
    ("forward, not recorded, 4 floats: mul", without_recording, None),
    ("x²·eˣ forward and backward, 4 floats", x2ex, 0.5),
    ("one thermometer epoch", thermometer, 0.65),
    ("tanh MLP 2-16-16-1, batch 32, forward and backward", mlp, 0.5),
    ("chain of 1,000 scalar operations, forward and backward", chain, None),
]


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
