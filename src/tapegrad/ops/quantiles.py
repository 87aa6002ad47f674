"""Quantiles, by sorting and interpolating between neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import DtypeError, wrong_argument
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import F32, F64, Array
from ..tensor.tensor import TANGENT, Tensor, new_tensor
from .outputs import given_out
from .permuting import _transpose
from .reductions import add_reduce
from .shape import _unsafe_view as unsafe_view
from .sorting import sort
from .truth import any_reduce

# torch rearranges the result in place, which shows in the names of the nodes.
_squeezed = unsafe_view.twin("squeeze in place", node="SqueezeBackward4")
_unsqueezed = unsafe_view.twin("unsqueeze in place", node="UnsqueezeBackward1")
_transposed = _transpose.twin("in place", node="TransposeBackward1", view=False)

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _check(name: str, input: Any, q: Any, interpolation: str) -> Array:
    """The probabilities as an array, after checking the arguments."""
    if not isinstance(input, Tensor):
        raise wrong_argument(name, "input", 1, input)
    x = input._data
    if x.size == 0:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    given = q._data if isinstance(q, Tensor) else np.array(q, x.dtype)
    if given.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor. It has shape {tuple(given.shape)}.")
    if x.dtype is not F32 and x.dtype is not F64:
        raise DtypeError(
            f"{name}() input tensor must be either float or double dtype", f"Found: {input.dtype}. Write x.float()."
        )
    if given.dtype is not x.dtype:
        raise DtypeError(
            f"{name}() q tensor must be same dtype as the input tensor", f"Found: {input.dtype} and {given.dtype}."
        )
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    if not all_rows((given >= 0) & (given <= 1)).all():
        if isinstance(q, Tensor):
            raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
        raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q:g}")
    return given


def _sorted_lines(input: Tensor, dim: Any, keepdim: bool) -> Any:
    """The lines sorted, as the last dimension; of the others, `dim` has length 1 if it is to be kept."""
    ndim = input._data.ndim
    if dim is None:
        flat = sort(input.reshape(-1))[0]
        return flat.view([1] * ndim + [-1] if keepdim else [-1])
    if ndim == 0:
        return sort(input.reshape(1))[0]
    if dim == ndim - 1 and not keepdim:
        return sort(input)[0]
    lines = sort(input.unsqueeze(-1).transpose(dim, -1))[0]
    return lines if keepdim else lines.squeeze(dim)


def _ranks(name: str, q: Array, lines: Array) -> tuple[Array, Array, Array, float]:
    """Where the quantiles lie on sorted lines, counted from 0, not necessarily whole.

    Returns:
        The ranks, which are q·steps; the steps; where the ranks are fixed instead, because of NaN, and at what.
    """
    last = lines.shape[-1] - 1
    holes = np.isnan(lines)
    if name == "nanquantile":
        steps = add_reduce(~holes, -1, lines.dtype, None, True) - 1
        fixed, at = steps < 0, 0
    else:
        steps = np.full((*lines.shape[:-1], 1), last, lines.dtype)
        fixed, at = any_reduce(holes, -1, None, None, True), last
    return np.where(fixed, lines.dtype.type(at), q.reshape(-1) * steps), steps, fixed, at


def _weights(q: Any, ranks: Array, below: Array, steps: Array, fixed: Array, at: float) -> Tensor:
    """How far the ranks are above whole numbers; recorded if q requires a gradient."""
    if not isinstance(q, Tensor) or not (q.requires_grad or q._flags & TANGENT):
        return new_tensor(ranks - below)
    moving: Any = q.reshape(-1) * new_tensor(steps)
    if all_rows(fixed).any():
        moving = moving.masked_fill(new_tensor(fixed), at)
    return moving - new_tensor(below)


_ROUND = {"lower": np.floor, "higher": np.ceil, "nearest": np.rint}


def _quantile(name: str, input: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, out: Any) -> Tensor:
    from . import gather, lerp

    probabilities = _check(name, input, q, interpolation)
    ordered = _sorted_lines(input, None if dim is None else wrap_dim(dim, input._data.ndim), keepdim)
    ranks, steps, fixed, at = _ranks(name, probabilities, ordered._data)
    if interpolation in _ROUND:
        y = gather(ordered, -1, new_tensor(_ROUND[interpolation](ranks).astype(np.int64)))
    else:
        below = np.floor(ranks)
        low = gather(ordered, -1, new_tensor(below.astype(np.int64)))
        high = gather(ordered, -1, new_tensor(np.ceil(ranks).astype(np.int64)))
        if interpolation == "midpoint":
            weights = new_tensor(np.full_like(ranks, 0.5))
        else:
            weights = _weights(q, ranks, below, steps, fixed, at)
        y = lerp(low, high, weights)
    shape = y._data.shape
    if probabilities.ndim == 0:
        y = _squeezed.call(y, shape[:-1])
    else:
        y = _transposed.call(_unsqueezed.call(y, (1, *shape)), 0, len(shape))
        y = _squeezed.call(y, (shape[-1], *shape[:-1]))
    says = f"{name}() out tensor must be same dtype as the input tensor"
    return y if out is None else given_out(out, y, input, says=says)


def quantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
    axis: int | None = None,
) -> Tensor:
    """The values below which a part q of the elements lies, overall or along a dimension; NaN if there is one.

    Args:
        input: float32 or float64.
        q: a number from 0 to 1, or a tensor of such; the results for several form a new first dimension.
        dim: the dimension; all elements if not given.
        keepdim: keep the dimension, with length 1.
        interpolation: what to do between two elements: "linear", "lower", "higher", "midpoint" or "nearest".

    Raises:
        RuntimeError: no elements, another dtype, or q not from 0 to 1.

    >>> import tapegrad as torch
    >>> torch.quantile(torch.tensor([1.0, 2.0, 3.0, 4.0]), 0.5)
    tensor(2.5000)
    """
    return _quantile("quantile", input, q, dim if axis is None else axis, keepdim, interpolation, out)


def nanquantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
    axis: int | None = None,
) -> Tensor:
    """The quantile of the elements that are not NaN; arguments as for `quantile`.

    >>> import tapegrad as torch
    >>> torch.nanquantile(torch.tensor([1.0, torch.nan, 3.0]), 0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", input, q, dim if axis is None else axis, keepdim, interpolation, out)


METHODS = {"nanquantile": nanquantile, "quantile": quantile}

__all__ = ["nanquantile", "quantile"]
