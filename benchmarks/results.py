"""What has been measured, and the tables that it makes."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from forms import COMPILED, FORMS, JAX, OURS, TORCH, TORCH_COMPILED
from measuring import Ratio, Times
from operators import KINDS, OPERATORS, SIZES
from work import WORK, Work
from writing import Table, ratio_text, time_text

# Asked of the median of the twenty operations on 4 floats, and of the import.
ASKED_OF_OPERATIONS: dict[str, float | None] = {"recorded": 0.65, "not recorded": 0.5, "backward": None}
ASKED_OF_IMPORT = 0.08


@dataclass
class Results:
    """What has been measured; parts that were not asked for are empty.

    Attributes:
        works: the times of each form, by row.
        tiers: what became of what tapegrad compiled, by row.
        operations: times by operation and size; forms are a library and one of `KINDS`, or NumPy.
        imports: seconds by library.
        sizes: bytes that an installation takes, by library.
        peaks: bytes of memory that steps take, by row and form.
        starts: seconds to the first result and to the final speed, of a first and a second process, by row and form.
        copies: bytes per second that copying moves, by number of threads.
    """

    works: dict[str, Times] = field(default_factory=dict)
    tiers: dict[str, str] = field(default_factory=dict)
    operations: dict[tuple[str, int], Times] = field(default_factory=dict)
    imports: Times | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    peaks: dict[str, dict[str, int]] = field(default_factory=dict)
    starts: dict[str, dict[str, list[dict[str, float]]]] = field(default_factory=dict)
    copies: dict[int, float] = field(default_factory=dict)

    def measured(self) -> list[tuple[Work, Times]]:
        """The rows of works that were measured."""
        return [(work, self.works[work.name]) for work in WORK if work.name in self.works]

    def operation(self, name: str, size: int, kind: str) -> Ratio | None:
        """An operation's time by tapegrad ÷ by torch."""
        times = self.operations.get((name, size))
        return times and times.ratio(f"{OURS} {kind}", f"{TORCH} {kind}")

    def median_of_operations(self, size: int, kind: str) -> Ratio | None:
        """The median of all operations' ratios."""
        ratios = [ratio for name in OPERATORS if (ratio := self.operation(name, size, kind))]
        return Ratio(statistics.median(ratio.value for ratio in ratios), 0.0) if ratios else None

    def tables(self) -> list[Table]:
        """All tables of which something was measured."""
        made = (eager(self), compiled(self), forms(self), operations(self), starts(self), bandwidth(self), memory(self))
        return [table for table in made if table[2]]


def eager(results: Results) -> Table:
    """tapegrad beside torch, both as programs are written."""
    rows = []
    for kind, asked in ASKED_OF_OPERATIONS.items():
        if ratio := results.median_of_operations(SIZES[0], kind):
            rows.append([f"operation on 4 floats, {kind}: median of twenty", "", "", ratio_text(ratio, asked)])
    for work, times in results.measured():
        if (ratio := times.ratio(OURS, TORCH)) and work.whole:
            both = [time_text(times.median(form)) for form in (OURS, TORCH)]
            rows.append([work.name, *both, ratio_text(ratio, work.eager)])
    if results.imports:
        both = [time_text(results.imports.median(form)) for form in (OURS, TORCH)]
        rows.append(["import", *both, ratio_text(results.imports.ratio(OURS, TORCH), ASKED_OF_IMPORT)])
    if results.sizes:
        ours, theirs = results.sizes[OURS], results.sizes[TORCH]
        rows.append(
            ["size of an installation", f"{ours / 1e6:.0f} MB", f"{theirs / 1e6:.0f} MB", f"{ours / theirs:.2f}"]
        )
    return "Eager, beside PyTorch", ["work", "tapegrad", "torch", "÷ torch (asked)"], rows


def compiled(results: Results) -> Table:
    """What tapegrad compiles, beside torch's two ways and JAX."""
    rows = []
    for work, times in results.measured():
        if COMPILED not in times.rounds:
            continue
        asked = work.compiled or (None, None, None)
        others = zip((TORCH, TORCH_COMPILED, JAX), asked, strict=True)
        ratios = [ratio_text(times.ratio(COMPILED, form), limit) for form, limit in others]
        rows.append([work.name, time_text(times.median(COMPILED)), *ratios, results.tiers.get(work.name, "")])
    columns = ["work", "tapegrad.compile", "÷ torch (asked)", "÷ torch.compile (asked)", "÷ JAX jit (asked)", "how"]
    return "Compiled", columns, rows


def forms(results: Results) -> Table:
    """The times of all libraries."""
    rows = []
    for work, times in results.measured():
        rows.append([work.name, *[time_text(times.median(form)) if form in times.rounds else "" for form in FORMS]])
    return "All forms", ["work", *FORMS], rows


def operations(results: Results) -> Table:
    """Twenty operations at four sizes."""
    rows = []
    for name in OPERATORS:
        times = results.operations.get((name, SIZES[0]))
        if times is None:
            continue
        small = [time_text(times.median(form)) for form in ("NumPy", f"{OURS} not recorded", f"{OURS} recorded")]
        rows.append([name, *small, *[_three([results.operation(name, size, k) for k in KINDS]) for size in SIZES]])
    if rows:
        medians = [_three([results.median_of_operations(size, k) for k in KINDS]) for size in SIZES]
        rows.append(["median", "", "", "", *medians])
    columns = ["operation", "NumPy, 4", "not recorded, 4", "recorded, 4", *[f"÷ torch, {size:,}" for size in SIZES]]
    return "One operation: not recorded / recorded / backward", columns, rows


def _three(ratios: list[Ratio | None]) -> str:
    return " / ".join(f"{ratio.value:.2f}" if ratio else "–" for ratio in ratios)


def starts(results: Results) -> Table:
    """How soon compiled steps are there."""
    rows = []
    for row, by_form in results.starts.items():
        for form, processes in by_form.items():
            times = [time_text(process[moment]) for process in processes for moment in ("first", "final")]
            rows.append([row, form, *times])
    columns = ["work", "form", "first result", "final speed", "second process: first result", "final speed"]
    return "Until a compiled step is there", columns, rows


def bandwidth(results: Results) -> Table:
    """How fast steps that wait for memory move what they must, beside copying."""
    rows: list[list[str]] = []
    shown = (OURS, COMPILED, TORCH, TORCH_COMPILED, JAX)
    for threads, rate in results.copies.items():
        name = "np.copyto, one thread" if threads == 1 else "np.copyto, two threads"
        rows.append([name, _rate(rate), *["" for _ in shown]])
    for work, times in results.measured():
        if work.moved is not None and results.copies:
            best = max(results.copies.values())
            rates = {form: work.moved / times.median(form) for form in shown if form in times.rounds}
            cells = [f"{_rate(rates[form])} ({rates[form] / best:.0%})" if form in rates else "" for form in shown]
            rows.append([work.name, "", *cells])
    return "Memory-bound work: bytes that must move ÷ time", ["work", "copy", *shown], rows


def _rate(rate: float) -> str:
    return f"{rate / 1e9:.1f} GB/s"


def memory(results: Results) -> Table:
    """The peak memory of training steps."""
    rows = []
    for row, peaks in results.peaks.items():
        cells = [f"{peaks[form] / 1e6:.1f} MB" if form in peaks else "" for form in (OURS, COMPILED, TORCH)]
        ratio = f"{peaks[OURS] / peaks[TORCH]:.2f}" if OURS in peaks and TORCH in peaks else ""
        rows.append([row, *cells, ratio])
    return "Peak memory of a step", ["work", OURS, COMPILED, TORCH, "tapegrad ÷ torch"], rows
