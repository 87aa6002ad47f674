"""Differences of neighbours, and integrals by the trapezoidal rule: composed of slices, sums and products."""

from __future__ import annotations

from typing import Any

from ..errors import wrong_argument
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import FLOAT, default
from ..tensor.tensor import Tensor
from .arithmetic import mul, true_divide
from .op import Op
from .outputs import given_out

# torch multiplies by a number here without making a tensor of it, which shows in the node's name.
times_number = mul.op.twin("number", inputs=("a",), params=("b",), node="MulBackward1")
over_number = true_divide.op.twin("number", inputs=("a",), params=("b",), node="DivBackward1")


def diff(
    input: Tensor,
    n: int = 1,
    dim: Any = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
    *,
    out: Tensor | None = None,
    axis: Any = None,
) -> Tensor:
    """The differences of neighbours along a dimension, taken n times; bools differ where they are not equal.

    Args:
        input: at least one dimension.
        n: how often.
        dim: the dimension.
        prepend, append: what to put before and behind `input` first.

    Raises:
        RuntimeError: no dimension, n < 0, or `prepend` or `append` do not fit.

    >>> import tapegrad as torch
    >>> torch.diff(torch.tensor([1.0, 3.0, 6.0]))
    tensor([2., 3.])
    """
    from ..tensor.likes import zeros_like
    from . import cat, logical_xor

    if not isinstance(input, Tensor):
        raise wrong_argument("diff", "input", 1, input)
    x = input._data
    if x.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    dim = wrap_dim(dim if axis is None else axis, x.ndim)
    parts = [_fits(part, x.shape, dim) for part in (prepend, append) if part is not None]
    if parts and n:  # with n=0, torch leaves them away
        before = [] if prepend is None else [prepend]
        after = [] if append is None else [append]
        input = cat([*before, input, *after], dim)
    y = input
    for _ in range(min(n, input._data.shape[dim])):  # of no elements there are no differences: the tensor itself
        count = y._data.shape[dim] - 1
        later, earlier = y.narrow(dim, 1, count), y.narrow(dim, 0, count)
        y = logical_xor(later, earlier) if x.dtype.kind == "b" else later - earlier
    if n == 0:
        y = zeros_like(input).copy_(input)
    return y if out is None else given_out(out, y, input)


def _fits(part: Tensor, shape: tuple[int, ...], dim: int) -> Tensor:
    if part._data.ndim != len(shape):
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for i, (n, m) in enumerate(zip(part._data.shape, shape, strict=True)):
        if n != m and i != dim:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input except along the"
                f" differencing dimension; input.size({i}) = {m}, but got tensor.size({i}) = {n}"
            )
    return part


def _halves(y: Tensor, dim: int) -> tuple[Any, Any]:
    """All but the last, and all but the first, along a dimension."""
    count = y._data.shape[dim] - 1
    return y.narrow(dim, 0, count), y.narrow(dim, 1, count)


def _steps(name: str, y: Tensor, x: Tensor, dim: int) -> Any:
    """The distances between sample points, in a shape that broadcasts with the pairs of neighbours in y."""
    n = y._data.shape[dim]
    if x._data.ndim == 0:
        raise RuntimeError(f"{name}: There is one `x` value for {n} sample points")
    if x._data.ndim == 1:
        if x._data.shape[0] != n:
            raise RuntimeError(
                f"{name}: There must be one `x` value for each sample point. Found {x._data.shape[0]} for {n}."
            )
        x = x.view([n if i == dim else 1 for i in range(y._data.ndim)])
        along = dim
    else:
        along = dim - y._data.ndim + x._data.ndim
        if x._data.ndim < y._data.ndim:
            x = x.view((1,) * (y._data.ndim - x._data.ndim) + x._data.shape)
            along = dim
    before, after = _halves(x, along)
    return after - before


def by_number(op: Op, x: Tensor, number: float) -> Tensor:
    """x times or over a number; integers become floats."""
    if x.dtype.category < FLOAT:
        x = x.to(default.dtype)
    return op.call(x, number if x._data.dtype.itemsize > 2 else x._data.dtype.type(number))


def _check(name: str, y: Any, x: Any, dx: Any) -> None:
    if not isinstance(y, Tensor):
        raise wrong_argument(name, "y", 1, y)
    if y._data.dtype.kind == "b" or (isinstance(x, Tensor) and x._data.dtype.kind == "b"):
        which = "y" if y._data.dtype.kind == "b" else "x"
        raise RuntimeError(f"{name}: received a bool input for `{which}`, but bool is not supported")
    if isinstance(dx, complex) or isinstance(dx, bool):
        raise RuntimeError(f"{name}: Currently, we only support dx as a real number.")


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1) -> Tensor:
    """The integral of samples by the trapezoidal rule, along a dimension.

    Args:
        y: the samples.
        x: where they were taken; one dimension, or dimensions that broadcast with those of y.
        dx: the distance between neighbours instead; 1 if neither is given.
        dim: the dimension to integrate along.

    Raises:
        RuntimeError: x does not fit y.

    >>> import tapegrad as torch
    >>> torch.trapezoid(torch.tensor([1.0, 5.0, 10.0]))
    tensor(10.5000)
    """
    _check("trapezoid", y, x, dx)
    dim = wrap_dim(dim, y._data.ndim)
    if y._data.shape[dim] == 0:
        return y.sum(dim) * 1.0
    if x is not None:
        before, after = _halves(y, dim)
        areas = (before + after) * _steps("trapezoid", y, x, dim)
        return by_number(over_number, areas.sum(dim), 2.0)
    ends = y.select(dim, 0) + y.select(dim, -1)
    return by_number(times_number, y.sum(dim) - by_number(times_number, ends, 0.5), 1.0 if dx is None else dx)


def trapz(y: Tensor, x: Tensor | None = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """The older name of `trapezoid`."""
    return trapezoid(y, x, dx=dx, dim=dim)


def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1) -> Tensor:
    """The integral up to each sample but the first, by the trapezoidal rule; arguments as for `trapezoid`.

    >>> import tapegrad as torch
    >>> torch.cumulative_trapezoid(torch.tensor([1.0, 5.0, 10.0]))
    tensor([ 3.0000, 10.5000])
    """
    _check("cumulative_trapezoid", y, x, dx)
    dim = wrap_dim(dim, y._data.ndim)
    before, after = _halves(y, dim)
    if x is not None:
        steps = _steps("cumulative_trapezoid", y, x, dim)
        return by_number(over_number, ((before + after) * steps).cumsum(dim), 2.0)
    return by_number(times_number, before + after, (1.0 if dx is None else dx) / 2.0).cumsum(dim)


METHODS = {"diff": diff}

__all__ = ["cumulative_trapezoid", "diff", "trapezoid", "trapz"]
