"""Systems of linear equations whose LU factorization is given."""

from __future__ import annotations

from typing import Any

from ..autograd.batching import all_rows
from ..errors import DtypeError, ShapeError
from ..once import warn_once
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from .kinds import need_floats
from .lapack import I32, solve_factored
from .lu_factorization import permutation_of, with_unit_diagonal
from .matrices import (
    adjoint,
    batches,
    fit_equation,
    need_kernel,
    need_matrices,
    need_square,
    same_dtypes,
    strictly_lower,
    upper_part,
)
from .op import operator
from .outputs import EXPECTED, given_out
from .products import not_tensors
from .vocabulary import matmul, sum_to

# -- the record --------------------------------------------------------------------------------------------------------


@operator(node="LinalgLuSolveBackward0", constants=("pivots",))
def factored_system(lu: Array, pivots: Array, b: Array, /, left: bool, turned: bool) -> Array:
    """X with P·L·U·X = b, or X·P·L·U = b; with the adjoint of P·L·U if `turned`."""
    if left:
        return solve_factored(lu, pivots, b, turned)
    x = solve_factored(lu, pivots, b.swapaxes(-1, -2).conj(), not turned)
    return x.swapaxes(-1, -2).conj()


@factored_system.linear_in("b").rule("lu", "b")
def _(
    g: Any, lu: Any, pivots: Any, out: Any, lu_shape: Any, b_shape: Any, left: Any, turned: Any, needs: Any
) -> Any:  # fmt: skip
    """b ← h = a⁻ᴴ @ g
    lu ← -(strictly_lower(s @ uᴴ) + upper(lᴴ @ s)), s = Pᵀ @ h @ outᴴ
    """
    g_b = factored_system(lu, pivots, g, left, not turned)
    g_lu = None
    if needs[0]:
        one, two = (out, adjoint(g_b)) if turned else (g_b, adjoint(out))
        product = matmul(one, two) if left else matmul(two, one)
        inner = matmul(adjoint(permutation_of(pivots, lu_shape[-1], lu)), product)
        of_l, of_u = matmul(inner, adjoint(upper_part(lu))), matmul(adjoint(with_unit_diagonal(lu)), inner)
        g_lu = sum_to(-(strictly_lower(of_l) + upper_part(of_u)), lu_shape)
    return g_lu, sum_to(g_b, b_shape) if needs[1] else None


# -- what users call ---------------------------------------------------------------------------------------------------


def linalg_lu_solve(
    LU: Tensor,
    pivots: Tensor,
    B: Tensor,
    *,
    left: bool = True,
    adjoint: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The solution X of A·X = B (of X·A = B if not `left`), where the LU factorization of A is given.

    Args:
        LU, pivots: what `torch.linalg.lu_factor` gives, (…, n, n) and (…, n).
        B: (…, n, k), or (…, k, n) if not `left`.
        left: on which side A stands.
        adjoint: take the adjoint of A.

    Raises:
        RuntimeError: the shapes or dtypes do not go together.

    >>> import tapegrad as torch
    >>> LU, pivots = torch.linalg.lu_factor(torch.tensor([[2.0]]))
    >>> torch.linalg.lu_solve(LU, pivots, torch.tensor([[8.0]]))
    tensor([[4.]])
    """
    if not isinstance(LU, Tensor) or not isinstance(pivots, Tensor) or not isinstance(B, Tensor):
        raise not_tensors("linalg_lu_solve", ("LU", LU), ("pivots", pivots), ("B", B))
    need_square("torch.linalg.lu_solve", LU)
    need_floats("torch.linalg.lu_solve", LU)
    y = _solve_factored(LU, pivots, B, left, adjoint)
    return y if out is None else given_out(out, y, LU, B, says=EXPECTED)


def _solve_factored(LU: Tensor, pivots: Tensor, B: Tensor, left: bool, adjoint: bool) -> Tensor:
    function = "linalg.lu_solve"
    same_dtypes(function, LU, B, ("LU", "B"))
    if pivots._data.dtype != I32:
        raise DtypeError(f"{function}: pivots should be a Tensor of scalar type torch.int32")
    n = LU._data.shape[-1]
    need_matrices(function, B, "B")
    fit_equation(function, LU, B, left)
    places = pivots._data
    if places.shape[-1:] != (n,):
        raise ShapeError(f"{function}: Number of pivots per batch should be same as the dimension of the matrix")
    if places.shape[:-1] != LU._data.shape[:-2]:
        raise ShapeError(f"{function}: Batch dimensions of LU and pivots should match")
    batches(LU, B)
    for wrong, says in (
        ((all_rows(places) < 1).any(), "greater or equal to 1"),
        ((all_rows(places) > n).any(), "smaller or equal to LU.size(-2)"),
    ):
        if wrong:
            raise ShapeError(
                f"Pivots given to lu_solve must all be {says}. Did you properly pass the result of lu_factor?"
            )
    need_kernel("lu_solve_cpu", LU)
    y: Tensor = factored_system.call(LU, pivots, B, bool(left), bool(adjoint))
    return y


def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The older form of `torch.linalg.lu_solve`, with the right-hand side first.

    >>> import tapegrad as torch, warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     torch.lu_solve(torch.tensor([[8.0]]), *torch.linalg.lu_factor(torch.tensor([[2.0]])))
    tensor([[4.]])
    """
    if not isinstance(b, Tensor) or not isinstance(LU_data, Tensor) or not isinstance(LU_pivots, Tensor):
        raise not_tensors("lu_solve", ("input", b), ("LU_data", LU_data), ("LU_pivots", LU_pivots))
    warn_once(
        "torch.lu_solve is deprecated in favor of torch.linalg.lu_solve"
        "and will be removed in a future PyTorch release.\n"
        "Note that torch.linalg.lu_solve has its arguments reversed.\n"
        "X = torch.lu_solve(B, LU, pivots)\nshould be replaced with\nX = torch.linalg.lu_solve(LU, pivots, B)"
    )
    need_square("torch.linalg.lu_solve", LU_data)
    need_floats("torch.linalg.lu_solve", LU_data)
    y = _solve_factored(LU_data, LU_pivots, b, True, False)
    return y if out is None else given_out(out, y, b, LU_data, says=EXPECTED)


METHODS = {"lu_solve": lu_solve}

__all__ = ["lu_solve"]
