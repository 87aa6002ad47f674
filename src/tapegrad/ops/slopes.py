"""`torch.gradient`: derivatives of sampled functions by differences of second order."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..errors import wrong_argument
from ..tensor import dtypes
from ..tensor.arguments import wrap_dims
from ..tensor.tensor import Tensor
from .differences import by_number, over_number, times_number


def _part(x: Any, dim: int, start: int, stop: int) -> Any:
    """The slice start:stop along a dimension; negative numbers count from the end, stop = 0 is the end."""
    n = x.shape[dim]
    first = start if start >= 0 else start + n
    last = stop if stop > 0 else stop + n
    return x.narrow(dim, first, last - first)


def _along(values: Tensor, like: Tensor, dim: int) -> Any:
    """A vector in the shape that broadcasts along a dimension."""
    return values.view([-1 if d == dim else 1 for d in range(like._data.ndim)])


def _uniform(f: Any, dim: int, h: Any, edge_order: int) -> Any:
    """The derivative for samples at equal distances h."""
    from . import cat

    at = partial(_part, f, dim)
    times, over = partial(by_number, times_number), partial(by_number, over_number)
    middle = over(over(at(2, 0) - at(0, -2), h), 2)
    if edge_order == 1:
        front, back = at(1, 2) - at(0, 1), at(-1, 0) - at(-2, -1)
    else:
        front = times(at(0, 1), -1.5) + times(at(1, 2), 2) - times(at(2, 3), 0.5)
        back = times(at(-3, -2), 0.5) - times(at(-2, -1), 2) + times(at(-1, 0), 1.5)
    return cat([over(front, h), middle, over(back, h)], dim)


def _uneven(f: Any, dim: int, places: Any, edge_order: int) -> Any:
    """The derivative for samples at given places."""
    from . import cat

    at = partial(_part, f, dim)
    steps = places.diff()
    p, q = steps[:-1], steps[1:]
    before, center, after = (_along(c, f, dim) for c in (-q / (p * (p + q)), (q - p) / (p * q), p / (q * (p + q))))
    middle = before * at(0, -2) + center * at(1, -1) + after * at(2, 0)
    if edge_order == 1:
        front, back = (at(1, 2) - at(0, 1)) / steps[0], (at(-1, 0) - at(-2, -1)) / steps[-1]
    else:
        p, q = steps[0], steps[1]
        first, second, third = -(2 * p + q) / (p * (p + q)), (p + q) / (p * q), -p / (q * (p + q))
        front = first * at(0, 1) + second * at(1, 2) + third * at(2, 3)
        p, q = steps[-2], steps[-1]
        first, second, third = q / (p * (p + q)), -(p + q) / (p * q), (p + 2 * q) / (q * (p + q))
        back = first * at(-3, -2) + second * at(-2, -1) + third * at(-1, 0)
    return cat([front, middle, back], dim)


def _spacings(spacing: Any, count: int, given: bool) -> list[Any]:
    """One spacing, a number or the places of the samples, for each dimension."""
    if spacing is None:
        return [1] * count
    if not isinstance(spacing, (tuple, list)):
        return [spacing] * count
    if len(spacing) != count:
        if given:
            why = (
                "a scalar or it's spacing and dim arguments to have the same length, but got a spacing argument of"
                f" length {len(spacing)} and a dim argument of length {count}"
            )
        else:
            why = (
                f"a scalar, or a list of length equal to 'self.dim() = {count}', since dim argument was not given, but"
                f" got a list of length {len(spacing)}"
            )
        raise RuntimeError(f"torch.gradient expected spacing to be unspecified, {why}")
    for places in spacing:
        if isinstance(places, Tensor) and places._data.ndim != 1:
            raise RuntimeError(
                "torch.gradient expected each element of spacing to have one dimension, but got an element with"
                f" {places._data.ndim} dimensions!"
            )
    return list(spacing)


def gradient(input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """The derivative of a sampled function along dimensions, one tensor for each.

    Between samples at h₁ before and h₂ behind it is the slope of the parabola through three neighbours; at the edges of
    the line through two of them, or of the parabola (edge_order=2).

    Args:
        input: the samples.
        spacing: the distance of neighbours, one for all dimensions or a list; or a list of vectors, the places.
        dim: the dimension or dimensions; all if not given.
        edge_order: 1 or 2.

    Raises:
        RuntimeError: a dimension has not more than `edge_order` samples.

    >>> import tapegrad as torch
    >>> torch.gradient(torch.tensor([1.0, 4.0, 9.0, 16.0]))
    (tensor([3., 4., 6., 7.]),)
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("gradient", "input", 1, input)
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if input.dtype is dtypes.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    dims = wrap_dims(dim, input._data.ndim)
    if isinstance(spacing, Tensor):
        spacing = spacing.item()
    spacings = _spacings(spacing, len(dims), dim is not None)
    for d in dims:
        if input._data.shape[d] <= edge_order:
            raise RuntimeError(
                "torch.gradient expected each dimension size to be at least edge_order+1. Dimension"
                f" {d} has {input._data.shape[d]} samples."
            )
    rules = [_uneven if isinstance(h, Tensor) else _uniform for h in spacings]
    return tuple(rule(input, d, h, edge_order) for rule, d, h in zip(rules, dims, spacings, strict=True))


METHODS: dict[str, Any] = {}

__all__ = ["gradient"]
