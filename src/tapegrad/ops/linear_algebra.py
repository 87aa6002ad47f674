"""Functions of `torch.linalg` that are composed of other operators, and the cross product."""

from __future__ import annotations

import warnings
from math import inf
from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError, wrong_argument
from ..tensor import dtypes
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import Array, dtype, scalar_type_name
from ..tensor.tensor import Tensor
from .kinds import need_floats, refuse
from .norms import vector_norm
from .op import operator
from .outputs import EXPECTED, given_out
from .products import c_name, mm, not_tensors
from .singular_values import svd

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
    values = svd.call(A.permute(order))[1]
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


# -- products ----------------------------------------------------------------------------------------------------------


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """Σ conj(x)·y along a dimension, with broadcasting.

    >>> import tapegrad as torch
    >>> torch.linalg.vecdot(torch.ones(2, 3), torch.ones(3))
    tensor([3., 3.])
    """
    if not isinstance(x, Tensor) or not isinstance(y, Tensor):
        raise not_tensors("linalg_vecdot", ("x", x), ("y", y))
    if x._data.dtype is not y._data.dtype:
        raise DtypeError(
            "linalg.vecdot: Expected x and y to have the same dtype, but found x of type"
            f" {scalar_type_name(x.dtype)} and y of type {scalar_type_name(y.dtype)} instead"
        )
    need_floats("linalg.vecdot", x)
    first: Any = x.conj() if x.is_complex() else x
    z: Tensor = (first * y).sum(dim)
    says = "linalg.vecdot: Expected out of dtype{wanted} but found {found}"
    return z if out is None else given_out(out, z, x, y, says=says)


@operator(node="LinalgCrossBackward0", pointwise=True)
def cross_product(a: Array, b: Array, /, dim: int) -> Array:
    """a × b along a dimension of length 3."""
    x, y, z = (np.take(a, [i], axis=dim) for i in range(3))
    u, v, w = (np.take(b, [i], axis=dim) for i in range(3))
    return np.concatenate([y * w - z * v, z * u - x * w, x * v - y * u], dim)


cross_product.diagonal = False
cross_product.linear_in("a", "b").with_rules(
    a=lambda g, b, dim: cross_product(b, g, dim),
    b=lambda g, a, dim: cross_product(g, a, dim),
)


_told: set[str] = set()


def _warn_once(message: str) -> None:
    """Warn of a deprecated form the first time it is used, as torch does."""
    if message not in _told:
        _told.add(message)
        warnings.warn(message, UserWarning, stacklevel=3)


def linalg_cross(
    input: Tensor,
    other: Tensor,
    *,
    dim: int = -1,
    out: Tensor | None = None,
) -> Tensor:
    """The cross product of vectors of three elements along a dimension, with broadcasting.

    Raises:
        RuntimeError: the dimension does not have length 3.

    >>> import tapegrad as torch
    >>> torch.linalg.cross(torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        raise not_tensors("linalg_cross", ("input", input), ("other", other))
    a, b = input._data, other._data
    if a.ndim != b.ndim:
        raise ShapeError(
            "linalg.cross: inputs must have the same number of dimensions.", f"Found: shapes {a.shape} and {b.shape}."
        )
    at = wrap_dim(dim, a.ndim)
    if a.shape[at] != 3 or b.shape[at] != 3:
        raise ShapeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {a.shape[at]} and {b.shape[at]}"
        )
    refuse("cross", input, "b")
    kind = dtypes.promote_types(input.dtype, other.dtype)
    one, two = (t if t.dtype is kind else t.to(kind) for t in (input, other))
    try:
        y = cross_product.call(one, two, at - a.ndim)
    except ValueError:
        from ..errors import broadcast_error

        raise broadcast_error(a.shape, b.shape) from None
    return y if out is None else given_out(out, y, input, other, says=EXPECTED)


def cross(
    input: Tensor,
    other: Tensor,
    dim: int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """`torch.linalg.cross`; without `dim`, along the first dimension of length 3.

    >>> import tapegrad as torch
    >>> torch.cross(torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]), dim=0)
    tensor([0., 0., 1.])
    """
    if dim is None:
        _warn_once(
            "Using torch.cross without specifying the dim arg is deprecated.\n"
            "Please either pass the dim explicitly or simply use torch.linalg.cross.\n"
            "The default value of dim will change to agree with that of linalg.cross in a future release."
        )
        dims = [i for i, n in enumerate(input._data.shape) if n == 3]
        if not dims:
            raise ShapeError("no dimension of size 3 in input", f"Found: shape {input._data.shape}.")
        dim = dims[0]
    return linalg_cross(input, other, dim=dim, out=out)


def multi_dot(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """The product of several matrices, multiplied in the order that takes the fewest operations.

    Args:
        tensors: two or more matrices; the first and the last may be vectors.

    Raises:
        RuntimeError: the shapes or dtypes do not go together.

    >>> import tapegrad as torch
    >>> torch.linalg.multi_dot([torch.ones(2, 3), torch.ones(3, 4), torch.ones(4)])
    tensor([12., 12.])
    """
    tensors = list(tensors)
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    shape: list[int] = []
    chain = list(tensors)
    for i, t in enumerate(tensors):
        ends = i in (0, len(tensors) - 1)
        if t._data.ndim != 2 and not (ends and t._data.ndim == 1):
            wanted = "1D or 2D" if ends else "2D"
            first = {0: "the first tensor", len(tensors) - 1: "the last tensor"}.get(i, f"tensor {i}")
            raise ShapeError(f"multi_dot(): {first} must be {wanted} but got {t._data.ndim}D")
        if t._data.dtype is not tensors[0]._data.dtype:
            raise DtypeError(
                "multi_dot(): all tensors must have be the same dtype but tensor 0 is"
                f" {c_name(tensors[0].dtype)} and tensor {i} {c_name(t.dtype)}"
            )
    if chain[0]._data.ndim == 1:
        chain[0] = chain[0].unsqueeze(0)
    else:
        shape.append(chain[0]._data.shape[0])
    if chain[-1]._data.ndim == 1:
        chain[-1] = chain[-1].unsqueeze(-1)
    else:
        shape.append(chain[-1]._data.shape[1])
    for i in range(len(chain) - 1):
        if chain[i]._data.shape[1] != chain[i + 1]._data.shape[0]:
            one, two = (list(t._data.shape) for t in chain[i : i + 2])
            raise ShapeError(f"multi_dot(): tensors {i} and {i + 1} with shapes {one} and {two} cannot be multiplied")
    y = _in_best_order(chain).view(shape)
    says = "multi_dot(): expected out tensor to have dtype {wanted_c} but got {found_c}"
    return y if out is None else given_out(out, y, *tensors, says=says)


def _in_best_order(chain: list[Tensor]) -> Tensor:
    """The product of a chain of matrices, in the cheapest order (Cormen et al., Introduction to Algorithms, 15.2)."""
    n = len(chain)
    sizes = [t._data.shape[0] for t in chain] + [chain[-1]._data.shape[1]]
    cost = [[0] * n for _ in range(n)]
    split = [[0] * n for _ in range(n)]
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            options = [(cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
            cost[i][j], split[i][j] = min(options)

    def product(i: int, j: int) -> Tensor:
        if i == j:
            return chain[i]
        k = split[i][j]
        return mm(product(i, k), product(k + 1, j))

    return product(0, n - 1)


def chain_matmul(*matrices: Any, out: Tensor | None = None) -> Tensor:
    """The older name of `torch.linalg.multi_dot`; takes the matrices one by one.

    >>> import tapegrad as torch, warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     torch.chain_matmul(torch.ones(2, 3), torch.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    _warn_once(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot"
        " instead, which accepts a list of two or more tensors rather than multiple parameters."
    )
    if len(matrices) == 1 and isinstance(matrices[0], (tuple, list)):
        matrices = tuple(matrices[0])
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    for t in matrices:
        if t._data.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {t._data.ndim}, expected 2 instead.")
    if len(matrices) == 1:
        return matrices[0].clone()
    return multi_dot(matrices, out=out)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices: `A.diagonal`, by default over the last two dimensions; a view.

    >>> import tapegrad as torch
    >>> torch.linalg.diagonal(torch.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return A.diagonal(offset, dim1, dim2)


METHODS = {"cross": cross}

__all__ = ["chain_matmul", "cross"]
