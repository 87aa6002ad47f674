"""Smooth activations."""

from __future__ import annotations

from ....tensor.tensor import Tensor
from ... import functional as F
from ..module import Module


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ).

    >>> import tapegrad as torch
    >>> torch.nn.Sigmoid()(torch.tensor([0.0, 2.0]))
    tensor([0.5000, 0.8808])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.sigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

    >>> import tapegrad as torch
    >>> torch.nn.Tanh()(torch.tensor([0.0, 2.0]))
    tensor([0.0000, 0.9640])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.tanh(input)


class SiLU(Module):
    """x · sigmoid(x), also known as swish.

    Args:
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.SiLU()(torch.tensor([0.0, 2.0]))
    tensor([0.0000, 1.7616])
    """

    __constants__ = ["inplace"]
    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.silu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return "inplace=True" if self.inplace else ""


class Mish(Module):
    """x · tanh(softplus(x)).

    Args:
        inplace: write the result into the input.

    >>> import tapegrad as torch
    >>> torch.nn.Mish()(torch.tensor([0.0, 2.0]))
    tensor([0.0000, 1.9440])
    """

    __constants__ = ["inplace"]
    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.mish(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return "inplace=True" if self.inplace else ""


class GELU(Module):
    """x · Φ(x), with the distribution function Φ of the normal distribution.

    Args:
        approximate: "none", or "tanh" for Φ by a hyperbolic tangent.

    >>> import tapegrad as torch
    >>> torch.nn.GELU()(torch.tensor([0.0, 2.0]))
    tensor([0.0000, 1.9545])
    """

    __constants__ = ["approximate"]
    approximate: str

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"approximate={self.approximate!r}"


class GLU(Module):
    """The first half along a dimension, times the sigmoid of the second half.

    Args:
        dim: the dimension, of even length, which is halved.

    >>> import tapegrad as torch
    >>> torch.nn.GLU()(torch.tensor([3.0, 0.0]))
    tensor([1.5000])
    """

    __constants__ = ["dim"]
    dim: int

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """The activation of a tensor that has the dimension."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"dim={self.dim}"


class Softplus(Module):
    """log(1 + e^(beta · x)) / beta, and x where beta · x is above the threshold.

    Args:
        beta: how sharp the bend is.
        threshold: from where on the function is taken to be linear.

    >>> import tapegrad as torch
    >>> torch.nn.Softplus()(torch.tensor([0.0, 2.0]))
    tensor([0.6931, 2.1269])
    """

    __constants__ = ["beta", "threshold"]
    beta: float
    threshold: float

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"beta={self.beta}, threshold={self.threshold}"


class LogSigmoid(Module):
    """log(1 / (1 + e⁻ˣ)).

    >>> import tapegrad as torch
    >>> torch.nn.LogSigmoid()(torch.tensor([0.0, 2.0]))
    tensor([-0.6931, -0.1269])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.logsigmoid(input)


class Softsign(Module):
    """x / (1 + |x|).

    >>> import tapegrad as torch
    >>> torch.nn.Softsign()(torch.tensor([0.0, 3.0]))
    tensor([0.0000, 0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.softsign(input)


class Tanhshrink(Module):
    """x - tanh(x).

    >>> import tapegrad as torch
    >>> torch.nn.Tanhshrink()(torch.tensor([0.0, 2.0]))
    tensor([0.0000, 1.0360])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The activation of any tensor."""
        return F.tanhshrink(input)


__all__ = [
    "GELU", "GLU", "LogSigmoid", "Mish", "SiLU", "Sigmoid", "Softplus", "Softsign", "Tanh", "Tanhshrink",
]  # fmt: skip
