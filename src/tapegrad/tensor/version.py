"""Version counters: how a saved tensor knows that somebody wrote into its memory.

A tensor has no counter until one must be shared: with a view, with a detached twin, or because it was written into.  No
counter means version 0.  Tensors made under `inference_mode` share one counter that does not count (`INFERENCE`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .tensor import Tensor


class Version:
    """A count of in-place writes, shared by all tensors over one memory.

    Attributes:
        n: the count.
        kept: the same, read by whoever keeps a tensor for the backward pass.
    """

    __slots__ = ("n",)
    kept: int

    def __init__(self) -> None:
        self.n = 0


_count: Any = Version.__dict__["n"]
Version.kept = _count  # one slot under two names


class InferenceVersion(Version):
    """The counter of tensors made under `inference_mode`: always 0, it only refuses what they cannot do.

    That saving and writing already look at a tensor's counter is why such tensors cost the others nothing.
    """

    __slots__ = ()

    def __init__(self) -> None:
        pass

    @property
    def n(self) -> int:
        return 0

    @n.setter
    def n(self, value: int) -> None:
        self.check_write()

    @property
    def kept(self) -> int:  # type: ignore[override]
        from ..errors import inference_saved

        raise inference_saved()

    def check_write(self) -> None:
        """Refuse a write outside of inference mode.

        Raises:
            InPlaceError: this thread is not in inference mode.
        """
        from ..autograd.grad_mode import in_inference_mode

        if not in_inference_mode():
            from ..errors import inference_in_place

            raise inference_in_place()


INFERENCE: Final = InferenceVersion()


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
