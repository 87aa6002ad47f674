"""What is added to an error that a layer raised: which layer it was, and what came in."""

from __future__ import annotations

from typing import Any, Final

from ....errors import describe
from ....tensor.tensor import Tensor
from ...parameter import is_lazy

_CONTAINERS: Final = "torch.nn.modules.container"
_CALLED: Final = ", called with "


def name_layer(error: Exception, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Add a note to an error that came out of a layer's `forward`; its message stays as it is.

    The innermost layer of this package says it: that is where the error arose, and what it got is what did not fit.
    Containers and a model's own modules add nothing, as they only pass on what they are given.
    """
    kind = type(module)
    if not kind.__module__.startswith("torch.nn.modules.") or kind.__module__ == _CONTAINERS:
        return
    if any(_CALLED in note for note in getattr(error, "__notes__", ())):
        return
    given = [_described(a) for a in args] + [f"{name}={_described(a)}" for name, a in kwargs.items()]
    shown = kind.__name__ if module._modules else repr(module)
    error.add_note(f"In {shown}{_CALLED}{' and '.join(given) or 'nothing'}.")


def _described(value: Any) -> str:
    if isinstance(value, Tensor) and not is_lazy(value):
        return describe(value)
    return repr(value) if isinstance(value, (bool, int, float, str, type(None))) else type(value).__name__
