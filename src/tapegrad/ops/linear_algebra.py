"""Products of vectors and of several matrices, and the Vandermonde matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError, wrong_argument
from ..once import warn_once
from ..tensor import dtypes
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .joining import cat
from .kinds import need_floats, refuse
from .op import operator
from .outputs import EXPECTED, given_out
from .products import c_name, mm, not_tensors
from .running_products import cumprod


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
        warn_once(
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
    warn_once(
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


def linalg_vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """The powers of numbers, from the zeroth on, in rows.

    Args:
        x: (…, n), of any type but bool and float16.
        N: how many powers; n by default.

    >>> import tapegrad as torch
    >>> torch.linalg.vander(torch.tensor([2, 3]), N=3)
    tensor([[1, 2, 4],
            [1, 3, 9]])
    """
    if not isinstance(x, Tensor):
        raise wrong_argument("linalg_vander", "x", 1, x)
    if x._data.dtype.kind == "b" or x.dtype is dtypes.float16:
        raise DtypeError(
            "linalg.vander supports floating point, complex, and integer tensors, but got " + scalar_type_name(x.dtype)
        )
    if not x._data.ndim:
        x = x.unsqueeze(0)
    shape = x._data.shape
    if N is None:
        N = shape[-1]
    if N <= 1:
        raise RuntimeError("N must be greater than 1.")
    powers: Any = cumprod(x.unsqueeze(-1).expand(*shape, N - 1), -1)
    first = new_tensor(np.ones((*shape, 1), powers._data.dtype))
    return cat((first, powers), -1)


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of the elements of a vector in rows, by default the highest first; it has a gradient, unlike torch's.

    Args:
        x: (n); integers become int64.
        N: how many powers; n by default.
        increasing: begin with the zeroth power.

    >>> import tapegrad as torch
    >>> torch.vander(torch.tensor([2, 3]), N=3)
    tensor([[4, 2, 1],
            [9, 3, 1]])
    """
    if not isinstance(x, Tensor):
        raise wrong_argument("vander", "x", 1, x)
    if x._data.ndim != 1:
        raise ShapeError("x must be a one-dimensional tensor.", f"Found: shape {x._data.shape}. See linalg.vander.")
    n = x._data.shape[0] if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    kind = dtypes.int64 if x.dtype.category < dtypes.FLOAT else x.dtype
    made: Any = new_tensor(np.ones((x._data.shape[0], min(n, 1)), kind.numpy))
    if n > 1:
        made = cat((made, cumprod(x.to(kind).unsqueeze(1).expand(-1, n - 1), 1)), 1)
    return made if increasing else made.flip(1)


METHODS = {"cross": cross}

__all__ = ["chain_matmul", "cross", "vander"]
