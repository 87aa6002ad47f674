"""Norms of vectors: the p-th root of the sum of p-th powers, over all elements or over dimensions.

The gradient is 0 where the norm is 0 (there is none, strictly); for p = ∞ elements that tie share it evenly.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..errors import DtypeError, wrong_argument
from ..tensor import dtypes
from ..tensor.dtypes import F32, F64, Array, as_dtype, dtype, scalar_type_name
from ..tensor.tensor import Tensor
from .extrema import count_true
from .kinds import need_floats
from .op import operator
from .outputs import EXPECTED, given_out
from .reductions import Dims, add_reduce, dims_of, max_reduce, min_reduce, unreduced
from .vocabulary import abs, fit, on_tensors, phrase, sign, where, word


def direction(x: Array) -> Array:
    """x / |x|, and 0 at 0."""
    return sign(x)


def _direction_of_tensor(x: Tensor) -> Tensor:
    return on_tensors("sgn" if x._data.dtype.kind == "c" else "sign")(x)


word("direction", raw=direction, tensor=_direction_of_tensor)


@operator(node="LinalgVectorNormBackward0")
def vector_norm_dims(x: Array, /, ord: float, dims: Dims, keepdim: bool, kind: Any) -> Array:
    """(Σ |x|^ord)^(1/ord) over dimensions, after a conversion to `kind` if that is given."""
    if kind is not None:
        x = x.astype(kind)
    given = x.dtype
    if given.itemsize == 2:
        x = x.astype(F32)
    if ord == 2:
        if len(dims) == x.ndim and not keepdim and (given is F32 or given is F64):
            flat = x.reshape(-1)
            return np.sqrt(flat.dot(flat))
        squares = x.real**2 + x.imag**2 if given.kind == "c" else x * x
        y = np.sqrt(add_reduce(squares, dims, None, None, keepdim))
    elif ord == 1:
        y = add_reduce(np.abs(x), dims, None, None, keepdim)
    elif ord == 0:
        y = add_reduce(x != 0, dims, np.abs(x[..., :0]).dtype if x.ndim else np.abs(x).dtype, None, keepdim)
    elif ord == inf:
        y = max_reduce(np.abs(x), dims, None, None, keepdim)
    elif ord == -inf:
        y = min_reduce(np.abs(x), dims, None, None, keepdim)
    else:
        y = add_reduce(np.abs(x) ** ord, dims, None, None, keepdim) ** (1 / ord)
    return y.astype(given) if given.itemsize == 2 else y


@phrase
def norm_gradient(g: Any, x: Any, norm: Any, ord: float, dims: Any) -> Any:
    """g times the derivative of a norm by x; g and norm have the reduced dimensions, with length 1."""
    if ord == 2:
        return g * where(norm == 0, 0, x / norm)
    if ord == 1:
        return direction(x) * g
    if ord in (float("inf"), float("-inf")):
        mask = (abs(x) == norm) | (x != x)
        return direction(x) * (g / count_true(mask, dims, g) * mask)
    if ord < 1:
        return direction(x) * where(x == 0, 0, abs(x) ** (ord - 1)) * g * norm ** (1 - ord)
    scale = where(norm == 0, 0, g / norm ** (ord - 1))
    if ord < 2:
        return direction(x) * abs(x) ** (ord - 1) * scale
    return x * abs(x) ** (ord - 2) * scale


@vector_norm_dims.rule("x")
def _(g: Any, x: Any, out: Any, x_shape: Any, x_dtype: Any, ord: Any, dims: Any, kind: Any) -> Any:
    """x ← g·sign(x)·|x|^(ord-1)/out^(ord-1); for ±inf g·sign(x)·m/Σ m, m = |x| == out"""
    if ord == 0:
        return None
    gradient = norm_gradient(unreduced(g, x_shape, dims), x, unreduced(out, x_shape, dims), ord, dims)
    return gradient if kind is None else fit(gradient, (x_shape, x_dtype))


def vector_norm(
    x: Tensor,
    ord: Any = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """The norm of a tensor seen as a vector, or of the vectors along dimensions.

    Args:
        x: any shape, floating point or complex.
        ord: any number, inf or -inf; 0 counts the elements that are not 0.
        dim: the dimension or dimensions; all if not given.
        keepdim: keep these dimensions, with length 1.
        dtype: convert the elements first.

    Raises:
        RuntimeError: integers, a `dtype` that would lose precision, or no elements where the norm of none is undefined.

    >>> import tapegrad as torch
    >>> torch.linalg.vector_norm(torch.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if not isinstance(x, Tensor):
        raise wrong_argument("linalg_vector_norm", "x", 1, x)
    if isinstance(ord, bool) or not isinstance(ord, (int, float)):
        raise TypeError(f"linalg_vector_norm(): argument 'ord' (position 2) must be Number, not {type(ord).__name__}")
    kind = _check_dtypes(x, dtype)
    array = x._data
    dims = dims_of(dim, array.ndim)
    if array.size == 0 and (ord < 0 or ord == inf):
        _check_identity(array.shape, float(ord), dim, dims)
    y = vector_norm_dims.call(x, ord, dims, keepdim, kind)
    return y if out is None else given_out(out, y, x, says=EXPECTED)


def _check_dtypes(x: Tensor, dtype: dtype | None) -> Any:
    mine = x.dtype
    need_floats("linalg.vector_norm", x)
    if dtype is None:
        return None
    wanted = as_dtype(dtype)
    if wanted.category < dtypes.FLOAT:
        raise DtypeError(
            f"linalg.vector_norm: dtype should be floating point or complex. Got {scalar_type_name(wanted)}"
        )
    if wanted.is_complex != mine.is_complex:
        which = ("complex", "complex") if mine.is_complex else ("real", "real")
        raise DtypeError(
            f"linalg.vector_norm: dtype should be {which[0]} for {which[1]} inputs, but got {scalar_type_name(wanted)}"
        )
    if dtypes.promote_types(mine, wanted) is not wanted:
        raise DtypeError(
            f"linalg.vector_norm: the dtype of the input ({scalar_type_name(mine)}) should be convertible without"
            f" narrowing to the specified dtype ({scalar_type_name(wanted)})",
            f"Convert the result instead: x.norm().to({wanted}).",
        )
    return None if wanted is mine else wanted.numpy


def _check_identity(shape: tuple[int, ...], ord: float, dim: Any, dims: Dims) -> None:
    """Refuse the largest or smallest of no elements."""
    name = f"{ord:g}"
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {name} norm on an empty tensor because the operation does not have"
            f" an identity. The tensor has shape {tuple(shape)}."
        )
    for d in dims:
        if shape[d] == 0:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {name} norm on the dimension {d}because this dimension is empty"
                f" and the operation does not have an identity. The tensor has shape {tuple(shape)}."
            )


def norm(
    input: Tensor,
    p: Any = "fro",
    dim: Any = None,
    keepdim: bool = False,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    *,
    axis: Any = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The norm of a tensor: 'fro' (the root of the sum of squares), a number p, inf or -inf.

    Args:
        input: any shape, floating point or complex.
        p: which norm.
        dim: the dimension or dimensions; all if not given.
        keepdim: keep these dimensions, with length 1.
        dtype: convert the elements first.

    >>> import tapegrad as torch
    >>> torch.norm(torch.tensor([[3.0, 4.0], [0.0, 5.0]]), dim=1)
    tensor([5., 5.])
    """
    dim = axis if dim is None else dim
    keepdim = keepdim if keepdims is None else keepdims
    if p == "nuc":
        from .matrix_norms import matrix_norm

        dims = (0, 1) if dim is None and input._data.ndim == 2 else dim
        return matrix_norm(input, "nuc", dims, keepdim, dtype=dtype, out=out)
    if isinstance(p, str):
        if p != "fro":
            raise RuntimeError(f"only valid string values are 'fro' and 'nuc', found {p}")
        if isinstance(dim, (tuple, list)) and len(dim) > 2:
            raise RuntimeError(
                f"linalg.matrix_norm: dim must be a 2-tuple. Got {' '.join(map(str, dim))}. Write p=2 for other numbers"
                " of dimensions."
            )
        p = 2
    elif p is None:
        p = 2
    return vector_norm(input, p, dim, keepdim, dtype=dtype, out=out)


def _method(
    self: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: dtype | None = None
) -> Tensor:  # fmt: skip
    """`torch.norm` of this tensor."""
    return norm(self, p, dim, keepdim, dtype=dtype)


vector_norm_dims.in_order = True

METHODS = {"norm": _method}

__all__ = ["norm"]
