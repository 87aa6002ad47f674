"""The Laplace distribution."""

from __future__ import annotations

from typing import Any, ClassVar

import tapegrad as torch

from . import constraints
from .distribution import Distribution
from .utils import SCALAR, broadcast_all, scalar_batch

__all__ = ["Laplace"]


class Laplace(Distribution):
    """The Laplace distribution, of density exp(−|x − loc| / scale) / (2 scale).

    >>> import tapegrad as torch
    >>> Laplace(1.0, 1.0).cdf(torch.tensor(1.0))
    tensor(0.5000)
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(scalar_batch(self.loc, loc, scale), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Laplace, batch_shape, _instance, ("loc", "scale"))

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return 2 * self.scale.pow(2)

    @property
    def stddev(self) -> Any:
        return 2**0.5 * self.scale

    def rsample(self, sample_shape: Any = SCALAR) -> Any:
        eps = torch.finfo(self.loc.dtype).eps
        # Off −1, where the logarithm is infinite.
        u = self.loc.new(self._extended_shape(sample_shape)).uniform_(eps - 1, 1)
        return self.loc - self.scale * u.sign() * torch.log1p(-u.abs())

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return -torch.log(2 * self.scale) - torch.abs(value - self.loc) / self.scale

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        offset = value - self.loc
        return 0.5 - 0.5 * offset.sign() * torch.expm1(-offset.abs() / self.scale)

    def icdf(self, value: Any) -> Any:
        offset = value - 0.5
        return self.loc - self.scale * offset.sign() * torch.log1p(-2 * offset.abs())

    def entropy(self) -> Any:
        return 1 + torch.log(2 * self.scale)
