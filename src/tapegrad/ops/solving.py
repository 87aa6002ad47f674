"""Systems of linear equations, and inverses."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from ..autograd.batching import all_rows
from ..errors import ShapeError, wrong_argument
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from . import return_types
from .extrema import make_tuple
from .kinds import need_floats
from .lapack import I32, lu_factors, solve_factored
from .matrices import (
    adjoint,
    batches,
    by_columns,
    cast_out,
    failed,
    fit_equation,
    need_kernel,
    need_matrices,
    need_precision,
    need_square,
    same_dtypes,
)
from .op import operator
from .outputs import EXPECTED, given_out, given_outs
from .products import not_tensors
from .vocabulary import matmul, sum_to, word

SINGULAR = "The solver failed because the input matrix is singular."
_NOT_INVERTIBLE = (
    "The diagonal element {code} is zero, the inversion could not be completed because the input matrix is singular."
)

# -- on arrays ---------------------------------------------------------------------------------------------------------


def solved(a: Array, b: Array) -> tuple[Array, Array]:
    """X with a·X = b, and for each matrix 0 or the place of the zero in U that makes it singular."""
    try:
        return np.linalg.solve(a, b), np.zeros(a.shape[:-2], I32)
    except LinAlgError:
        lu, pivots, info = lu_factors(a)
        return solve_factored(lu, pivots, b, False), info


def inverted(a: Array) -> tuple[Array, Array]:
    """The inverses, and for each matrix 0 or the place of the zero in U that makes it singular."""
    try:
        return np.linalg.inv(a), np.zeros(a.shape[:-2], I32)
    except LinAlgError:
        lu, pivots, info = lu_factors(a)
        return solve_factored(lu, pivots, np.eye(a.shape[-1], dtype=a.dtype), False), info


def solution(a: Array, b: Array, left: bool) -> Array:
    """X with a·X = b, or X·a = b, whether or not a is singular."""
    if left:
        return solved(a, b)[0]
    return solved(a.swapaxes(-1, -2), b.swapaxes(-1, -2))[0].swapaxes(-1, -2)


# -- the records -------------------------------------------------------------------------------------------------------


@operator(name="linalg_solve_ex", outputs=(True, False))
def _solve_ex(a: Array, b: Array, /, left: bool, vector: bool) -> tuple[Array, Array]:
    """X with a·X = b, or X·a = b; `vector` if b has no dimension for several right-hand sides."""
    if vector:
        x, info = solved(a, b[..., None])
        return by_columns(x[..., 0]) if x.ndim > 2 else x[..., 0], info
    if left:
        x, info = solved(a, b)
        return by_columns(x), info
    x, info = solved(a.swapaxes(-1, -2), b.swapaxes(-1, -2))
    return x.swapaxes(-1, -2).copy(), info


word("solution", raw=solution, tensor=lambda a, b, left: solve(a, b, left=left))


@_solve_ex.rule("a", "b")
def _(g: Any, a: Any, out: Any, a_shape: Any, b_shape: Any, left: Any, vector: Any, needs: Any) -> Any:
    """b ← h = a⁻ᴴ @ g
    a ← -h @ outᴴ
    """
    x = out[0]
    if vector:
        x, g = x[..., None], g[..., None]
    g_b = solution(adjoint(a), g, left)
    g_a = None
    if needs[0]:
        g_a = sum_to(-matmul(g_b, adjoint(x)) if left else -matmul(adjoint(x), g_b), a_shape)
    if not needs[1]:
        return g_a, None
    return g_a, sum_to(g_b[..., 0] if vector else g_b, b_shape)


@operator(name="linalg_inv_ex", outputs=(True, False))
def _inv_ex(a: Array, /) -> tuple[Array, Array]:
    """The inverses of matrices."""
    x, info = inverted(a)
    return by_columns(x), info


@_inv_ex.rule("a")
def _(g: Any, out: Any) -> Any:
    x = adjoint(out[0])
    return -matmul(matmul(x, g), x)


# -- equations ---------------------------------------------------------------------------------------------------------


def _solve(function: str, A: Any, B: Any, left: bool, check: bool) -> list[Tensor]:
    """X and the errors, if these are not to be raised."""
    name = function.replace(".", "_").removeprefix("torch_")
    if not isinstance(A, Tensor) or not isinstance(B, Tensor):
        raise not_tensors(name, ("A", A), ("B", B))
    need_square("linalg.solve", A)
    need_floats("linalg.solve", A)
    same_dtypes("linalg.solve", A, B)
    a, b = A._data, B._data
    vector = b.ndim == 1 or (a.ndim - 1 == b.ndim and b.shape == a.shape[:-1])
    if vector:
        fit_equation("linalg.solve", A, B, left, vector=True)
        if not left:
            raise ShapeError("linalg.solve: Vector broadcasting of the left hand side is not supported for left=False.")
        if a.shape[:-2] and b.ndim > 1:
            np.broadcast_shapes(a.shape[:-2], b.shape[:-1])
    else:
        need_matrices("linalg.solve", B, "B")
        fit_equation("linalg.solve", A, B, left)
        batches(B, A)
    need_kernel("lu_cpu", A)
    results: list[Tensor] = _solve_ex.call(A, B, bool(left), vector)
    info = all_rows(results[1]._data)
    if check and info.any():
        raise failed(function, info, SINGULAR)
    return results


def solve(A: Tensor, B: Tensor, *, left: bool = True, out: Tensor | None = None) -> Tensor:
    """The solution X of A·X = B; of X·A = B if not `left`.

    Args:
        A: (…, n, n), floating point or complex.
        B: (…, n, k), or (…, k, n) if not `left`; or (…, n), which is taken for vectors if it is (n,) or has the shape
            of A without its last dimension.
        left: on which side A stands.

    Raises:
        RuntimeError: the shapes or dtypes do not go together.
        LinAlgError: a matrix is singular.

    >>> import tapegrad as torch
    >>> torch.linalg.solve(torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    y = _solve("torch.linalg.solve", A, B, left, True)[0]
    return y if out is None else given_out(out, y, A, B, says=EXPECTED)


def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False, out: Any = None) -> Any:
    """`solve` that does not raise: with the result comes `info`, which is not 0 where a matrix is singular.

    >>> import tapegrad as torch
    >>> torch.linalg.solve_ex(torch.zeros(1, 1), torch.ones(1, 1)).info
    tensor(1, dtype=torch.int32)
    """
    results = make_tuple(return_types.linalg_solve_ex, _solve("torch.linalg.solve_ex", A, B, left, bool(check_errors)))
    return results if out is None else given_outs(out, results, A, B)


# -- inverses ----------------------------------------------------------------------------------------------------------


def _inv(function: str, A: Any, check: bool = True, argument: str = "A", name: str = "") -> list[Tensor]:
    if not isinstance(A, Tensor):
        raise wrong_argument(name or function.replace(".", "_"), argument, 1, A)
    need_square("linalg.inv", A)
    need_precision("linalg.inv", A)
    need_floats("linalg.inv", A)
    results: list[Tensor] = _inv_ex.call(A)
    info = all_rows(results[1]._data)
    if check and info.any():
        raise failed(function, info, _NOT_INVERTIBLE)
    return results


def inv(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverses of square matrices.

    Args:
        A: (…, n, n), floating point or complex.

    Raises:
        RuntimeError: not square matrices.
        LinAlgError: a matrix is singular.

    >>> import tapegrad as torch
    >>> torch.linalg.inv(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    y = _inv("linalg.inv", A)[0]
    return y if out is None else given_out(out, y, A, says=EXPECTED)


def inverse(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`torch.linalg.inv` by its older name.

    >>> import tapegrad as torch
    >>> torch.inverse(torch.tensor([[2.0]]))
    tensor([[0.5000]])
    """
    y = _inv("linalg.inv", input, argument="input", name="inverse")[0]
    return y if out is None else given_out(out, y, input, says=EXPECTED)


def inv_ex(A: Tensor, *, check_errors: bool = False, out: Any = None) -> Any:
    """`inv` that does not raise: with the inverse comes `info`, which is not 0 where a matrix is singular.

    >>> import tapegrad as torch
    >>> torch.linalg.inv_ex(torch.tensor([[2.0]]))
    torch.return_types.linalg_inv_ex(
    inverse=tensor([[0.5000]]),
    info=tensor(0, dtype=torch.int32))
    """
    results = make_tuple(return_types.linalg_inv_ex, _inv("linalg.inv_ex", A, bool(check_errors)))
    return results if out is None else given_outs(out, results, A)


# -- the same of tensors whose dimensions are taken together -----------------------------------------------------------


def tensorinv(input: Tensor, ind: int = 2, *, out: Tensor | None = None) -> Tensor:
    """The inverse for `torch.tensordot(…, ind)`: the first `ind` dimensions make rows of a matrix, the rest columns.

    Raises:
        RuntimeError: that matrix would not be square.
        LinAlgError: it is singular.

    >>> import tapegrad as torch
    >>> torch.linalg.tensorinv(torch.eye(6).reshape(2, 3, 6)).shape
    torch.Size([6, 2, 3])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("linalg_tensorinv", "input", 1, input)
    if ind <= 0:
        raise ShapeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    shape = input._data.shape
    if ind > len(shape):
        raise ShapeError(f"ArrayRef: invalid slice, N = {ind}; size = {len(shape)}")
    rows, columns = prod(shape[:ind]), prod(shape[ind:])
    if rows != columns:
        raise ShapeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got"
            f" {columns} != {rows}",
            f"Found: shape {shape} and ind={ind}.",
        )
    matrix = input.reshape(columns, rows)
    results = _inv("inv", matrix)
    y = results[0].reshape(*shape[ind:], *shape[:ind])
    return y if out is None else cast_out("tensorinv", out, y, input)


def tensorsolve(A: Tensor, B: Tensor, dims: Any = None, *, out: Tensor | None = None) -> Tensor:
    """The solution X of `torch.tensordot(A, X, X.ndim) == B`.

    Args:
        A: its first dimensions are those of B, the others become X's.
        B: the right-hand side.
        dims: dimensions of A to move to the end first.

    Raises:
        RuntimeError: A does not make a square matrix.
        LinAlgError: that matrix is singular.

    >>> import tapegrad as torch
    >>> torch.linalg.tensorsolve(torch.eye(6).reshape(2, 3, 6), torch.ones(2, 3))
    tensor([1., 1., 1., 1., 1., 1.])
    """
    if not isinstance(A, Tensor) or not isinstance(B, Tensor):
        raise not_tensors("linalg_tensorsolve", ("input", A), ("other", B))
    a = A if dims is None else A.movedim(tuple(dims), tuple(range(A._data.ndim - len(dims), A._data.ndim)))
    shape, n = a._data.shape, B._data.ndim
    rows, columns = prod(shape[:n]), prod(shape[n:])
    if rows != columns or rows != B._data.size:
        found = f"{columns} != {B._data.size}" if rows == columns else f"{columns} != {rows}"
        raise ShapeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim]),"
            f" but got {found}",
            f"Found: shapes {shape} and {B._data.shape}.",
        )
    y: Tensor = solve(a.reshape(columns, columns), B.reshape(columns)).reshape(shape[n:])
    return y if out is None else cast_out("tensorsolve", out, y, A, B)


METHODS = {"inverse": inverse}

__all__ = ["inverse"]
