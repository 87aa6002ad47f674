"""The LU factorization: a = P·L·U with a permutation, a lower triangle with ones on its diagonal and an upper one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import DtypeError, LinAlgError, ShapeError, wrong_argument
from ..once import warn_once
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor, new_tensor
from . import return_types
from .extrema import make_tuple
from .lapack import I32, lu_factors, permutation
from .matrices import (
    adjoint,
    element,
    need_kernel,
    side_by_side,
    strictly_lower,
    unit_diagonal,
    upper_part,
)
from .op import operator
from .outputs import given_out, given_outs
from .products import not_tensors
from .triangular_systems import triangular_system
from .vocabulary import matmul, phrase, word

# -- words -------------------------------------------------------------------------------------------------------------


@phrase
def lu_gradient(g_l: Any, g_u: Any, p: Any, l: Any, u: Any) -> Any:
    """The gradient of p·l·u by those of l and u, either of which may be None.

    With the square parts in front written 1, and the rest, of which only one of the two matrices has any, 2.
    """
    k = l.shape[-1]
    rows, columns = l.shape[-2], u.shape[-1]
    l_1, u_1 = l[..., :k, :], u[..., :, :k]
    inner: Any = 0
    if g_l is not None:
        inner = inner + strictly_lower(matmul(adjoint(l_1), g_l[..., :k, :]))
        if rows > k:
            inner = inner - upper_part(matmul(adjoint(l[..., k:, :]), g_l[..., k:, :]))
    if g_u is not None:
        inner = inner + upper_part(matmul(g_u[..., :, :k], adjoint(u_1)))
        if columns > k:
            inner = inner - strictly_lower(matmul(g_u[..., :, k:], adjoint(u[..., :, k:])))
    up, low = adjoint(l_1), adjoint(u_1)
    gradient = triangular_system(up, triangular_system(low, inner, False, False, False), True, True, True)
    if rows > k:
        below = g_l[..., k:, :] if g_l is not None else 0 * l[..., k:, :]
        gradient = side_by_side((gradient, triangular_system(low, below, False, False, False)), -2)
    if columns > k:
        beside = g_u[..., :, k:] if g_u is not None else 0 * u[..., :, k:]
        gradient = side_by_side((gradient, triangular_system(up, beside, True, True, True)), -1)
    return matmul(p, gradient)


def permutation_of(pivots: Array, n: int, like: Array) -> Array:
    """The permutation of pivots as matrices, in the type of `like`."""
    return permutation(pivots, n, like.dtype)


word(
    "permutation_of",
    raw=permutation_of,
    tensor=lambda pivots, n, like: new_tensor(permutation(pivots._data, n, like._data.dtype)),
)


@phrase
def with_unit_diagonal(x: Any) -> Any:
    """What is below the diagonal, and ones on it."""
    below = strictly_lower(x)
    return below + unit_diagonal(below)


# -- the records -------------------------------------------------------------------------------------------------------


@operator(name="linalg_lu_factor_ex", outputs=(True, False, False))
def _lu_factor_ex(a: Array, /) -> tuple[Array, Array, Array]:
    """L and U in one matrix, pivots, and 0 or the place of a zero on the diagonal of U."""
    return lu_factors(a)


@_lu_factor_ex.rule("a")
def _(g: Any, out: Any) -> Any:
    """a ← P @ l⁻ᴴ @ (strictly_lower(lᴴ @ g_l) + upper(g_u @ uᴴ)) @ u⁻ᴴ, g = g_l + g_u"""
    lu, pivots, _ = out
    k = pivots.shape[-1]
    p = permutation_of(pivots, lu.shape[-2], lu)
    g_l, g_u = strictly_lower(g[..., :, :k]), upper_part(g[..., :k, :])
    return lu_gradient(g_l, g_u, p, with_unit_diagonal(lu[..., :, :k]), upper_part(lu[..., :k, :]))


def _parts(lu: Array) -> tuple[Array, Array]:
    """L and U as matrices of their own."""
    k = min(lu.shape[-2:])
    below = np.tril(lu[..., :, :k], -1)
    below[..., np.arange(k), np.arange(k)] = 1
    return below, np.triu(lu[..., :k, :])


@operator(node="LinalgLuBackward0", outputs=(False, True, True))
def lu_parts(a: Array, /) -> tuple[Array, Array, Array]:
    """P, L and U."""
    lu, pivots, _ = lu_factors(a)
    return permutation(pivots, a.shape[-2], a.dtype), *_parts(lu)


@lu_parts.rule("a")
def _(g: Any, out: Any) -> Any:
    return lu_gradient(g[1], g[2], *out)


@operator(name="lu_unpack", constants=("pivots",), outputs=(False, True, True))
def _lu_unpack(
    lu: Array, pivots: Array, /, unpack_data: bool, unpack_pivots: bool
) -> tuple[Array, Array, Array]:  # fmt: skip
    """P, L and U from what `lu_factor` gives; empty what is not wanted."""
    none = np.empty(0, lu.dtype)
    p = permutation(pivots, lu.shape[-2], lu.dtype) if unpack_pivots else none
    return p, *(_parts(lu) if unpack_data else (none, none))


@_lu_unpack.rule("lu")
def _(g: Any, lu: Any) -> Any:
    """lu ← strictly_lower(g_l) + upper(g_u)"""
    _, g_l, g_u = g
    rows, columns = lu.shape[-2:]
    parts = []
    if g_l is not None:
        part = strictly_lower(g_l)
        parts.append(part if columns <= rows else side_by_side((part, 0 * lu[..., :, rows:]), -1))
    if g_u is not None:
        part = upper_part(g_u)
        parts.append(part if rows <= columns else side_by_side((part, 0 * lu[..., columns:, :]), -2))
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


# -- what users call ---------------------------------------------------------------------------------------------------


def _check(function: str, A: Any, pivot: bool, name: str, argument: str = "A") -> None:
    if not isinstance(A, Tensor):
        raise wrong_argument(name, argument, 1, A)
    if A._data.ndim < 2:
        raise ShapeError(
            f"{function}: Expected tensor with 2 or more dimensions. Got size: {list(A._data.shape)} instead"
        )
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")
    need_kernel("lu_cpu", A)


def _factored(function: str, A: Any, pivot: bool, check: bool) -> list[Tensor]:
    _check("torch.lu_factor", A, pivot, function.removeprefix("torch.").replace(".", "_"))
    results: list[Tensor] = _lu_factor_ex.call(A)
    info = all_rows(results[2]._data)
    if check and info.any():
        at = int(info.reshape(-1)[np.flatnonzero(info)[0]])
        raise LinAlgError(
            f"{function}: {element(info)}U[{at},{at}] is zero and using it on lu_solve would result in a division by"
            " zero. If you still want to perform the factorization, consider calling linalg.lu(A, pivot) or"
            " linalg.lu_factor_ex(A, pivot)"
        )
    return results


def lu_factor(A: Tensor, *, pivot: bool = True, out: Any = None) -> Any:
    """The LU factorization in the compact form that `lu_solve` takes.

    Args:
        A: (…, n, m), floating point or complex.
        pivot: must be true: without pivots there is none on the CPU.

    Returns:
        `LU`, U on and above the diagonal and L below it, and `pivots`: row i was exchanged with row pivots[i], counted
        from 1.

    Raises:
        RuntimeError: there is a zero on the diagonal of U.

    >>> import tapegrad as torch
    >>> torch.linalg.lu_factor(torch.tensor([[1.0, 3.0], [2.0, 4.0]]))
    torch.return_types.linalg_lu_factor(
    LU=tensor([[2.0000, 4.0000],
            [0.5000, 1.0000]]),
    pivots=tensor([2, 2], dtype=torch.int32))
    """
    results = make_tuple(return_types.linalg_lu_factor, _factored("torch.linalg.lu_factor", A, pivot, True)[:2])
    return results if out is None else given_outs(out, results, A)


def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False, out: Any = None) -> Any:
    """`lu_factor` that does not raise: with it comes `info`, the place of a zero on the diagonal of U or else 0.

    >>> import tapegrad as torch
    >>> torch.linalg.lu_factor_ex(torch.zeros(1, 1)).info
    tensor(1, dtype=torch.int32)
    """
    made = _factored("torch.linalg.lu_factor_ex", A, pivot, bool(check_errors))
    results = make_tuple(return_types.linalg_lu_factor_ex, made)
    return results if out is None else given_outs(out, results, A)


def linalg_lu(A: Tensor, *, pivot: bool = True, out: Any = None) -> Any:
    """The LU factorization A = P·L·U.

    Args:
        A: (…, n, m), floating point or complex.
        pivot: must be true: without pivots there is none on the CPU.

    Returns:
        `P` (…, n, n), a permutation; `L` (…, n, k) and `U` (…, k, m) where k = min(n, m).

    >>> import tapegrad as torch
    >>> torch.linalg.lu(torch.tensor([[1.0, 3.0], [2.0, 4.0]])).U
    tensor([[2., 4.],
            [0., 1.]])
    """
    _check("linalg.lu", A, pivot, "linalg_lu")
    results = make_tuple(return_types.linalg_lu, lu_parts.call(A))
    return results if out is None else given_outs(out, results, A)


def lu(A: Tensor, pivot: bool = True, get_infos: bool = False, out: Any = None) -> Any:
    """The older form of `torch.linalg.lu_factor`.

    >>> import tapegrad as torch, warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     torch.lu(torch.tensor([[2.0]]))
    (tensor([[2.]]), tensor([1], dtype=torch.int32))
    """
    warn_once(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be removed in a"
        " future PyTorch release.\nLU, pivots = torch.lu(A, compute_pivots)\nshould be replaced with\n"
        "LU, pivots = torch.linalg.lu_factor(A, compute_pivots)\nand\n"
        "LU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)\nshould be replaced with\n"
        "LU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)"
    )
    _check("torch.lu_factor", A, pivot, "_lu_with_info", "input")
    made = _lu_factor_ex.call(A)
    results: Any = make_tuple(return_types._lu_with_info, made) if get_infos else tuple(made[:2])
    if out is None:
        return results
    if not isinstance(out, (tuple, list)):
        raise TypeError(f"argument 'out' must be tuple of Tensors, not {type(out).__name__}")
    if len(out) != len(results):
        raise TypeError(f"expected tuple of {len(results)} elements but got {len(out)}")
    for given, result in zip(out, results, strict=True):
        given_out(given, result, A)
    return out


def lu_unpack(
    LU_data: Tensor,
    LU_pivots: Tensor,
    unpack_data: bool = True,
    unpack_pivots: bool = True,
    *,
    out: Any = None,
) -> Any:
    """P, L and U from what `torch.linalg.lu_factor` gives.

    Args:
        LU_data: (…, n, m).
        LU_pivots: (…, min(n, m)), int32.
        unpack_data: if false, L and U are empty.
        unpack_pivots: if false, P is empty.

    Raises:
        RuntimeError: the pivots are not those of a factorization of this shape.

    >>> import tapegrad as torch
    >>> torch.lu_unpack(*torch.linalg.lu_factor(torch.tensor([[1.0, 3.0], [2.0, 4.0]]))).P
    tensor([[0., 1.],
            [1., 0.]])
    """
    if not isinstance(LU_data, Tensor) or not isinstance(LU_pivots, Tensor):
        raise not_tensors("lu_unpack", ("input", LU_data), ("LU_pivots", LU_pivots))
    lu, pivots = LU_data._data, all_rows(LU_pivots._data)
    if lu.ndim < 2:
        raise ShapeError(
            f"torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: {list(lu.shape)} instead"
        )
    if unpack_pivots and pivots.dtype != I32:
        raise DtypeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype.\n"
            "Note: this function is intended to be used with the output produced by torch.linalg.lu_factor"
        )
    k = min(lu.shape[-2:])
    if unpack_pivots and (pivots.shape[-1:] != (k,) or ((pivots < 1) | (pivots > lu.shape[-2])).any()):
        raise ShapeError(
            "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive.Did you properly pass the result of"
            " lu_factor?"
        )
    made = _lu_unpack.call(LU_data, LU_pivots, bool(unpack_data), bool(unpack_pivots))
    results = make_tuple(return_types.lu_unpack, made)
    return results if out is None else given_outs(out, results, LU_data)


METHODS = {"lu": lu}

__all__ = ["lu", "lu_unpack"]
