"""`Variable`: what tensors with a gradient were called before torch 0.4; code of that time still says it."""

from __future__ import annotations

import warnings
from typing import Any

from ..errors import integer_requires_grad
from ..tensor.dtypes import FLOAT
from ..tensor.tensor import Tensor


class _VariableMeta(type):
    """Makes `Variable(x)` a tensor, and every tensor an instance of `Variable`."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Tensor)

    def __call__(cls, data: Any = None, requires_grad: bool = False, volatile: bool = False) -> Tensor:
        if volatile:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=2,
            )
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(
                f"Variable data has to be a tensor, but got {type(data).__name__}."
                " Write torch.tensor(data, requires_grad=True)."
            )
        t = data.detach()
        if requires_grad and t.dtype.category < FLOAT:
            raise integer_requires_grad(t, says="Only Tensors of floating point and complex dtype")
        return t.requires_grad_() if requires_grad else t


class Variable(metaclass=_VariableMeta):
    """A tensor over the memory of `data`, cut off from its history; the old way to ask for a gradient.

    >>> import tapegrad as torch
    >>> torch.autograd.Variable(torch.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """
