"""The chart of measured ratios."""

from __future__ import annotations

from pathlib import Path


def write_chart(ratios: list[tuple[str, float]], path: Path) -> None:
    """A bar for each work, from 1, which is torch's time, to the ratio, on a logarithmic axis: left is faster."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "tapegrad"  # the same file from the same numbers
    import matplotlib.pyplot as plt

    names = [name for name, _ in reversed(ratios)]
    values = [ratio for _, ratio in reversed(ratios)]
    figure, axes = plt.subplots(figsize=(9, 0.28 * len(names) + 1.2), layout="constrained")
    colours = ["#2a7f62" if value <= 1 else "#b5532d" for value in values]
    axes.barh(names, [value - 1 for value in values], left=1, color=colours, height=0.62)
    axes.set_xscale("log")
    axes.axvline(1, color="#444444", linewidth=1)
    ticks = [0.05, 0.1, 0.2, 0.5, 1, 2, 5]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(min(0.05, min(values) * 0.8), max(2, max(values) * 1.3))
    for place, value in enumerate(values):
        left = value < 1
        axes.annotate(
            f"{value:.2f}", (value, place), (-4 if left else 4, 0), textcoords="offset points",
            ha="right" if left else "left", va="center", fontsize=8,
        )  # fmt: skip
    axes.set_xlabel("our time ÷ torch's (logarithmic)")
    axes.tick_params(axis="y", labelsize=8, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
