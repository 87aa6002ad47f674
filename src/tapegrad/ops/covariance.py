"""Covariances and correlations of variables, composed of sums and products."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import DtypeError, ShapeError, wrong_argument
from ..tensor import dtypes
from ..tensor.dtypes import scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .products import mm


def _check_weights(name: str, weights: Any, observations: int, category: int, kind: str) -> None:
    """Refuse weights that are not one for each observation, or negative."""
    w = weights._data
    if w.ndim > 1:
        raise ShapeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {w.ndim} dimensions"
        )
    if weights.dtype.category != category:
        raise DtypeError(
            f"cov(): expected {name} to have {kind} dtype but got {name} with {scalar_type_name(weights.dtype)} dtype"
        )
    if w.size != observations:
        raise ShapeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got"
            f" {w.size} != {observations}"
        )
    if all_rows(w < 0).any():
        raise RuntimeError(f"cov(): {name} cannot be negative")


def _weights(fweights: Any, aweights: Any, observations: int) -> Any:
    """The weight of each observation; None if all count once."""
    if fweights is not None:
        _check_weights("fweights", fweights, observations, dtypes.INT, "integral")
    if aweights is not None:
        _check_weights("aweights", aweights, observations, dtypes.FLOAT, "floating point")
    if fweights is None or aweights is None:
        return aweights if fweights is None else fweights
    return fweights * aweights


def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The covariances of variables (rows) over observations (columns).

    Args:
        input: (variables, observations), or a vector of observations of one variable.
        correction: what is taken off the number of observations in the divisor.
        fweights: how often each observation was made, integers.
        aweights: how much each observation counts, floats.

    Raises:
        RuntimeError: more than two dimensions, or weights that do not fit.

    >>> import tapegrad as torch
    >>> torch.cov(torch.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("cov", "input", 1, input)
    x: Any = input
    if x.ndim > 2:
        raise ShapeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {x.ndim} dimensions"
        )
    if x._data.dtype.kind == "b":
        raise DtypeError("cov(): bool dtype is not supported for input")
    x = x.view(1, -1) if x.ndim < 2 else x
    n = x.shape[1]
    w = _weights(fweights, aweights, n)
    total: Any = new_tensor(np.array(n)) if w is None else w.sum()
    if w is not None and n and not all_rows(total._data).all():
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    average = (x if w is None else x * w).sum(1) / total
    if aweights is not None and correction != 0:
        divisor = total - correction * (w * aweights).sum() / total
    else:
        divisor = total - correction
    if (all_rows(divisor._data) <= 0).any():
        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of observations.",
            UserWarning,
            stacklevel=2,
        )
        divisor = divisor * 0
    x = x - average.unsqueeze(1)
    other = (x if w is None else x * w).t()
    products: Any = mm(x, other.conj() if other.is_complex() else other)
    return (products / divisor).squeeze()


def corrcoef(input: Tensor) -> Tensor:
    """The correlations of variables (rows) over observations (columns): covariances over standard deviations.

    >>> import tapegrad as torch
    >>> torch.corrcoef(torch.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("corrcoef", "input", 1, input)
    if input._data.ndim > 2:
        raise ShapeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with"
            f" {input._data.ndim} dimensions"
        )
    c: Any = cov(input)
    if c.ndim == 0:
        return c / c
    variances = c.diagonal()
    deviations = (variances.real if c.is_complex() else variances).sqrt()
    c = c / deviations.view(-1, 1) / deviations.view(1, -1)
    if c.is_complex():
        from . import complex as join

        return join(c.real.clamp(-1, 1), c.imag.clamp(-1, 1))
    return c.clamp(-1, 1)


METHODS = {"corrcoef": corrcoef, "cov": cov}

__all__ = ["corrcoef", "cov"]
