"""Norms of differences: dist, cdist, pdist; and renorm, which limits norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import batching
from ..autograd.views import before_write, check_write, wrote
from ..errors import DtypeError, ShapeError, broadcast_error, wrong_argument
from ..tensor import dtypes
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .kinds import need_floats, refuse
from .norms import norm_gradient, vector_norm_dims
from .op import operator
from .outputs import EXPECTED, given_out
from .pointwise import result_type
from .products import not_tensors
from .reductions import Dims
from .vocabulary import conj, real_part, reshaped, sum_to, summed, where, zeros_like


def _norm(x: Array, ord: float, dims: Dims, keepdim: bool) -> Array:
    return vector_norm_dims.forward(x, ord, dims, keepdim, None)


# -- between two tensors -----------------------------------------------------------------------------------------------


@operator(name="dist", pointwise=True, holomorphic=False)
def dist_(a: Array, b: Array, /, p: float) -> Array:
    """The norm of the difference."""
    d = a - b
    return _norm(d, p, tuple(range(d.ndim)), False)


@dist_.rule("a", "b")
def _(g: Any, a: Any, b: Any, out: Any, p: Any) -> Any:
    """a ← g·sign(d)·|d|^(p-1)/out^(p-1), d = a - b
    b ← the negative of it
    """
    d = a - b
    if p == 0:
        return zeros_like(d), zeros_like(d)
    one = (1,) * d.ndim
    gradient = norm_gradient(reshaped(g, one), d, reshaped(out, one), p, tuple(range(d.ndim)))
    return gradient, -gradient


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of input - other, which broadcast.

    >>> import tapegrad as torch
    >>> torch.dist(torch.tensor([0.0, 0.0]), torch.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        raise not_tensors("dist", ("input", input), ("other", other))
    kind = result_type(input, other)
    if kind.category < dtypes.FLOAT:
        kind = (input - other).dtype  # refuses bools
        raise DtypeError(
            f"norm(): input dtype should be either floating point or complex. Got {scalar_type_name(kind)} instead.",
            "Convert the integers first: x.float().",
        )
    a, b = (t if t.dtype is kind else t.to(kind) for t in (input, other))
    try:
        return dist_.call(a, b, p)
    except ValueError:
        raise broadcast_error(a._data.shape, b._data.shape) from None


# -- between rows ------------------------------------------------------------------------------------------------------


@operator(name="cdist")
def cdist_(a: Array, b: Array, /, p: float) -> Array:
    """The norms of the differences of every row of a with every row of b."""
    return _norm(a[..., :, None, :] - b[..., None, :, :], p, (max(a.ndim, b.ndim),), False)


@cdist_.rule("a", "b")
def _(g: Any, a: Any, b: Any, out: Any, a_shape: Any, b_shape: Any, p: Any) -> Any:
    """a_i ← Σ_j g_ij·sign(d)·|d|^(p-1)/out_ij^(p-1), d = a_i - b_j
    b_j ← -Σ_i of the same
    """
    d = a[..., :, None, :] - b[..., None, :, :]
    last = d.ndim - 1
    if p == 0:
        gradient = zeros_like(d)
    else:
        gradient = norm_gradient(g[..., None], d, out[..., None], p, (last,))
    by_a, by_b = summed(gradient, (last - 1,), False), summed(gradient, (last - 2,), False)
    return sum_to(by_a, a_shape), sum_to(-by_b, b_shape)


def cdist(
    x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:  # fmt: skip
    """The p-norm distances between every row of one matrix and every row of another, for stacks of matrices.

    Args:
        x1: (…, n, d).
        x2: (…, m, d).
        p: which norm, from 0 to inf.
        compute_mode: accepted as torch does; distances are always computed from differences.

    Returns:
        (…, n, m).

    Raises:
        RuntimeError: rows of different lengths, or p < 0.

    >>> import tapegrad as torch
    >>> torch.cdist(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    if not isinstance(x1, Tensor) or not isinstance(x2, Tensor):
        raise not_tensors("cdist", ("x1", x1), ("x2", x2))
    a, b = x1._data, x2._data
    for name, t in (("X1", a), ("X2", b)):
        if t.ndim < 2:
            raise ShapeError(f"cdist only supports at least 2D tensors, {name} got: {t.ndim}D")
    if a.shape[-1] != b.shape[-1]:
        raise ShapeError(
            f"X1 and X2 must have the same number of columns. X1: {a.shape[-1]} X2: {b.shape[-1]}",
            f"Found: shapes {a.shape} and {b.shape}.",
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    for name, x in (("X1", x1), ("X2", x2)):
        if x.dtype.category != dtypes.FLOAT:
            raise DtypeError(f"cdist only supports floating-point dtypes, {name} got: {scalar_type_name(x.dtype)}")
    if compute_mode not in (
        None, "use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"
    ):  # fmt: skip
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    refuse("cdist", x1, "h")
    try:
        return cdist_.call(x1, x2, p)
    except ValueError:
        raise broadcast_error(a.shape[:-2], b.shape[:-2]) from None


@operator(name="pdist")
def pdist_(x: Array, /, p: float) -> Array:
    """The norms of the differences of all pairs of rows."""
    first, second = np.triu_indices(x.shape[0], 1)
    return _norm(x[first] - x[second], p, (1,), False)


@pdist_.rule("x")
def _(g: Any, x: Any, out: Any, x_shape: Any, p: Any) -> Any:
    """x_i ← Σ_j g_ij·sign(d)·|d|^(p-1)/out_ij^(p-1), d = x_i - x_j"""
    n = x_shape[0]
    square = mirrored(g, n)
    d = x[:, None, :] - x[None, :, :]
    if p == 0:
        return zeros_like(x)
    return summed(norm_gradient(square[..., None], d, mirrored(out, n)[..., None], p, (2,)), (1,), False)


@operator
def mirrored(x: Array, /, n: int) -> Array:
    """A symmetric matrix with zeros on the diagonal, from what is above the diagonal, row by row."""
    square = np.zeros((n, n), x.dtype)
    upper = np.triu_indices(n, 1)
    square[upper] = x
    square.T[upper] = x
    return square


@operator
def above_diagonal(x: Array, /) -> Array:
    """What is above the diagonal of a square matrix, row by row, plus what is below it: the transpose of `mirrored`."""
    upper = np.triu_indices(x.shape[0], 1)
    return x[upper] + x.T[upper]


mirrored.linear_in("x").with_rules(x=lambda g: above_diagonal(g))
above_diagonal.linear_in("x").with_rules(x=lambda g, x_shape: mirrored(g, x_shape[0]))


def pdist(input: Tensor, p: float = 2) -> Tensor:
    """The p-norm distances of all pairs of rows of a matrix (n, d), as a vector of n(n-1)/2 elements.

    >>> import tapegrad as torch
    >>> torch.pdist(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 4.0]]))
    tensor([5., 4., 3.])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("pdist", "input", 1, input)
    if input._data.ndim != 2:
        raise ShapeError(f"pdist only supports 2D tensors, got: {input._data.ndim}D")
    if input.dtype.category != dtypes.FLOAT:
        raise DtypeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    refuse("pdist", input, "h")
    return pdist_.call(input.contiguous(), p)


# -- limiting norms ----------------------------------------------------------------------------------------------------

SMALL = 1e-7  # torch adds this to the norm before it divides by it


@operator(name="renorm")
def renorm_(x: Array, /, p: float, dims: Dims, maxnorm: float) -> Array:
    """x with the norms over some dimensions limited."""
    half = x.dtype.itemsize == 2  # computed in single precision
    y = x.astype(np.float32) if half else x
    size = _norm(y, p, dims, True)
    y = y * np.where(size > maxnorm, maxnorm / (size + size.dtype.type(SMALL)), size.dtype.type(1))
    return y.astype(x.dtype) if half else y


@renorm_.rule("x")
def _(g: Any, x: Any, p: Any, dims: Any, maxnorm: Any) -> Any:
    """x ← where(n > maxnorm, maxnorm/n·(g - Σ(x·g)/n·∂n/∂x), g), n = norm(x, p)"""
    size = vector_norm_dims(x, p, dims, True, None)
    over = size > maxnorm
    factor = where(over, maxnorm / (size + 1e-7), 1)
    along = summed(real_part(conj(x) * g), dims, True)
    by_size = where(over, -maxnorm * along / ((size + 1e-7) * (size + 1e-7)), 0)
    return g * factor + norm_gradient(by_size, x, size, p, dims)


def _check_renorm(input: Any, p: Any, dim: int, maxnorm: float) -> Dims:
    if not isinstance(input, Tensor):
        raise wrong_argument("renorm", "input", 1, input)
    ndim = input._data.ndim
    if isinstance(p, complex):
        raise RuntimeError("renorm: p must be real-valued")
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if isinstance(maxnorm, complex):
        raise RuntimeError("renorm: maxnorm must be real-valued")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    if ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {ndim} dimensions")
    at = wrap_dim(dim, ndim)
    return tuple(d for d in range(ndim) if d != at)


def renorm(
    input: Tensor,
    p: float,
    dim: int,
    maxnorm: float,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The tensor with each slice of a dimension scaled down, if need be, so that its p-norm is at most `maxnorm`.

    >>> import tapegrad as torch
    >>> torch.renorm(torch.tensor([[3.0, 4.0], [0.0, 1.0]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.0000, 1.0000]])
    """
    dims = _check_renorm(input, p, dim, maxnorm)
    need_floats("linalg.vector_norm", input)
    y = renorm_.call(input, p, dims, maxnorm)
    return y if out is None else given_out(out, y, input, says=EXPECTED)


def _renorm_in_place(self: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """In-place form of `renorm`."""
    dims = _check_renorm(self, p, dim, maxnorm)
    check_write(self)
    y = renorm_.forward(self._data, p, dims, maxnorm)
    if batching.running:
        batching.make_room(self, y)
    was = before_write(self, keep=True)
    np.copyto(self._data, y)
    result = new_tensor(self._data)
    if was._flags:
        renorm_.record(result, was, p, dims, maxnorm)
    wrote(self, result)
    return self


for _op in (cdist_, renorm_):
    _op.in_order = True

METHODS = {"dist": dist, "renorm": renorm, "renorm_": _renorm_in_place}

__all__ = ["cdist", "dist", "pdist", "renorm"]
