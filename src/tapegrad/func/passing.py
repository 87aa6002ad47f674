"""What torch's transforms need and ours do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor.tensor import Tensor, new_tensor

__all__ = ["debug_unwrap", "functionalize"]


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """The function itself: in-place writes and views work inside of all transforms as they are.

    Args:
        remove: 'mutations' or 'mutations_and_views'.

    Raises:
        RuntimeError: `remove` is neither.
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(f, remove='mutations'): received invalid argument for remove={remove}. Valid options are:"
            "\n     remove='mutations': all inplace and out= operators will be removed from the program, and replaced"
            " with their out-of-place equivalents.\n     remove='mutations_and_views': In addition to the above, all"
            " aliasing operators {view} will be replaced with their non-aliasing counterparts, {view}_copy."
        )
    return func


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """The values that a tensor inside of transforms holds, for printing; all rows of one inside of `vmap`.

    Args:
        recurse: through all transforms, not only the innermost.
    """
    array = tensor._data
    while hasattr(array, "value"):
        array = array.value
        if not recurse:
            break
    return new_tensor(array)
