"""Activations that keep positive inputs and flatten negative ones."""

from __future__ import annotations

from typing import Any

from ....tensor.factories import empty
from ....tensor.tensor import Parameter, Tensor
from ... import functional as F
from ..module import Module


def inplace_note(inplace: bool) -> str:
    """What `extra_repr` adds for a module that writes into its input."""
    return ", inplace=True" if inplace else ""


class Threshold(Module):
    """x where x > threshold, else `value`.

    Args:
        threshold: where to begin to keep x.
        value: what else to return.
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.Threshold(0.1, 20)(torch.tensor([-1.0, 2.0]))
    tensor([20.,  2.])
    """

    __constants__ = ["threshold", "value", "inplace"]
    threshold: float
    value: float
    inplace: bool

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"threshold={self.threshold}, value={self.value}{inplace_note(self.inplace)}"


class ReLU(Module):
    """max(0, x).

    Args:
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.ReLU()(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    __constants__ = ["inplace"]
    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return "inplace=True" if self.inplace else ""


class RReLU(Module):
    """x where x ≥ 0, else a · x, with a drawn at random for each element, or the mean of its range in evaluation.

    Args:
        lower: the smallest a.
        upper: the largest a.
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.RReLU(0.25, 0.25)(torch.tensor([-1.0, 2.0]))
    tensor([-0.2500,  2.0000])
    """

    __constants__ = ["lower", "upper", "inplace"]
    lower: float
    upper: float
    inplace: bool

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"lower={self.lower}, upper={self.upper}{inplace_note(self.inplace)}"


class LeakyReLU(Module):
    """x where x ≥ 0, else negative_slope · x.

    Args:
        negative_slope: the slope for negative x.
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.LeakyReLU(0.1)(torch.tensor([-1.0, 2.0]))
    tensor([-0.1000,  2.0000])
    """

    __constants__ = ["inplace", "negative_slope"]
    inplace: bool
    negative_slope: float

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"negative_slope={self.negative_slope}{inplace_note(self.inplace)}"


class PReLU(Module):
    """x where x ≥ 0, else weight · x, with a weight that is learnt.

    Args:
        num_parameters: 1, or the number of channels, which are the second dimension of the input.
        init: the first value of the weights.

    Attributes:
        weight: shape (num_parameters,).

    >>> import tapegrad as torch
    >>> torch.nn.PReLU()(torch.tensor([-1.0, 2.0]))
    tensor([-0.2500,  2.0000], grad_fn=<PreluKernelBackward0>)
    """

    __constants__ = ["num_parameters"]
    num_parameters: int
    weight: Parameter

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        self.num_parameters = num_parameters
        super().__init__()
        self.init = init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the first values."""
        from ...init import constant_

        constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"num_parameters={self.num_parameters}"


class ELU(Module):
    """x where x > 0, else alpha · (eˣ - 1).

    Args:
        alpha: minus the value far to the left.
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.ELU()(torch.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    __constants__ = ["alpha", "inplace"]
    alpha: float
    inplace: bool

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"alpha={self.alpha}{inplace_note(self.inplace)}"


class CELU(Module):
    """max(0, x) + min(0, alpha · (e^(x/alpha) - 1)).

    Args:
        alpha: minus the value far to the left.
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.CELU(2.0)(torch.tensor([-1.0, 2.0]))
    tensor([-0.7869,  2.0000])
    """

    __constants__ = ["alpha", "inplace"]
    alpha: float
    inplace: bool

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"alpha={self.alpha}{inplace_note(self.inplace)}"


class SELU(Module):
    """An ELU scaled so that activations keep mean 0 and variance 1 from layer to layer.

    Args:
        inplace: write the result into the input.

    Reference: Klambauer and others, Self-Normalizing Neural Networks, 2017.

    >>> import tapegrad as torch
    >>> torch.nn.SELU()(torch.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """

    __constants__ = ["inplace"]
    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.selu(input, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return "inplace=True" if self.inplace else ""


__all__ = ["CELU", "ELU", "SELU", "LeakyReLU", "PReLU", "RReLU", "ReLU", "Threshold"]
