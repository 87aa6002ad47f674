"""What tensors have to know about `vmap`, which is little as long as none is used.

Inside of `vmap` the array of a tensor is a `func.batched.BatchedArray`: one array per row of a batch, seen as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..func.levels import Level

# By thread, the `vmap` calls that are running now, outermost first.
running: Final[dict[int, list[Level]]] = {}

# Under this name a leaf keeps, among its extras, the number of the innermost `vmap` call it was made in.
MADE_AT: Final = "made at level"


class Unbatchable(AttributeError):
    """A batched array was asked for something that needs a single row.

    An `AttributeError`, so that `hasattr` answers.

    Args:
        wanted: what was asked for, such as "a Python number".
    """

    def __init__(self, wanted: str) -> None:
        super().__init__(f"vmap: {wanted} is not the same for all rows")
        self.wanted = wanted


def all_rows(array: Any) -> Any:
    """The array with the rows of every `vmap` visible, for checks that the values of all rows must pass.

    >>> import numpy as np
    >>> all_rows(np.ones(2))
    array([1., 1.])
    """
    return getattr(array, "physical", array)
