"""What is added to an error that a layer raised: which layer it was, and what came in."""

from __future__ import annotations

from typing import Any

from ....errors import describe
from ....tensor.tensor import Tensor
from ...parameter import is_lazy


def name_layer(error: Exception, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Add a note to an error that came out of a layer's `forward`; its message stays as it is.

    Only for layers of this package that have none inside: they are where the error arose, and what they got is what
    did not fit. A model's own modules say for themselves what is wrong.
    """
    if module._modules or not type(module).__module__.startswith("torch.nn.modules."):
        return
    given = [_described(a) for a in args] + [f"{name}={_described(a)}" for name, a in kwargs.items()]
    error.add_note(f"In {module!r}, called with {' and '.join(given) or 'nothing'}.")


def _described(value: Any) -> str:
    if isinstance(value, Tensor) and not is_lazy(value):
        return describe(value)
    return repr(value) if isinstance(value, (bool, int, float, str, type(None))) else type(value).__name__
