"""Version counters: how a saved tensor knows that somebody wrote into its memory.

A tensor has no counter until one must be shared: with a view, with a detached twin, or because it was written into.  No
counter means version 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .tensor import Tensor


class Version:
    """A count of in-place writes, shared by all tensors over one memory."""

    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0


def version_of(tensor: Tensor) -> Version:
    """The tensor's counter, made now if it has none.

    The node that produced the tensor may have saved it as its own output.  It holds the bare array, since holding the
    tensor would close a reference cycle, so it is handed the counter here.
    """
    version = tensor._vc
    if version is None:
        version = tensor._vc = Version()
        if tensor._fn is not None:
            tensor._fn.share_version(version)
    return version
