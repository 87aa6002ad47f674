"""`torch.utils.hooks`: the handle that removes a hook, and what else programs with hooks import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..autograd.hooks import RemovableHandle
from ..tensor.copying import _warn_of_hooks as warn_if_has_hooks

__all__ = ["RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]

F = TypeVar("F", bound=Callable[..., Any])


def unserializable_hook(f: F) -> F:
    """Decorate a hook that may be lost when its tensor is saved, so that nobody is warned of it.

    >>> @unserializable_hook
    ... def hook(grad): ...
    >>> hook.__torch_unserializable__
    True
    """
    f.__torch_unserializable__ = True  # type: ignore[attr-defined]
    return f


def __getattr__(name: str) -> Any:
    """The class behind the hooks of modules, which is loaded with them."""
    if name == "BackwardHook":
        from ..nn.modules.module.backward_hooks import BackwardHook

        return BackwardHook
    raise AttributeError(f"module 'torch.utils.hooks' has no attribute {name!r}", name=name)
