"""What goes through the elements one by one in Python: `apply_`, `map_`, `map2_`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .dtypes import from_numpy_dtype
from .sequences import element_of
from .tensor import Tensor
from .version import version_of


def apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace each element x by `callable(x)`, in place; slow.

    Raises:
        RuntimeError: the tensor requires a gradient.

    >>> import tapegrad as torch
    >>> torch.tensor([1.0, 2.0]).apply_(lambda x: 10 * x)
    tensor([10., 20.])
    """
    return _loop("apply_", self, (), callable)


def map_(self: Tensor, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace each element x by `callable(x, y)`, y being the element of another tensor, in place; slow."""
    return _loop("map_", self, (tensor,), callable)


def map2_(self: Tensor, x: Tensor, y: Tensor, callable: Callable[[Any, Any, Any], Any]) -> Tensor:
    """Replace each element by `callable` of it and those of two other tensors, in place; slow."""
    return _loop("map2_", self, (x, y), callable)


def _loop(name: str, self: Tensor, others: tuple[Tensor, ...], function: Any) -> Tensor:
    if self.requires_grad or any(other.requires_grad for other in others):
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")
    for other in others:
        if other.dtype is not self.dtype:
            mine, given = self.type(), other.type()
            raise TypeError(f"{name}: expected {mine} for 'other' (got {given})")
    shape = self._data.shape
    rows = [t.expand(shape)._data.reshape(-1).tolist() for t in others]
    kind = from_numpy_dtype(self._data.dtype)
    values = [element_of(function(*items), kind) for items in zip(self._data.reshape(-1).tolist(), *rows, strict=True)]
    self._data[...] = np.array(values, self._data.dtype).reshape(shape)
    version_of(self).n += 1
    return self


METHODS = {"apply_": apply_, "map2_": map2_, "map_": map_}

__all__: list[str] = []
