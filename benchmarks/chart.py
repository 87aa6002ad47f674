"""The chart of measured ratios."""

from __future__ import annotations

from pathlib import Path

from forms import COMPILED, OURS, TORCH
from results import Results

COLOURS = {OURS: "#2a7f62", COMPILED: "#31688e"}


def write_chart(results: Results, path: Path) -> None:
    """For each work two bars from 1, which is eager torch's time, to our ratios (logarithmic): left is faster."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "tapegrad"  # the same file from the same numbers
    import matplotlib.pyplot as plt

    rows = [(work.name, times) for work, times in reversed(results.measured()) if work.whole]
    figure, axes = plt.subplots(figsize=(9, 0.42 * len(rows) + 1.2), layout="constrained")
    for form, height, offset in ((OURS, 0.36, 0.2), (COMPILED, 0.36, -0.2)):
        values = [ratio.value if (ratio := times.ratio(form, TORCH)) else 1.0 for _, times in rows]
        places = [place + offset for place in range(len(rows))]
        axes.barh(places, [value - 1 for value in values], height, left=1, color=COLOURS[form], label=form)
        for place, value in zip(places, values, strict=True):
            left = value < 1
            axes.annotate(
                f"{value:.2f}", (value, place), (-3 if left else 3, 0), textcoords="offset points",
                ha="right" if left else "left", va="center", fontsize=7,
            )  # fmt: skip
    axes.set_xscale("log")
    axes.axvline(1, color="#444444", linewidth=1)
    ticks = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(0.015, 3)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    axes.set_xlabel("our time ÷ eager torch's (logarithmic)")
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.legend(loc="lower left", frameon=False, fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
