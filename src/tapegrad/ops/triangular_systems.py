"""Systems of equations whose matrix is a triangle."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError
from ..once import warn_once
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor
from . import return_types
from .diagonals import tril, triu
from .extrema import make_tuple
from .lapack import solve_triangle, spread
from .matrices import adjoint, batches, by_columns, fit_equation, need_kernel, need_matrices, need_square
from .op import operator
from .outputs import given_out, given_outs
from .products import not_tensors
from .vocabulary import matmul, phrase, sum_to, swap

# -- the records -------------------------------------------------------------------------------------------------------


@phrase
def of_triangle(x: Any, upper: bool, unit: bool) -> Any:
    """What a triangular system reads of its matrix: one triangle, without the diagonal if that is taken to be 1."""
    return triu(x, int(unit)) if upper else tril(x, -int(unit))


@operator(node="LinalgSolveTriangularBackward0")
def triangular_system(a: Array, b: Array, /, upper: bool, left: bool, unit: bool) -> Array:
    """X with a·X = b, or X·a = b."""
    return solve_triangle(a, b, upper, left, unit)


@triangular_system.linear_in("b").rule("a", "b")
def _(g: Any, a: Any, out: Any, a_shape: Any, b_shape: Any, upper: Any, left: Any, unit: Any, needs: Any) -> Any:
    """b ← h = a⁻ᴴ @ g
    a ← the triangle of -h @ outᴴ
    """
    g_b = triangular_system(adjoint(a), g, not upper, left, unit)
    g_a = None
    if needs[0]:
        product = matmul(g_b, adjoint(out)) if left else matmul(adjoint(out), g_b)
        g_a = sum_to(of_triangle(-product, upper, unit), a_shape)
    return g_a, sum_to(g_b, b_shape) if needs[1] else None


@operator(name="triangular_solve", outputs=(True, True))
def _triangular_solve(b: Array, a: Array, /, upper: bool, transpose: bool, unit: bool) -> tuple[Array, Array]:
    """X with a·X = b, or aᵀ·X = b; and a."""
    front = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    matrix = a.swapaxes(-1, -2) if transpose else a
    return solve_triangle(matrix, b, upper != transpose, True, unit), by_columns(spread(a, front))


@_triangular_solve.rule("b", "a")
def _(g: Any, a: Any, out: Any, a_shape: Any, b_shape: Any, upper: Any, transpose: Any, unit: Any, needs: Any) -> Any:
    """b ← h = a⁻ᴴ @ g
    a ← the triangle of -h @ outᴴ, and the gradient of the copy
    """
    g_x, g_copy = g
    g_a = g_b = None
    if g_x is not None:
        matrix = adjoint(swap(a, -1, -2) if transpose else a)
        g_b = triangular_system(matrix, g_x, upper == transpose, True, unit)
        if needs[1]:
            product = -matmul(g_b, adjoint(out[0]))
            g_a = of_triangle(swap(product, -1, -2) if transpose else product, upper, unit)
    if g_copy is not None and needs[1]:
        g_a = g_copy if g_a is None else g_a + g_copy
    return None if g_b is None else sum_to(g_b, b_shape), None if g_a is None else sum_to(g_a, a_shape)


# -- what users call ---------------------------------------------------------------------------------------------------


def solve_triangular(
    A: Tensor,
    B: Tensor,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The solution X of A·X = B for triangular matrices A; of X·A = B if not `left`.

    Args:
        A: (…, n, n); the other triangle is not looked at.
        B: (…, n, k), or (…, k, n) if not `left`.
        upper: whether A is an upper triangle.
        left: on which side A stands.
        unitriangular: take the diagonal of A to be 1, without looking at it.

    Raises:
        RuntimeError: the shapes do not go together.

    >>> import tapegrad as torch
    >>> A = torch.tensor([[2.0, 1.0], [0.0, 4.0]])
    >>> torch.linalg.solve_triangular(A, torch.tensor([[4.0], [8.0]]), upper=True)
    tensor([[1.],
            [2.]])
    """
    if not isinstance(A, Tensor) or not isinstance(B, Tensor):
        raise not_tensors("linalg_solve_triangular", ("input", A), ("B", B))
    function = "linalg.solve_triangular"
    need_square(function, A)
    need_matrices(function, B, "B")
    fit_equation(function, A, B, left)
    batches(B, A)
    need_kernel("triangular_solve_cpu", A)
    if B._data.dtype is not A._data.dtype:
        B = B.to(A.dtype)
    if isinstance(out, Tensor) and out._data.dtype is not A._data.dtype:
        names = scalar_type_name(A.dtype), scalar_type_name(out.dtype)
        raise DtypeError(f"expected scalar type {names[0]} but found {names[1]}")
    y: Tensor = triangular_system.call(A, B, bool(upper), bool(left), bool(unitriangular))
    return y if out is None else given_out(out, y, A, B)


def check_system(b: Tensor, a: Tensor, function: str, name: str, where: str = "") -> None:
    """The checks of the older functions that take the right-hand side first."""
    need_square(where, a)
    shape, square = b._data.shape, a._data.shape
    if shape[-2] != square[-1]:
        n, rows, columns = square[-1], shape[-2], shape[-1]
        raise ShapeError(
            f"Incompatible matrix sizes for {name}: each A matrix is {n} by {n} but each b matrix is {rows} by"
            f" {columns}"
        )
    if b._data.dtype is not a._data.dtype:
        names = scalar_type_name(b.dtype), scalar_type_name(a.dtype)
        raise DtypeError(
            f"Expected b and A to have the same dtype, but found b of type {names[0]} and A of type {names[1]}"
            " instead.",
            f"Convert one of them: {function}(b.to({a.dtype}), A).",
        )


def triangular_solve(
    input: Tensor,
    A: Tensor,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
    *,
    out: Any = None,
) -> Any:
    """The older form of `torch.linalg.solve_triangular`: the solution X of A·X = input, and a copy of A.

    >>> import tapegrad as torch, warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     torch.triangular_solve(torch.tensor([[4.0]]), torch.tensor([[2.0]])).solution
    tensor([[2.]])
    """
    if not isinstance(input, Tensor) or not isinstance(A, Tensor):
        raise not_tensors("triangular_solve", ("input", input), ("A", A))
    warn_once(
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangular"
        "and will be removed in a future PyTorch release.\n"
        "torch.linalg.solve_triangular has its arguments reversed and does not return a copy of one of the inputs.\n"
        "X = torch.triangular_solve(B, A).solution\n"
        "should be replaced with\n"
        "X = torch.linalg.solve_triangular(A, B)."
    )
    for name, t in (("b", input), ("A", A)):
        if t._data.ndim < 2:
            raise ShapeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it has {t._data.ndim}"
                " dimensions instead"
            )
    check_system(input, A, "torch.triangular_solve", "triangular_solve")
    batches(input, A)
    need_kernel("triangular_solve_cpu", A)
    made = _triangular_solve.call(input, A, bool(upper), bool(transpose), bool(unitriangular))
    results = make_tuple(return_types.triangular_solve, made)
    return results if out is None else given_outs(out, results, input, A)


METHODS = {"triangular_solve": triangular_solve}

__all__ = ["triangular_solve"]
