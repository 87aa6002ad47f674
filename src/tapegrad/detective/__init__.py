"""The detective: why a gradient is None, zero, not finite, or not what was expected; shapes that broadcast by mistake.

`why`, `find_nan`, `check_shapes` and `record_lines` are in `tapegrad` itself; the rest is here.
"""

from .answers import Answer, Cause
from .holders import holders
from .nonfinite import find_nan
from .questions import cuts, overwritten, passes, shared, why
from .shapes import BroadcastWarning, check_shapes

__all__ = [
    "Answer",
    "BroadcastWarning",
    "Cause",
    "check_shapes",
    "cuts",
    "find_nan",
    "holders",
    "overwritten",
    "passes",
    "shared",
    "why",
]
