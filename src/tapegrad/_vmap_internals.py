"""`torch._vmap_internals`, under which libraries from before `torch.func` know `vmap`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .func import vmap

__all__ = ["_vmap"]


def _vmap(
    func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, allow_none_pass_through: bool = False
) -> Callable[..., Any]:
    """`torch.vmap`, by its older name."""
    return vmap(func, in_dims, out_dims)
