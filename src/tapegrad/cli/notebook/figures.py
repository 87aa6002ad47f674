"""matplotlib's backend in notebooks: `plt.show()`, and the end of a cell, print a note for each open figure."""

from __future__ import annotations

from matplotlib import pyplot
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

__all__ = ["FigureCanvas", "FigureManager", "flush"]


def flush() -> None:
    """Print a note for each open figure and close it, as inline figures in Jupyter are."""
    for number in pyplot.get_fignums():
        width, height = pyplot.figure(number).canvas.get_width_height()
        print(f"[image/png] {width}x{height}")
    pyplot.close("all")


class FigureManager(FigureManagerBase):
    """Has no window."""

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        flush()


class FigureCanvas(FigureCanvasAgg):
    """Draws into memory, for `savefig`."""

    manager_class = FigureManager
