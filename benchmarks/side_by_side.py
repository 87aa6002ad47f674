"""tapegrad beside PyTorch, torch.compile, JAX, autograd, tinygrad and NumPy, in one process, in turns.

    python benchmarks/side_by_side.py                       everything, about ten minutes
    python benchmarks/side_by_side.py --list                the names of the parts
    python benchmarks/side_by_side.py --only "4 floats"     parts that have this in their name
    python benchmarks/side_by_side.py --forms tapegrad,torch
    python benchmarks/side_by_side.py --write               everything, and keep it

`make bench` sets up an environment and does the last of these. Needs a machine with nothing else to do. All forms of a
work are checked to agree, then timed in rounds that go from one to the next, so that a slow spell of the machine hits
all of them; a ratio is the median of the rounds' ratios. `--write` writes benchmarks/RESULTS.md, and tables and chart
of the documentation's page on performance.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import os
import platform
import warnings
from collections.abc import Callable
from pathlib import Path

import processes
from chart import write_chart
from forms import COMPILED, FORMS, JAX, OURS, TORCH, TORCH_COMPILED, ready, steps_of, tier
from measuring import Times, as_numpy, check_agreement, in_turns, warm_up
from operators import KINDS, OPERATORS, SIZES, calls, floor
from results import Results
from tqdm import tqdm
from work import WORK, Work
from writing import time_text, write

ROOT = Path(__file__).resolve().parent.parent
STARTS = ("tanh MLP 2-16-16-1, batch 32, SGD", "transformer layer 128, 8 × 64 tokens")
PEAKS = (
    "MLP 784-256-10, batch 64, Adam", "MLP 1024 × 3, batch 256", "CNN on 28 × 28, batch 32",
    "transformer layer 128, 8 × 64 tokens",
)  # fmt: skip

Part = Callable[[Results, tuple[str, ...]], str]  # measures, and says what came out


def measure_work(work: Work) -> Part:
    """Time a work in all forms."""

    def part(results: Results, wanted: tuple[str, ...]) -> str:
        steps, made = steps_of(work, wanted)
        warm_up(steps, ready)
        times = results.works[work.name] = in_turns(steps)
        if made:
            results.tiers[work.name] = tier(made[0])
        lines = []
        for form in steps:
            line = f"  {form:18}{time_text(times.median(form)):>10}"
            for other in (TORCH, TORCH_COMPILED, JAX):
                if form != other and (ratio := times.ratio(form, other)):
                    line += f"   ÷ {other} {ratio.value:.2f} ± {ratio.spread:.2f}"
            lines.append(line + (f"   {results.tiers[work.name]}" if form == COMPILED else ""))
        asked = work.compiled and " ".join("–" if limit is None else f"{limit:g}" for limit in work.compiled)
        lines += [f"  asked of eager ÷ torch: {work.eager}"] if work.eager else []
        lines += [f"  asked of compiled ÷ torch, torch.compile, JAX: {asked}"] if asked else []
        return "\n".join(lines)

    return part


def measure_operation(name: str) -> Part:
    """Time an operation at all sizes."""

    def part(results: Results, wanted: tuple[str, ...]) -> str:
        lines = []
        for size in SIZES:
            steps = {"NumPy": floor(name, size)}
            forms = [form for form in (OURS, TORCH) if form in wanted]
            of_form = {form: calls(importlib.import_module(form), name, size) for form in forms}
            # What is compared comes next to each other: the processor's speed may change many times in a second.
            steps |= {f"{form} {kind}": of_form[form][kind] for kind in KINDS for form in forms}
            check_agreement({form: [as_numpy(steps[form]())] for form in steps if not form.endswith("backward")})
            check_agreement({form: [as_numpy(step()[0])] for form, step in steps.items() if form.endswith("backward")})
            times = results.operations[name, size] = in_turns(steps, rounds=21, round_seconds=0.005)
            lines.append(f"  {size:9,}: " + ", ".join(f"{form} {time_text(times.median(form))}" for form in steps))
        return "\n".join(lines)

    return part


def measure_import(results: Results, wanted: tuple[str, ...]) -> str:
    """Time imports, and add up installations."""
    results.imports = Times(processes.import_seconds([OURS, TORCH]))
    results.sizes = {form: processes.installed_bytes(form) for form in (OURS, TORCH)}
    return "\n".join(
        f"  {form:18}{time_text(results.imports.median(form)):>10}{results.sizes[form] / 1e6:>8.0f} MB"
        for form in (OURS, TORCH)
    )


def measure_peak(row: str) -> Part:
    """Peak memory, each form in a process of its own."""

    def part(results: Results, wanted: tuple[str, ...]) -> str:
        forms = [form for form in (OURS, COMPILED, TORCH) if form in wanted]
        results.peaks[row] = {form: processes.peak_bytes(form, row) for form in forms}
        return "\n".join(f"  {form:18}{size / 1e6:8.1f} MB" for form, size in results.peaks[row].items())

    return part


def measure_start(row: str) -> Part:
    """How soon a compiled step is there."""

    def part(results: Results, wanted: tuple[str, ...]) -> str:
        forms = [form for form in (COMPILED, TORCH_COMPILED, JAX) if form in wanted]
        results.starts[row] = {form: list(processes.start_seconds(form, row)) for form in forms}
        return "\n".join(
            f"  {form:18}" + "; then ".join(f"{time_text(p['first'])}, final {time_text(p['final'])}" for p in both)
            for form, both in results.starts[row].items()
        )

    return part


def measure_copies(results: Results, wanted: tuple[str, ...]) -> str:
    """The machine's bandwidth."""
    results.copies = {threads: processes.copy_bandwidth(threads) for threads in (1, 2)}
    return "\n".join(f"  {threads} at once: {rate / 1e9:.1f} GB/s" for threads, rate in results.copies.items())


def parts() -> dict[str, Part]:
    """Everything that can be measured, by name."""
    # Operations first, while tapegrad and torch alone are loaded: what a compiler leaves in a process slows both.
    found = {f"operation {name}": measure_operation(name) for name in OPERATORS}
    found |= {work.name: measure_work(work) for work in WORK}
    found |= {f"peak memory: {row}": measure_peak(row) for row in PEAKS}
    found |= {f"first result: {row}": measure_start(row) for row in STARTS}
    return found | {"import and size": measure_import, "copying": measure_copies}


def where() -> str:
    """On what was measured, in words and numbers that need no translation."""
    import torch

    packages = ("tapegrad", "numpy", "numba", "torch", "jax", "autograd", "tinygrad")
    installed = {x.name.lower(): x.version for x in importlib.metadata.distributions()}
    versions = ", ".join(f"{package} {installed[package]}" for package in packages if package in installed)
    machine = f"{_processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} torch threads"
    return f"{machine}; Python {platform.python_version()}, {versions}."


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if os.path.exists("/proc/cpuinfo") else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def main() -> None:
    """Measure, print, and with --write keep the tables."""
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--only", action="append", metavar="TEXT", help="parts with this in their name; may be repeated")
    cli.add_argument("--forms", default=",".join(FORMS), help="a list with commas (default: %(default)s)")
    cli.add_argument("--list", action="store_true", help="print the names of the parts")
    cli.add_argument("--write", action="store_true", help="keep the tables and the chart")
    args = cli.parse_args()
    if args.write and (args.only or args.forms != ",".join(FORMS)):
        cli.error("--write keeps whole runs only")
    chosen = {name: part for name, part in parts().items() if not args.only or any(t in name for t in args.only)}
    if args.list:
        print("\n".join(chosen))
        return
    warnings.simplefilter("ignore")  # of compilers, about what they leave as it is
    results = Results()
    progress = tqdm(chosen.items(), unit="part", disable=None)
    for name, part in progress:
        progress.set_description(name[:40])
        progress.write(f"{name}\n{part(results, tuple(args.forms.split(',')))}")
    if args.write:
        write(where(), results.tables(), ROOT)
        write_chart(results, ROOT / "docs/pictures/performance.svg")


if __name__ == "__main__":
    main()
