"""Complex numbers: their parts, conjugates, angles, and how they are made of real ones.

A gradient of a real quantity by a complex number z = x + iy is ∂/∂x + i·∂/∂y, as in torch.

`conj` computes where torch only sets a mark on a view of the same memory: `is_conj()` is False, and writing into the
conjugate leaves the tensor as it was.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import DtypeError, unsupported
from ..tensor import dtypes
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor
from . import pointwise
from .accepts import not_implemented
from .frames import unary
from .magnitude import sgn
from .op import operator
from .slicing import select
from .view_copies import copying
from .vocabulary import conj as conjugate
from .vocabulary import imag_part, is_complex, real_part, where, zeros_like

# -- conjugates -------------------------------------------------------------------------------------------------------


@operator(name="conjugate", node="ConjBackward0")
def _conj(x: Array, /) -> Array:
    """x - iy for x + iy."""
    return np.conjugate(x)


@operator(name="conjugate_physical", node="ConjPhysicalBackward0", pointwise=True, holomorphic=False)
def _conj_physical(x: Array, /) -> Array:
    """x - iy for x + iy."""
    return np.conjugate(x)


_conj.linear_in("x").with_rules(x=lambda g: conjugate(g))
_conj_physical.with_rules(x=lambda g: conjugate(g))


def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor is returned as it is.

    >>> import tapegrad as torch
    >>> torch.conj(torch.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    pointwise.tensors_of("conj", input=input)
    return _conj.call(input) if input._data.dtype.kind == "c" else input


def conj_physical(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complex conjugate in memory of its own; a real tensor is returned as it is.

    >>> import tapegrad as torch
    >>> torch.conj_physical(torch.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    pointwise.tensors_of("conj_physical", input=input)
    if out is None and input._data.dtype.kind != "c":
        return input
    return pointwise.apply(_conj_physical, (input,), (), out)


def _conj_physical_(self: Tensor) -> Tensor:
    """In-place form of `conj_physical`."""
    return pointwise.in_place(_conj_physical, self) if self._data.dtype.kind == "c" else self


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: its conjugate is never pending here."""
    return pointwise.tensors_of("resolve_conj", input=input)[0]


def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: its negative is never pending here."""
    return pointwise.tensors_of("resolve_neg", input=input)[0]


def is_conj(input: Tensor) -> bool:
    """False: conjugates are computed at once."""
    pointwise.tensors_of("is_conj", input=input)
    return False


def is_neg(input: Tensor) -> bool:
    """False: negatives are computed at once."""
    pointwise.tensors_of("is_neg", input=input)
    return False


# -- parts ------------------------------------------------------------------------------------------------------------


@operator(node="ViewAsRealBackward0", view=True)
def real_pairs(x: Array, /) -> Array:
    """The parts of each number along a new last dimension."""
    return x[..., None].view(x.real.dtype)


@operator(node="ViewAsComplexBackward0", view=True)
def complex_of_pairs(x: Array, /) -> Array:
    """The pairs along the last dimension as complex numbers."""
    return x.view(np.result_type(x.dtype, np.complex64))[..., 0]


real_pairs.with_rules(x=lambda g: complex(g[..., 0], g[..., 1]))
complex_of_pairs.with_rules(x=lambda g: real_pairs(g))


def view_as_real(input: Tensor) -> Tensor:
    """A view of complex numbers as pairs of real ones, along a new last dimension of length 2.

    Raises:
        RuntimeError: the tensor is not complex.

    >>> import tapegrad as torch
    >>> torch.view_as_real(torch.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    pointwise.tensors_of("view_as_real", input=input)
    if input._data.dtype.kind != "c":
        raise DtypeError("view_as_real is only supported for complex tensors", f"Found: a tensor of {input.dtype}.")
    return real_pairs.call(input)


def view_as_complex(input: Tensor) -> Tensor:
    """A view of pairs of real numbers, along the last dimension, as complex ones.

    Raises:
        RuntimeError: the type is not float32 or float64, or the last dimension is not of length 2, or its pairs do not
            lie in memory as complex numbers do.

    >>> import tapegrad as torch
    >>> torch.view_as_complex(torch.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    pointwise.tensors_of("view_as_complex", input=input)
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise DtypeError(
            "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type:"
            f" {scalar_type_name(input.dtype)}"
        )
    shape, strides = input._data.shape, input.stride()
    if not shape:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if shape[-1] != 2:
        raise RuntimeError(f"Tensor must have a last dimension of size 2; its shape is {tuple(shape)}")
    if strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1. Write x.contiguous() first.")
    if any(stride % 2 for stride in strides[:-1]):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if input.storage_offset() % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return complex_of_pairs.call(input)


view_as_real_copy = copying("view_as_real_copy", view_as_real)
view_as_complex_copy = copying("view_as_complex_copy", view_as_complex)


def real(input: Tensor) -> Tensor:
    """The real part, a view; a real tensor is returned as it is.

    >>> import tapegrad as torch
    >>> torch.real(torch.tensor([1 + 2j]))
    tensor([1.])
    """
    pointwise.tensors_of("real", input=input)
    return select(view_as_real(input), -1, 0) if input._data.dtype.kind == "c" else input


def imag(input: Tensor) -> Tensor:
    """The imaginary part, a view.

    Raises:
        RuntimeError: the tensor is real.

    >>> import tapegrad as torch
    >>> torch.imag(torch.tensor([1 + 2j]))
    tensor([2.])
    """
    pointwise.tensors_of("imag", input=input)
    if input._data.dtype.kind != "c":
        raise DtypeError(
            "imag is not implemented for tensors with non-complex dtypes.",
            f"Found: a tensor of {input.dtype}, whose imaginary part would be 0.",
        )
    return select(view_as_real(input), -1, 1)


def _set_real(self: Tensor, value: Any) -> None:
    real(self).copy_(value)


def _set_imag(self: Tensor, value: Any) -> None:
    imag(self).copy_(value)


# -- made of real numbers ---------------------------------------------------------------------------------------------


def _made(re: Array, im: Array) -> Array:
    """re + i·im; the sum itself would make NaN of infinite parts."""
    z = np.empty_like(np.add(re, im), np.result_type(re.dtype, np.complex64))
    z.real, z.imag = re, im
    return z


@operator(name="complex", pointwise=True, holomorphic=False)
def _complex(re: Array, im: Array, /) -> Array:
    """re + i·im."""
    return _made(re, im)


_complex.result, _complex.diagonal = "complex", False
# As in torch, the parts are kept, and must not be written into.
_complex.linear_in("re", "im", jointly=True).with_rules(re=lambda g, re: real_part(g), im=lambda g, im: imag_part(g))


@operator(name="polar", pointwise=True, holomorphic=False)
def _polar(size: Array, angle: Array, /) -> Array:
    """size · exp(i·angle)."""
    return _made(size * np.cos(angle), size * np.sin(angle))


_polar.result, _polar.diagonal = "complex", False
_polar.with_rules(
    size=lambda g, out: real_part(conjugate(g) * sgn(out)), angle=lambda g, out: real_part(conjugate(g) * (out * 1j))
)


def _check_parts(function: str, first: Any, second: Any, names: tuple[str, str]) -> None:
    pointwise.tensors_of(function, **dict(zip(names, (first, second), strict=True)))
    for t in (first, second):
        if t.dtype not in (dtypes.float16, dtypes.float32, dtypes.float64):
            found = f"{scalar_type_name(first.dtype)} and {scalar_type_name(second.dtype)}"
            raise DtypeError(f"Expected both inputs to be Half, Float or Double tensors but got {found}")
    if first.dtype is not second.dtype:
        raise DtypeError(
            f"Expected object of scalar type {scalar_type_name(first.dtype)} but got scalar type"
            f" {scalar_type_name(second.dtype)} for second argument"
        )


def _check_out(out: Tensor | None, kind: dtypes.dtype) -> None:
    if out is not None and out.dtype is not kind.to_complex():
        raise DtypeError(
            f"Expected object of scalar type {scalar_type_name(kind.to_complex())} but got scalar type"
            f" {scalar_type_name(out.dtype)} for argument 'out'"
        )


def complex(real: Tensor, imag: Tensor, *, out: Tensor | None = None) -> Tensor:
    """real + i·imag.

    Raises:
        RuntimeError: the two are not floating-point tensors of one type.

    >>> import tapegrad as torch
    >>> torch.complex(torch.tensor([1.0]), torch.tensor([2.0]))
    tensor([1.+2.j])
    """
    _check_parts("complex", real, imag, ("real", "imag"))
    if real.dtype is dtypes.float16:
        raise unsupported("torch.complex32", "write real.float()")
    _check_out(out, real.dtype)
    return pointwise.apply(_complex, (real, imag), (), out)


def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None = None) -> Tensor:
    """abs · (cos(angle) + i·sin(angle)), angles in radians.

    Raises:
        RuntimeError: the two are not floating-point tensors of one type.

    >>> import tapegrad as torch
    >>> torch.polar(torch.tensor([2.0]), torch.tensor([0.0]))
    tensor([2.+0.j])
    """
    _check_parts("polar", abs, angle, ("abs", "angle"))
    if abs.dtype is dtypes.float16:
        raise not_implemented("polar_cpu", abs.dtype)
    _check_out(out, abs.dtype)
    return pointwise.apply(_polar, (abs, angle), (), out)


# -- angles -----------------------------------------------------------------------------------------------------------


def _angle(x: Array) -> Any:
    """The angle of a complex number; of a real one, 0 or π."""
    if x.dtype.kind == "c":
        return np.arctan2(x.imag, x.real)
    return np.where(np.isnan(x), x, np.where(x < 0, np.asarray(math.pi, x.dtype), np.zeros_like(x)))


def _angle_rule(g: Any, x: Any) -> Any:
    """The angle grows in the direction i·x, by 1 / |x|; a real number's stays.

    x ← where(x == 0, 0, i·g·x/|x|²), of a real number 0
    """
    if not is_complex(x):
        return zeros_like(g)
    square = real_part(x) * real_part(x) + imag_part(x) * imag_part(x)
    return where(square == 0, 0, g * (x * 1j) / square)


angle = unary(
    "angle",
    _angle,
    _angle_rule,
    result="real",
    holomorphic=False,
    doc="The angle of each complex number, in radians.",
    example=("torch.angle(torch.tensor([1j, -1 + 0j]))", "tensor([1.5708, 3.1416])"),
)

METHODS = {
    "angle": angle,
    "conj": conj,
    "conj_physical": conj_physical,
    "conj_physical_": _conj_physical_,
    "imag": property(imag, _set_imag),
    "is_conj": is_conj,
    "is_neg": is_neg,
    "real": property(real, _set_real),
    "resolve_conj": resolve_conj,
    "resolve_neg": resolve_neg,
}

__all__ = [
    "angle", "complex", "conj", "conj_physical", "imag", "is_conj", "is_neg", "polar", "real",
    "resolve_conj", "resolve_neg", "view_as_complex", "view_as_complex_copy", "view_as_real",
    "view_as_real_copy",
]  # fmt: skip
