"""Comparisons and tests of the elements: they give truth values and have no gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, UnsupportedDtypeError
from ..quiet import over, quiet
from ..tensor.creation import from_numpy
from ..tensor.dtypes import B8, Array, bool_, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from . import pointwise
from .accepts import Accepts
from .frames import Example, comparison, documented
from .op import Op
from .runtime import lift
from .vocabulary import zeros_like

_ORDER = "bihf"

eq = comparison(
    "eq",
    np.equal,
    doc="Whether each element of the input equals that of the other.",
    example=("torch.eq(torch.tensor([1, 2]), 2)", "tensor([False,  True])"),
)
ne = comparison(
    "ne",
    np.not_equal,
    doc="Whether each element of the input differs from that of the other.",
    example=("torch.ne(torch.tensor([1, 2]), 2)", "tensor([ True, False])"),
)
lt = comparison(
    "lt",
    np.less,
    kernel=Accepts("lt_cpu", _ORDER),
    doc="Whether input < other, by elements.",
    example=("torch.lt(torch.tensor([1, 2]), 2)", "tensor([ True, False])"),
)
le = comparison(
    "le",
    np.less_equal,
    kernel=Accepts("le_cpu", _ORDER),
    doc="Whether input ≤ other, by elements.",
    example=("torch.le(torch.tensor([1, 2]), 2)", "tensor([True, True])"),
)
gt = comparison(
    "gt",
    np.greater,
    kernel=Accepts("gt_cpu", _ORDER),
    doc="Whether input > other, by elements.",
    example=("torch.gt(torch.tensor([1, 2]), 1)", "tensor([False,  True])"),
)
ge = comparison(
    "ge",
    np.greater_equal,
    kernel=Accepts("ge_cpu", _ORDER),
    doc="Whether input ≥ other, by elements.",
    example=("torch.ge(torch.tensor([1, 2]), 2)", "tensor([False,  True])"),
)

not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge


def _writing(function: Any) -> Any:
    """The in-place form of a comparison: 1 or 0 in self's type.  It cuts the gradient off: that of self is 0."""
    compared: Op = function.op
    name = compared.name.capitalize()
    write = Op(compared.name, compared.forward, node=f"{name}Backward1", inputs=("a", "b"), pointwise=True)
    write.with_rules(a=lambda g: zeros_like(g), b=lambda g: zeros_like(g))
    write.result = "bool"
    write.kernel, write.number_forms["b"] = compared.kernel, write.with_number("b", f"{name}Backward0")
    write.number_forms["b"].fitted = True

    def method(self: Tensor, other: Any) -> Tensor:
        return pointwise.in_place(write, self, other)

    method.__name__ = method.__qualname__ = compared.name + "_"
    method.__doc__ = f"In-place form of `{compared.name}`: the truth values as numbers."
    return method


# -- tests of single elements -----------------------------------------------------------------------------------------


def _all(x: Array) -> Array:
    return np.ones(x.shape, bool)


def _none(x: Array) -> Array:
    return np.zeros(x.shape, bool)


def _test(name: str, of_floats: Any, of_complex: Any, of_others: Any, doc: str, example: Example) -> Any:
    """A test of each element: three functions for floating-point, complex and other arrays."""

    def test(input: Tensor) -> Tensor:
        x = pointwise.tensors_of(name, input=input)[0]._data
        kind = x.dtype.kind
        return new_tensor(lift((of_floats if kind in "fV" else of_complex if kind == "c" else of_others)(x)))

    return documented(test, name, doc, example)


isnan = _test(
    "isnan",
    np.isnan,
    np.isnan,
    _none,
    "Whether each element is NaN (of a complex one, a part).",
    example=("torch.isnan(torch.tensor([torch.nan, 1.0]))", "tensor([ True, False])"),
)
isinf = _test(
    "isinf",
    np.isinf,
    np.isinf,
    _none,
    "Whether each element is infinite (of a complex one, a part).",
    example=("torch.isinf(torch.tensor([-torch.inf, 1.0]))", "tensor([ True, False])"),
)
isfinite = _test(
    "isfinite",
    np.isfinite,
    np.isfinite,
    _all,
    "Whether each element is neither infinite nor NaN.",
    example=("torch.isfinite(torch.tensor([torch.inf, 1.0]))", "tensor([False,  True])"),
)
isreal = _test(
    "isreal",
    _all,
    lambda x: np.equal(x.imag, 0),
    _all,
    "Whether each element has no imaginary part.",
    example=("torch.isreal(torch.tensor([1j, 1 + 0j]))", "tensor([False,  True])"),
)


def _strict_test(
    name: str, of_floats: Any, of_others: Any, complex_error: DtypeError, doc: str, example: Example
) -> Any:
    """A test that complex numbers do not have, and whose `out` must be of bools."""

    def test(input: Tensor, *, out: Tensor | None = None) -> Tensor:
        x = pointwise.tensors_of(name, input=input)[0]._data
        if x.dtype.kind == "c":
            raise type(complex_error)(*complex_error.args)
        if out is not None and out._data.dtype is not B8:
            raise DtypeError(f"{name} does not support non-boolean outputs.", f"Found: out of {out.dtype}.")
        y = lift((of_floats if x.dtype.kind in "fV" else of_others)(x))
        return new_tensor(y) if out is None else pointwise.write_out(out, y, out.dtype, (input,), name)

    return documented(test, name, doc, example)


isposinf = _strict_test(
    "isposinf",
    np.isposinf,
    _none,
    DtypeError("isposinf does not support complex inputs."),
    "Whether each element is +∞.",
    example=("torch.isposinf(torch.tensor([torch.inf, 1.0]))", "tensor([ True, False])"),
)
isneginf = _strict_test(
    "isneginf",
    np.isneginf,
    _none,
    DtypeError("isneginf does not support complex inputs."),
    "Whether each element is -∞.",
    example=("torch.isneginf(torch.tensor([-torch.inf, 1.0]))", "tensor([ True, False])"),
)
signbit = _strict_test(
    "signbit",
    np.signbit,
    lambda x: np.less(x, 0),
    UnsupportedDtypeError("signbit is not implemented for complex tensors."),
    "Whether the sign of each element is set; -0.0 has it.",
    example=("torch.signbit(torch.tensor([-0.0, 1.0]))", "tensor([ True, False])"),
)


def _equals(self: Tensor, other: Any) -> Any:
    """self == other; an array counts as a tensor, anything that is neither tensor nor number is unequal."""
    result = eq.symbol(self, other)
    if result is NotImplemented and isinstance(other, np.ndarray):
        return eq(self, from_numpy(other))
    return result


# -- nearly equal -----------------------------------------------------------------------------------------------------


def isclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Tensor:
    """Whether |input - other| ≤ atol + rtol · |other|, by elements.

    Args:
        equal_nan: count two NaN as close.

    Raises:
        RuntimeError: the types differ, or a tolerance is negative.

    >>> import tapegrad as torch
    >>> torch.isclose(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    pointwise.tensors_of("isclose", input=input, other=other)
    if input.dtype is not other.dtype:
        raise DtypeError(
            f"{scalar_type_name(input.dtype)} did not match {scalar_type_name(other.dtype)}",
            f"Write other.to({input.dtype}).",
        )
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not tolerance >= 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance}")
    return new_tensor(lift(_close(input._data, other._data, rtol, atol, equal_nan)))


def _close(a: Array, b: Array, rtol: float, atol: float, equal_nan: bool) -> Array:
    pointwise.check_broadcast([a.shape, b.shape])
    close = np.equal(a, b)
    if equal_nan and a.dtype.kind in "fcV":
        close = close | (np.isnan(a) & np.isnan(b))
    if rtol == 0 and atol == 0:
        return close
    if a.dtype.kind == "b":
        a, b = a.astype(np.uint8), b.astype(np.uint8)
    difference = np.abs(np.subtract(a, b))
    allowed = atol + np.abs(np.multiply(b, rtol))
    return close | (np.isfinite(difference) & np.less_equal(difference, allowed))


def isin(
    elements: Any,
    test_elements: Any,
    *,
    assume_unique: bool = False,
    invert: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Whether each element occurs among the test elements; one of the two may be a number.

    Args:
        assume_unique: neither holds an element twice, which may save time.
        invert: whether each element does not occur.

    >>> import tapegrad as torch
    >>> torch.isin(torch.tensor([1, 2, 3]), torch.tensor([2, 4]))
    tensor([False,  True, False])
    """
    a, b = pointwise.operands_of("isin", elements=elements, test_elements=test_elements)
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        pointwise.tensors_of("isin", elements=a)
    kind = pointwise.result_type(a, b)
    arrays = [pointwise.as_operand(x, kind) for x in (a, b)]
    y = np.asarray(np.isin(arrays[0], arrays[1], assume_unique=assume_unique, invert=invert))
    return new_tensor(y) if out is None else pointwise.write_out(out, y, bool_, (a, b), "isin")


def allclose(
    input: Tensor,
    other: Tensor,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> bool:
    """Whether all elements are close, as `isclose` says.

    >>> import tapegrad as torch
    >>> torch.allclose(torch.tensor([1.0]), torch.tensor([1.0 + 1e-9]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan)._data.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and equal elements.

    >>> import tapegrad as torch
    >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
    True
    """
    try:
        a, b = input._data, other._data
    except AttributeError:
        pointwise.tensors_of("equal", input=input, other=other)
        raise
    if a.__class__ is b.__class__ is np.ndarray and a.dtype is b.dtype:
        return a.shape == b.shape and bool((a == b).all())
    return input._data.shape == other._data.shape and bool(eq(input, other)._data.all())


_close = over(_close, quiet(globals()))

METHODS: dict[str, Any] = {
    "__eq__": _equals,
    "__ge__": ge.symbol,
    "__gt__": gt.symbol,
    "__le__": le.symbol,
    "__lt__": lt.symbol,
    "__ne__": ne.symbol,
    "allclose": allclose,
    "equal": equal,
    "isclose": isclose,
    "isfinite": isfinite,
    "isinf": isinf,
    "isnan": isnan,
    "isneginf": isneginf,
    "isposinf": isposinf,
    "isreal": isreal,
    "signbit": signbit,
}
for _function, _names in (
    (eq, ("eq",)),
    (ge, ("ge", "greater_equal")),
    (gt, ("gt", "greater")),
    (le, ("le", "less_equal")),
    (lt, ("lt", "less")),
    (ne, ("ne", "not_equal")),
):
    _write = _writing(_function)
    for _name in _names:
        METHODS |= {_name: _function, _name + "_": _write}

__all__ = [
    "allclose", "eq", "equal", "ge", "greater", "greater_equal", "gt", "isclose", "isfinite", "isin", "isinf", "isnan",
    "isneginf", "isposinf", "isreal", "le", "less", "less_equal", "lt", "ne", "not_equal", "signbit",
]  # fmt: skip
