"""The generalised Pareto distribution."""

from __future__ import annotations

from typing import Any, ClassVar

import tapegrad as torch

from . import constraints
from .distribution import Distribution
from .utils import SCALAR, broadcast_all, scalar_batch

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """What exceeds a threshold `loc`, with `scale` and shape parameter `concentration` of any sign.

    >>> import tapegrad as torch
    >>> GeneralizedPareto(0.0, 1.0, 0.0).cdf(torch.tensor(1.0))
    tensor(0.6321)
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(scalar_batch(self.loc, loc, scale, concentration), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(GeneralizedPareto, batch_shape, _instance, ("loc", "scale", "concentration"))

    def rsample(self, sample_shape: Any = SCALAR) -> Any:
        shape = self._extended_shape(sample_shape)
        return self.icdf(torch.rand(shape, dtype=self.loc.dtype, device=self.loc.device))

    def _safe_concentration(self) -> tuple[Any, Any]:
        """Where the concentration is zero, and the concentration with ones there."""
        zero = torch.isclose(self.concentration, torch.tensor(0.0, dtype=self.concentration.dtype))
        return zero, torch.where(zero, torch.ones_like(self.concentration), self.concentration)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        z = self._z(value)
        zero, concentration = self._safe_concentration()
        exponent = 1 / concentration + torch.ones_like(z)
        power = torch.where(exponent == 0, exponent, exponent * torch.log1p(concentration * z))
        return torch.where(zero, -z, -power) - self.scale.log()

    def log_survival_function(self, value: Any) -> Any:
        """The logarithm of the probability of more than `value`."""
        if self._validate_args:
            self._validate_sample(value)
        z = self._z(value)
        zero, concentration = self._safe_concentration()
        return torch.where(zero, -z, -torch.log1p(concentration * z) / concentration)

    def log_cdf(self, value: Any) -> Any:
        """The logarithm of the probability of no more than `value`."""
        return torch.log1p(-torch.exp(self.log_survival_function(value)))

    def cdf(self, value: Any) -> Any:
        return torch.exp(self.log_cdf(value))

    def icdf(self, value: Any) -> Any:
        zero, concentration = self._safe_concentration()
        log_survival = torch.log1p(-value)
        curved = self.loc + self.scale * torch.expm1(-concentration * log_survival) / concentration
        return torch.where(zero, self.loc - self.scale * log_survival, curved)

    def _z(self, x: Any) -> Any:
        return (x - self.loc) / self.scale

    @property
    def mean(self) -> Any:
        exists = self.concentration < 1
        concentration = torch.where(exists, self.concentration, 0.5)
        return torch.where(exists, self.loc + self.scale / (1 - concentration), torch.nan)

    @property
    def variance(self) -> Any:
        exists = self.concentration < 0.5
        concentration = torch.where(exists, self.concentration, 0.25)
        value = self.scale**2 / ((1 - concentration) ** 2 * (1 - 2 * concentration))
        return torch.where(exists, value + torch.zeros_like(self.loc), torch.nan)

    def entropy(self) -> Any:
        return torch.log(self.scale) + self.concentration + 1 + torch.zeros_like(self.loc)

    @property
    def mode(self) -> Any:
        return self.loc

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        bounded = self.concentration < 0
        upper = torch.where(bounded, self.loc - self.scale / self.concentration, torch.inf)
        return constraints.interval(self.loc, upper)
