"""Functions of probability: the normal distribution, entropy, and what torch keeps in torch.special beside them.

These are reached through `tapegrad.special` only, which loads this module.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from . import pointwise
from .accepts import TO_FLOAT, Accepts
from .exponential import erf, exp, log
from .frames import binary, unary
from .gamma import zeta_values
from .lazy import scipy_special
from .refusal import no_derivative
from .scaling import scaled_by, shifted_by

_PLAIN = "biuf"  # torch computes these in single and double precision only

erfcx = unary(
    "erfcx",
    scipy_special("erfcx"),
    lambda g, x, out: (2 * x * out - 1.1283791670955126) * g,
    node="SpecialErfcxBackward0",
    kernel=Accepts("erfcx_cpu", _PLAIN),
    doc="exp(x²) · erfc(x).",
    example=("torch.special.erfcx(torch.tensor([0.5, 1.0]))", "tensor([0.6157, 0.4276])"),
)
ndtri = unary(
    "ndtri",
    scipy_special("ndtri"),
    lambda g, out: g * 2.5066282746310002 * exp(out * out / 2),
    node="SpecialNdtriBackward0",
    kernel=Accepts("ndtri_cpu", _PLAIN),
    doc="The number below which a standard normal variable lies with the given probability.",
    example=("torch.special.ndtri(torch.tensor([0.5, 0.975]))", "tensor([0.0000, 1.9600])"),
)
log_ndtr = unary(
    "log_ndtr",
    scipy_special("log_ndtr"),
    lambda g, x, out: g / 2.5066282746310002 * exp(-(out + x * x / 2)),
    node="SpecialLogNdtrBackward0",
    kernel=Accepts("log_ndtr_cpu", _PLAIN),
    doc="The logarithm of the probability that a standard normal variable is below x.",
    example=("torch.special.log_ndtr(torch.tensor([0.0, -10.0]))", "tensor([ -0.6931, -53.2313])"),
)


def _entr(x: Array) -> Array:
    """-x · log(x); 0 at 0, -inf below."""
    return np.where(x > 0, -x * np.log(x), np.where(x == 0, 0, np.where(np.isnan(x), x, -np.inf))).astype(x.dtype)


entr = unary(
    "entr",
    _entr,
    lambda g, x: g * -(1 + log(x)),
    node="SpecialEntrBackward0",
    kernel=Accepts("entr_cpu", TO_FLOAT),
    doc="-x · log(x), the terms of an entropy; 0 at 0 and -inf below.",
    example=("torch.special.entr(torch.tensor([0.5, 1.0]))", "tensor([0.3466, -0.0000])"),
)


def ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The probability that a standard normal variable is below x.

    >>> import tapegrad as torch
    >>> torch.special.ndtr(torch.tensor([0.0, 2.0]))
    tensor([0.5000, 0.9772])
    """
    pointwise.tensors_of("special_ndtr", input=input)
    erf.op.kernel.check(input.dtype)
    x = input if input.dtype.is_floating_point else input.float()
    scaled = pointwise.apply(scaled_by, (x,), (0.7071067811865476,))
    t = pointwise.apply(scaled_by, (pointwise.apply(shifted_by, (erf(scaled),), (1,)),), (0.5,))
    if out is None:
        return t
    return pointwise.write_out(out, t._data, t.dtype, (input,), "special_ndtr")


zeta: Any = binary(
    "zeta",
    zeta_values,
    a=lambda g: no_derivative("zeta"),
    b=lambda g, a, b: g * -a * zeta(a + 1, b),
    integers="float",
    node="SpecialZetaBackward0",
    first_number_node="SpecialZetaBackward1",
    number_node="SpecialZetaBackward2",
    kernel=Accepts("zeta_cpu", _PLAIN),
    doc="The sum of (other + k)^-input over all k ≥ 0.",
    example=("torch.special.zeta(torch.tensor([2.0, 3.0]), 1)", "tensor([1.6449, 1.2021])"),
)

__all__ = ["entr", "erfcx", "log_ndtr", "ndtr", "ndtri", "zeta"]
