"""Functions of SciPy, which is imported when one is first called: that takes longer than everything else here."""

from __future__ import annotations

from typing import Any

from ..quiet import over, quiet


def _scipy_special(name: str) -> Any:
    """The function of `scipy.special` of that name, for use as a forward function."""
    function: Any = None

    def forward(*arrays: Any) -> Any:
        nonlocal function
        if function is None:
            from scipy import special

            function = getattr(special, name)
        return function(*arrays)

    forward.__name__ = forward.__qualname__ = name
    return forward


scipy_special = over(_scipy_special, quiet(globals()))
