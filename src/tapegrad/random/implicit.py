"""Gamma and Dirichlet numbers as functions of their parameters: `torch._standard_gamma` and its kin.

A sample z of a distribution with the CDF F(z; a) moves with the parameter so that F stays what it is, hence

    dz/da = −(∂F/∂a) / (∂F/∂z):

implicit reparametrisation (Figurnov, Mohamed and Mnih, "Implicit reparameterization gradients", NeurIPS 2018). The
denominator is the density. The numerator has no closed form for the incomplete gamma and beta functions. It is taken
from differences of five points of the logarithm of the smaller tail, which is smooth in log a, to about 10 digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..ops.accepts import Accepts
from ..ops.frames import binary
from ..ops.op import Op
from ..ops.refusal import no_derivative
from ..tensor.tensor import Tensor, new_tensor
from .arguments import no_such_call, not_implemented, stream_for
from .continuous import F32, F64
from .gamma import above_zero, dirichlet, gamma
from .mapped import mapped
from .records import without_derivative

Array = np.ndarray[Any, Any]

# The relative step of the differences: the error of the formula (h⁴) and that of rounding (1/h) are then about equal.
_STEP = 2e-3


def _log_slope(log_tail: Callable[[Array], Array], a: Array) -> Array:
    """The derivative of `log_tail` by its argument at `a`, times `a`."""
    near = log_tail(a * (1 + _STEP)) - log_tail(a * (1 - _STEP))
    far = log_tail(a * (1 + 2 * _STEP)) - log_tail(a * (1 - 2 * _STEP))
    return (8 * near - far) / (12 * _STEP)


def gamma_slope(a: Array, z: Array) -> Array:
    """dz/da of samples z of the gamma distribution with shape parameter a and scale 1, in float64.

    >>> gamma_slope(np.array([1.0]), np.array([1.0])).round(6)
    array([1.173563])
    """
    from scipy import special

    a, z = np.broadcast_arrays(a.astype(F64), z.astype(F64))
    with np.errstate(all="ignore"):
        log_z = np.log(z)
        lower, upper = special.gammainc(a, z), special.gammaincc(a, z)
        low = lower < upper
        log_density = (a - 1) * log_z - z - special.gammaln(a)

        def log_lower(b: Array) -> Array:
            return np.log(special.gammainc(b, z))

        def log_upper(b: Array) -> Array:
            return np.log(special.gammaincc(b, z))

        slope = np.where(
            low,
            -lower * _log_slope(log_lower, a),
            upper * _log_slope(log_upper, a),
        ) / (a * np.exp(log_density))
        # Near zero, F is z^a / Γ(a + 1) to the first order, which holds where it underflows as well.
        first_order = -z / a * (log_z - special.digamma(a + 1))
        return np.where(z < 1e-10 * (a + 1), first_order, slope)


def beta_slope(a: Array, b: Array, z: Array) -> Array:
    """dz/da of samples z of the beta distribution with parameters a and b, in float64.

    >>> beta_slope(np.array([1.0]), np.array([1.0]), np.array([0.5])).round(6)
    array([0.346574])
    """
    from scipy import special

    a, b, z = np.broadcast_arrays(a.astype(F64), b.astype(F64), z.astype(F64))
    with np.errstate(all="ignore"):
        lower, upper = special.betainc(a, b, z), special.betaincc(a, b, z)
        low = lower < upper
        log_density = (a - 1) * np.log(z) + (b - 1) * np.log1p(-z) - special.betaln(a, b)

        def log_lower(c: Array) -> Array:
            return np.log(special.betainc(c, b, z))

        def log_upper(c: Array) -> Array:
            return np.log(special.betaincc(c, b, z))

        slope = np.where(
            low,
            -lower * _log_slope(log_lower, a),
            upper * _log_slope(log_upper, a),
        ) / (a * np.exp(log_density))
        # Near zero, F is z^a / (a B(a, b)) to the first order.
        first_order = -z / a * (np.log(z) - 1 / a - special.digamma(a) + special.digamma(a + b))
        return np.where(z < 1e-10, first_order, slope)


def _gamma_slope(a: Array, z: Array) -> Array:
    return gamma_slope(a, z).astype(np.result_type(a, z))


_standard_gamma_grad = binary(
    "_standard_gamma_grad",
    _gamma_slope,
    a=lambda g: no_derivative("_standard_gamma_grad"),
    b=lambda g: no_derivative("_standard_gamma_grad"),
    kernel=Accepts("_standard_gamma_grad_cpu", "f"),
    doc="The derivative of samples of the gamma distribution by its shape parameter.",
)

_GAMMA = Op("_standard_gamma", None, node="StandardGammaBackward0", inputs=("x",)).with_rules(
    x=lambda g, x, out: g * _standard_gamma_grad(x, out)
)
_DIRICHLET = without_derivative("_sample_dirichlet", ("x",))
_DIRICHLET_GRAD = without_derivative("_dirichlet_grad", ("x", "alpha", "total"))


@mapped("tensors")
def _standard_gamma(input: Tensor, generator: Any = None) -> Tensor:
    """Samples of the gamma distributions with the shape parameters in `input` and scale 1; gradients flow to these.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch._standard_gamma(torch.tensor([1.0, 10.0]))
    tensor([2.8824, 8.7828])
    """
    a = _checked("_standard_gamma", "gamma_cpu", input)
    stream = stream_for("_standard_gamma", generator)
    return _recorded(_GAMMA, above_zero(gamma(stream, a), a.dtype), input)


@mapped("tensors")
def _sample_dirichlet(input: Tensor, generator: Any = None) -> Tensor:
    """Samples of the Dirichlet distributions with the concentrations in the last dimension of `input`.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch._sample_dirichlet(torch.tensor([1.0, 10.0]))
    tensor([0.2471, 0.7529])
    """
    a = _checked("_sample_dirichlet", "dirichlet", input)
    stream = stream_for("_sample_dirichlet", generator)
    return _recorded(_DIRICHLET, dirichlet(stream, a), input)


def _dirichlet_grad(x: Tensor, alpha: Tensor, total: Tensor) -> Tensor:
    """dx/dα / (1 − x) of components x of Dirichlet samples, with concentrations α that add up to `total`.

    >>> import tapegrad as torch
    >>> torch._dirichlet_grad(torch.tensor(0.5), torch.tensor(1.0), torch.tensor(2.0))
    tensor(0.6931)
    """
    for t in (x, alpha, total):
        if not isinstance(t, Tensor):
            raise no_such_call("_dirichlet_grad", (x, alpha, total), {})
    z, a, whole = (t._data.astype(F64) for t in (x, alpha, total))
    with np.errstate(all="ignore"):
        slope = beta_slope(a, whole - a, z) / (1 - z)
    return _recorded(_DIRICHLET_GRAD, np.asarray(slope, x._data.dtype), x, alpha, total)


def _checked(name: str, kernel: str, x: Any) -> Array:
    if not isinstance(x, Tensor):
        raise wrong_argument(name, "input", 1, x)
    array: Array = x._data
    if array.dtype not in (F32, F64):
        raise not_implemented(kernel, array.dtype)
    return array


def _recorded(op: Op, array: Array, *sources: Tensor) -> Tensor:
    t = new_tensor(array)
    if any(source._flags for source in sources):
        op.record(t, *sources)
    return t


__all__ = ["_dirichlet_grad", "_sample_dirichlet", "_standard_gamma", "_standard_gamma_grad"]
