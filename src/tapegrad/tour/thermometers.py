"""What the tour shows at its end: the loss of the thermometer training and the line it found."""

import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tapegrad.tour.plot import Axis, chart
from tapegrad.tour.style import Style


def loss_chart(variables: Mapping[str, Any], style: Style) -> str:
    """The loss of each epoch as a text plot, both axes logarithmic."""
    losses = variables["losses"]
    # Evenly spaced on a logarithmic axis, or the right half would be drawn a thousand times over.
    epochs = sorted({round(len(losses) ** (step / 200)) for step in range(201)})
    ticks = [1, 10, 100, 1000, len(losses)]
    top = max(losses)
    return chart(
        Axis(1, len(losses), ticks, logarithmic=True),
        Axis(min(losses), top, [min(losses), 10, round(top)], logarithmic=True),
        style,
        curve=[(epoch, losses[epoch - 1]) for epoch in epochs],
        x_label="epoch",
    )


def fit_chart(variables: Mapping[str, Any], style: Style) -> str:
    """The measurements and the fitted line as a text plot."""
    w, b = variables["params"].tolist()
    unknown, celsius = variables["unknown"].tolist(), variables["celsius"].tolist()
    low, high = 10 * math.floor(min(unknown) / 10), 10 * math.ceil(max(unknown) / 10)
    return chart(
        Axis(low, high, range(low, high + 1, 10)),
        Axis(-10, 30, range(-10, 31, 10)),
        style,
        curve=[(reading, w * 0.1 * reading + b) for reading in (low, high)],
        points=list(zip(unknown, celsius, strict=True)),
        x_label="?",
    )


@contextmanager
def drawing_into_files() -> Iterator[None]:
    """Keep matplotlib from opening windows in this block, and leave its settings as they were."""
    if "matplotlib" in sys.modules:
        import matplotlib

        before = matplotlib.get_backend()
        matplotlib.use("agg")
        try:
            yield
        finally:
            matplotlib.use(before)
    else:
        # Nobody may want matplotlib at all, so it is not imported here: it reads this variable when it is.
        backend = os.environ.get("MPLBACKEND")
        os.environ["MPLBACKEND"] = "agg"
        try:
            yield
        finally:
            if backend is None:
                del os.environ["MPLBACKEND"]
            else:
                os.environ["MPLBACKEND"] = backend


def save_picture(figure: Any, folder: Path) -> Path:
    """Save the figure that the tutorial drew, close it, and say where it is."""
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "thermometers.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return path
