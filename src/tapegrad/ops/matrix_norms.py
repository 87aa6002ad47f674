"""Norms of matrices, the function that chooses between them and those of vectors, and the condition number."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..once import warn_once
from ..tensor.arguments import wrap_dim, wrap_dims
from ..tensor.dtypes import FLOAT, dtype, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .float_parts import nan_to_num
from .kinds import need_floats
from .masking import masked_fill
from .matrices import cast_out, need_square
from .norms import vector_norm, vector_norm_dims
from .outputs import EXPECTED, given_out
from .singular_values import svdvals, values_of
from .solving import inv_ex

# -- norms -------------------------------------------------------------------------------------------------------------


def matrix_norm(
    A: Tensor,
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """The norm of matrices: 'fro', 'nuc', ±1 (sums of columns), ±inf (sums of rows) or ±2 (singular values).

    Args:
        A: (…, n, m), floating point or complex.
        ord: which norm.
        dim: the two dimensions of the matrices.
        keepdim: keep these dimensions, with length 1.

    >>> import tapegrad as torch
    >>> torch.linalg.matrix_norm(torch.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor(5.)
    """
    if not isinstance(A, Tensor):
        raise wrong_argument("linalg_matrix_norm", "A", 1, A)
    need_floats("linalg.matrix_norm", A)
    if not isinstance(dim, (tuple, list)) or len(dim) != 2:
        given = " ".join(map(str, dim)) if isinstance(dim, (tuple, list)) else str(dim)
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {given}")
    if A._data.ndim < 2:
        raise RuntimeError(
            "linalg.matrix_norm: The input tensor A must have at least 2 dimensions. "
            f"The tensor has shape {tuple(A._data.shape)}."
        )
    rows, columns = (wrap_dim(d, A._data.ndim) for d in dim)
    if rows == columns:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim, dtype=dtype, out=out)
    if ord == "nuc" or ord in (2, -2):
        y = _of_singular_values(A, ord, rows, columns, keepdim, dtype)
        return y if out is None else given_out(out, y, A, says=_WRONG_OUT)
    if isinstance(ord, str) or abs(ord) not in (1, inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    summed, kept = (columns, rows) if abs(ord) == inf else (rows, columns)
    if not keepdim and kept > summed:
        kept -= 1
    sums: Any = vector_norm(A, 1, summed, keepdim, dtype=dtype)
    y = _largest(sums, kept, keepdim) if ord > 0 or not sums.numel() else sums.amin(kept, keepdim)
    return y if out is None else given_out(out, y, A, says=_WRONG_OUT)


_WRONG_OUT = "linalg.matrix_norm expected out tensor dtype {wanted} but got: {found}"


def _largest(values: Any, dim: int, keepdim: bool) -> Any:
    """The largest of lengths that are not negative; 0 if there are none."""
    return values.amax(dim, keepdim) if values.shape[dim] else values.sum(dim, keepdim)


def _of_singular_values(A: Any, ord: Any, rows: int, columns: int, keepdim: bool, kind: dtype | None) -> Tensor:
    """The sum, the largest or the smallest of the singular values of matrices."""
    if kind is not None:
        A = A.to(kind)
    order = [d for d in range(A.ndim) if d not in (rows, columns)] + [rows, columns]
    values: Any = values_of(A.permute(order))
    if ord == "nuc":
        y: Any = values.sum(-1, keepdim)
    else:
        y = _largest(values, -1, keepdim) if ord == 2 else values.amin(-1, keepdim)
    if keepdim:
        y = y.unsqueeze(-1).permute([order.index(d) for d in range(A.ndim)])
    return y


def norm(
    A: Tensor,
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    dtype: dtype | None = None,
) -> Tensor:
    """The norm of vectors or matrices, as `dim` or else the number of dimensions says.

    Without `ord` the root of the sum of squares of all elements, or of those along `dim`.

    >>> import tapegrad as torch
    >>> torch.linalg.norm(torch.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if not isinstance(A, Tensor):
        raise wrong_argument("linalg_norm", "A", 1, A)
    dims = (dim,) if isinstance(dim, int) else dim
    if dims is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dims)}")
    if out is not None:
        says = "linalg.norm expected out tensor dtype {wanted} but got: {found}"
        return given_out(out, norm(A, ord, dim, keepdim, dtype=dtype), A, says=says)
    if ord is None:
        return vector_norm(A, 2, dims, keepdim, dtype=dtype)
    if dims is None and A._data.ndim not in (1, 2):
        raise RuntimeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {A._data.ndim}D."
        )
    if isinstance(ord, str):
        return matrix_norm(A, ord, (-2, -1) if dims is None else dims, keepdim, dtype=dtype)
    if (dims is None and A._data.ndim == 2) or (dims is not None and len(dims) == 2):
        return matrix_norm(A, ord, (0, 1) if dims is None else dims, keepdim, dtype=dtype)
    return vector_norm(A, ord, dims, keepdim, dtype=dtype)


# -- older names -------------------------------------------------------------------------------------------------------


def _warn_of(name: str, instead: str) -> None:
    warn_once(
        f"at::{name} is deprecated and it is just left for JIT compatibility. It will be removed in a future PyTorch"
        f" release. Please use `{instead}` instead"
    )


def nuclear_norm(input: Tensor, dim: Any = None, keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The sum of the singular values of matrices: `torch.linalg.matrix_norm(input, "nuc", dim, keepdim)`.

    >>> import tapegrad as torch, warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     torch.nuclear_norm(torch.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor(7.)
    """
    _warn_of("nuclear_norm", "linalg.matrix_norm(A, 'nuc', dim, keepdim)")
    if isinstance(dim, bool):
        dim, keepdim = None, dim
    return matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim, out=out)


_frobenius = vector_norm_dims.twin("frobenius_norm", node="NormBackward1")


def frobenius_norm(input: Tensor, dim: Any, keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The root of the sum of squares: `torch.linalg.vector_norm(input, 2, dim, keepdim)`.

    >>> import tapegrad as torch, warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     torch.frobenius_norm(torch.tensor([[3.0, 4.0]]), dim=1)
    tensor([5.])
    """
    _warn_of("frobenius_norm", "linalg.vector_norm(A, 2., dim, keepdim)")
    if not isinstance(input, Tensor):
        raise wrong_argument("frobenius_norm", "input", 1, input)
    if input.dtype.category < FLOAT:
        raise RuntimeError(
            "norm(): input dtype should be either floating point or complex. Got"
            f" {scalar_type_name(input.dtype)} instead."
        )
    y: Tensor = _frobenius.call(input, 2, wrap_dims(dim, input._data.ndim), keepdim, None)
    return y if out is None else given_out(out, y, input, says=EXPECTED)


# -- the condition number ----------------------------------------------------------------------------------------------


def _ratio(values: Any, largest_first: bool) -> Any:
    """The largest over the smallest singular value, or the other way round."""
    first, last = values[..., :1], values[..., -1:]
    ratio = first / last if largest_first else last / first
    return ratio.squeeze(-1)


def cond(input: Tensor, p: Any = None, *, out: Tensor | None = None) -> Tensor:
    """The condition numbers of matrices: the norm times that of the inverse.

    Args:
        input: (…, n, m), floating point or complex; square unless p is None, 2 or -2.
        p: the norm, as for `torch.linalg.matrix_norm`; None stands for 2.

    Returns:
        Real numbers; infinity for singular matrices.

    >>> import tapegrad as torch
    >>> torch.linalg.cond(torch.tensor([[1.0, 0.0], [0.0, 4.0]]))
    tensor(4.)
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("linalg_cond", "input", 1, input)
    y = _cond(input, p)
    return y if out is None else cast_out("linalg.cond", out, y, input)


def _cond(A: Any, p: Any) -> Any:
    shape = A._data.shape
    if len(shape) < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if not (p is None or p in ("fro", "nuc") or (not isinstance(p, str) and abs(p) in (1, 2, inf))):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if 0 in shape[-2:] or 0 in shape:
        if p not in (None, 2, -2):
            need_square(_named(p), A)
        return new_tensor(np.zeros(shape[:-2], np.abs(A._data[:0]).dtype))
    if p in (None, 2, -2):
        return _ratio(svdvals(A), p != -2)
    need_square(_named(p), A)
    if p == "nuc":
        values: Any = svdvals(A)
        return values.sum(-1) * values.reciprocal().sum(-1)
    inverse, info = inv_ex(A)
    singular = new_tensor(info._data.astype(bool)[..., None, None])
    norms = [matrix_norm(x, p) for x in (A, masked_fill(inverse, singular, inf))]
    return nan_to_num(norms[0] * norms[1], inf, inf, -inf)


def _named(p: Any) -> str:
    return f"linalg.cond(ord={p})"


METHODS: dict[str, Any] = {}

__all__ = ["frobenius_norm", "nuclear_norm"]
