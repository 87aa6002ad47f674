"""Activations made of straight pieces: limited to a range, or zero around zero."""

from __future__ import annotations

import warnings

from ....tensor.tensor import Tensor
from ... import functional as F
from ..module import Module
from .rectifiers import inplace_note


class Hardtanh(Module):
    """x limited to [min_val, max_val].

    Args:
        min_val: the lower limit.
        max_val: the upper limit.
        inplace: write the result into the input.
        min_value, max_value: older names of both.

    >>> import tapegrad as torch
    >>> torch.nn.Hardtanh()(torch.tensor([-3.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """

    __constants__ = ["min_val", "max_val", "inplace"]
    min_val: float
    max_val: float
    inplace: bool

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        if min_value is not None:
            _warn_old_name("min_value", "min_val")
            min_val = min_value
        if max_value is not None:
            _warn_old_name("max_value", "max_val")
            max_val = max_value
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace
        if not self.max_val > self.min_val:
            raise AssertionError(f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})")

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"min_val={self.min_val}, max_val={self.max_val}{inplace_note(self.inplace)}"


def _warn_old_name(old: str, new: str) -> None:
    warnings.warn(f"keyword argument `{old}` is deprecated and renamed to `{new}`", FutureWarning, stacklevel=3)


class ReLU6(Hardtanh):
    """x limited to [0, 6].

    Args:
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.ReLU6()(torch.tensor([-3.0, 0.5, 9.0]))
    tensor([0.0000, 0.5000, 6.0000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return "inplace=True" if self.inplace else ""


class Hardsigmoid(Module):
    """x/6 + 1/2, limited to [0, 1].

    Args:
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.Hardsigmoid()(torch.tensor([-4.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """

    __constants__ = ["inplace"]
    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.hardsigmoid(input, self.inplace)


class Hardswish(Module):
    """x times the hard sigmoid of x.

    Args:
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.Hardswish()(torch.tensor([-4.0, 0.0, 1.5]))
    tensor([-0.0000, 0.0000, 1.1250])
    """

    __constants__ = ["inplace"]
    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.hardswish(input, self.inplace)


class Hardshrink(Module):
    """0 where |x| ≤ lambd, else x.

    Args:
        lambd: the threshold.

    >>> import tapegrad as torch
    >>> torch.nn.Hardshrink()(torch.tensor([-1.0, 0.3]))
    tensor([-1.,  0.])
    """

    __constants__ = ["lambd"]
    lambd: float

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The threshold."""
        return f"{self.lambd}"


class Softshrink(Module):
    """0 where |x| ≤ lambd, else x moved towards 0 by lambd.

    Args:
        lambd: the threshold.

    >>> import tapegrad as torch
    >>> torch.nn.Softshrink()(torch.tensor([-1.0, 0.3]))
    tensor([-0.5000,  0.0000])
    """

    __constants__ = ["lambd"]
    lambd: float

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The threshold."""
        return str(self.lambd)


__all__ = ["Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "ReLU6", "Softshrink"]
