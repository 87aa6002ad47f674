"""Routines of LAPACK and BLAS that NumPy does not have, one matrix after the other.

SciPy brings them, and is imported when one is first used.  Arrays are of one of the four types that LAPACK computes in;
dimensions before the last two are those of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from ..tensor.dtypes import Array

I32 = np.dtype("int32")
_LETTERS = {"f": "s", "d": "d", "F": "c", "D": "z"}


@cache
def _routine(name: str, char: str) -> Any:
    from scipy.linalg import blas, lapack

    full = _LETTERS[char] + name
    return getattr(lapack, full, None) or getattr(blas, full)


def routine(name: str, like: Array) -> Any:
    """The routine for arrays of a type: 'getrf' is dgetrf for float64."""
    return _routine(name, np.asarray(like).dtype.char)  # which refuses arrays with rows inside of `vmap`


def matrices(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """The indices of the matrices of a batch; one empty index if there is no batch."""
    return iter(np.ndindex(shape))


def columns_of(shape: tuple[int, ...], dtype: Any) -> Array:
    """Uninitialised matrices whose columns are contiguous."""
    return np.empty((*shape[:-2], shape[-1], shape[-2]), dtype).swapaxes(-1, -2)


def spread(x: Array, shape: tuple[int, ...]) -> Array:
    """Matrices for each index of a batch."""
    x = np.asarray(x)  # SciPy's routines lose references to types where a conversion fails
    return x if x.shape[:-2] == shape else np.broadcast_to(x, shape + x.shape[-2:])


# -- LU ----------------------------------------------------------------------------------------------------------------


def lu_factors(a: Array) -> tuple[Array, Array, Array]:
    """a = P·L·U: L (below the diagonal) and U in one matrix, pivots counted from 1, 0 or the place of a zero in U."""
    front, (n, m) = a.shape[:-2], a.shape[-2:]
    k = n if n < m else m
    lu, pivots, info = columns_of(a.shape, a.dtype), np.empty((*front, k), I32), np.zeros(front, I32)
    if not a.size:
        pivots[...] = np.arange(1, k + 1)
        return lu, pivots, info
    getrf = routine("getrf", a)
    for i in matrices(front):
        lu[i], pivot, info[i] = getrf(a[i])
        pivots[i] = pivot + 1
    return lu, pivots, info


def order_of_rows(pivots: Array, n: int) -> Array:
    """The rows of a in the order in which `lu_factors` took them: P[order[j], j] = 1."""
    order = np.empty((*pivots.shape[:-1], n), np.int64)
    order[...] = np.arange(n)
    for i in matrices(pivots.shape[:-1]):
        row = order[i]
        for j, other in enumerate(pivots[i].tolist()):
            if j != other - 1:
                row[j], row[other - 1] = row[other - 1], row[j]
    return order


def permutation(pivots: Array, n: int, dtype: Any) -> Array:
    """P as matrices."""
    order = order_of_rows(pivots, n)
    p = np.zeros((*order.shape, n), dtype)
    np.put_along_axis(p.swapaxes(-1, -2), order[..., None], 1, -1)
    return p


def solve_factored(lu: Array, pivots: Array, b: Array, adjoint: bool) -> Array:
    """X with P·L·U·X = b, or with the adjoint of P·L·U."""
    front = np.broadcast_shapes(lu.shape[:-2], b.shape[:-2])
    x = columns_of(front + b.shape[-2:], b.dtype)
    if not x.size:
        return x
    getrs, trans = routine("getrs", b), 2 if adjoint else 0
    lu, b = spread(lu, front), spread(b, front)
    places = np.broadcast_to(pivots - 1, front + pivots.shape[-1:])
    for i in matrices(front):
        x[i] = getrs(lu[i], places[i], b[i], trans)[0]
    return x


# -- triangles ---------------------------------------------------------------------------------------------------------


def solve_triangle(a: Array, b: Array, upper: bool, left: bool, unit: bool) -> Array:
    """X with a·X = b, or X·a = b, where only one triangle of a is looked at; of its diagonal only unless `unit`."""
    front = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = columns_of(front + b.shape[-2:], b.dtype)
    if not x.size:
        return x
    trsm = routine("trsm", b)
    a, b = spread(a, front), spread(b, front)
    for i in matrices(front):
        x[i] = trsm(1.0, a[i], b[i], side=not left, lower=not upper, diag=unit)
    return x


# -- Cholesky ----------------------------------------------------------------------------------------------------------


def cholesky_factors(a: Array, upper: bool) -> tuple[Array, Array]:
    """The factors, and 0 or the order of the first minor that is not positive; what was computed until then stays."""
    factors, info = columns_of(a.shape, a.dtype), np.zeros(a.shape[:-2], I32)
    potrf = routine("potrf", a)
    for i in matrices(a.shape[:-2]):
        factors[i], info[i] = potrf(a[i], lower=not upper, clean=True)
    return factors, info


# -- Householder reflections -------------------------------------------------------------------------------------------


def reflected_identity(a: Array, tau: Array) -> Array:
    """The first columns of H₁·H₂·…, where Hᵢ = 1 - τᵢvᵢvᵢᴴ and vᵢ is what is below the diagonal of a, after a 1."""
    q = columns_of(a.shape, a.dtype)
    if not a.size:
        return q
    orgqr = routine("ungqr" if a.dtype.kind == "c" else "orgqr", a)
    for i in matrices(a.shape[:-2]):
        q[i] = orgqr(a[i], tau[i])[0]
    return q


def reflect(a: Array, tau: Array, c: Array, left: bool, transpose: bool) -> Array:
    """Q·c or c·Q for Q = H₁·H₂·…, or for its adjoint."""
    y = columns_of(c.shape, c.dtype)
    k = tau.shape[-1]
    if not y.size or not k:
        y[...] = c
        return y
    is_complex = c.dtype.kind == "c"
    ormqr = routine("unmqr" if is_complex else "ormqr", c)
    side, trans = "L" if left else "R", ("C" if is_complex else "T") if transpose else "N"
    room = 64 * max(c.shape[-2:])
    for i in matrices(c.shape[:-2]):
        y[i] = ormqr(side, trans, a[i][:, :k], tau[i], c[i], room)[0]
    return y


# -- symmetric matrices ------------------------------------------------------------------------------------------------


def ldl_factors(a: Array, hermitian: bool) -> tuple[Array, Array, Array]:
    """a = L·D·Lᵀ (Lᴴ) with 1×1 and 2×2 blocks in D, as LAPACK's sytrf (hetrf) leaves them in the lower triangle."""
    front, n = a.shape[:-2], a.shape[-1]
    ld, pivots, info = columns_of(a.shape, a.dtype), np.empty((*front, n), I32), np.zeros(front, I32)
    if not a.size:
        return ld, pivots, info
    sytrf = routine("hetrf" if hermitian and a.dtype.kind == "c" else "sytrf", a)
    for i in matrices(front):
        factors, pivots[i], info[i] = sytrf(a[i], lower=True, lwork=64 * n)
        ld[i] = np.tril(factors)
    return ld, pivots, info


def solve_ldl(ld: Array, pivots: Array, b: Array, hermitian: bool) -> Array:
    """X with L·D·Lᵀ·X = b (L·D·Lᴴ if hermitian)."""
    front = np.broadcast_shapes(ld.shape[:-2], b.shape[:-2])
    x = columns_of(front + b.shape[-2:], b.dtype)
    x[...] = b
    ld, pivots = spread(ld, front), np.broadcast_to(pivots, front + pivots.shape[-1:])
    for i in matrices(front):
        _solve_ldl(ld[i], pivots[i].tolist(), x[i], hermitian and b.dtype.kind == "c")
    return x


def _solve_ldl(ld: Array, pivots: list[int], x: Array, hermitian: bool) -> None:
    """One system, in place.  A pivot counts from 1; of a 2×2 block both are negative."""
    n, k = len(pivots), 0
    while k < n:  # L and D, from the top
        size = 1 if pivots[k] > 0 else 2
        end = k + size
        other = abs(pivots[end - 1]) - 1
        x[[end - 1, other]] = x[[other, end - 1]]
        x[end:] -= ld[end:, k:end] @ x[k:end]
        if size == 1:
            x[k] /= ld[k, k].real if hermitian else ld[k, k]
        else:
            a, b, c = ld[k, k], ld[k + 1, k], ld[k + 1, k + 1]
            over = b.conjugate() if hermitian else b
            x[k:end] = np.linalg.solve(np.array([[a, over], [b, c]]), x[k:end])
        k = end
    while k > 0:  # Lᵀ, from the bottom
        size = 1 if pivots[k - 1] > 0 else 2
        start = k - size
        block = ld[k:, start:k].T
        x[start:k] -= (block.conj() if hermitian else block) @ x[k:]
        other = abs(pivots[k - 1]) - 1
        x[[k - 1, other]] = x[[other, k - 1]]
        k = start
