"""Distributions of an exponential family."""

from __future__ import annotations

from typing import Any

import tapegrad as torch

from .distribution import Distribution

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """A distribution with the density exp(⟨t(x), θ⟩ − F(θ) + k(x)): t(x) are the sufficient statistics, θ the natural
    parameters, F the log-normaliser and k the carrier measure.

    From these follow the entropy and the divergence between two of the same family, by way of the gradient of F.

    >>> import tapegrad as torch
    >>> from tapegrad.distributions import Gamma, ExponentialFamily
    >>> isinstance(Gamma(2.0, 1.0), ExponentialFamily)
    True
    """

    @property
    def _natural_params(self) -> Any:
        """The tensors θ."""
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Any) -> Any:
        """F(θ)."""
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self) -> Any:
        """The expectation of k(x)."""
        raise NotImplementedError

    def entropy(self) -> Any:
        """F(θ) − ⟨θ, ∇F(θ)⟩ − E[k(x)]."""
        params = [p.detach().requires_grad_() for p in self._natural_params]
        log_normalizer = self._log_normalizer(*params)
        gradients = torch.autograd.grad(log_normalizer.sum(), params, create_graph=True)
        result = -self._mean_carrier_measure + log_normalizer
        event_dims = len(self.event_shape)
        for param, gradient in zip(params, gradients, strict=True):
            product = param * gradient
            result = result - (product if event_dims == 0 else product.reshape(self._batch_shape + (-1,)).sum(-1))
        return result
