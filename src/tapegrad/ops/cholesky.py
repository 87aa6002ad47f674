"""The Cholesky factorization of positive-definite matrices, and what is computed from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from ..autograd.batching import all_rows
from ..errors import ShapeError, wrong_argument
from ..once import warn_once
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from . import return_types
from .extrema import make_tuple
from .kinds import need_floats
from .lapack import I32, cholesky_factors, solve_triangle
from .matrices import (
    adjoint,
    batches,
    by_columns,
    cast_out,
    failed,
    half_lower,
    need_kernel,
    need_square,
)
from .op import operator
from .outputs import EXPECTED, given_out, given_outs
from .products import not_tensors
from .triangular_systems import check_system, triangular_system
from .vocabulary import matmul, phrase, sum_to

_NOT_POSITIVE = (
    "The factorization could not be completed because the input is not positive-definite (the leading minor of order"
    " {code} is not positive-definite)."
)

# -- the records -------------------------------------------------------------------------------------------------------


def factors(a: Array, upper: bool) -> tuple[Array, Array]:
    """L with a = L·Lᴴ (U with a = Uᴴ·U), and for each matrix 0 or the order of the minor that is not positive."""
    try:
        found = by_columns(np.linalg.cholesky(a, upper=upper))
    except LinAlgError:
        return cholesky_factors(a, upper)
    info = np.zeros(a.shape[:-2], I32)
    unknown = np.isnan(found.diagonal(0, -2, -1))
    if all_rows(unknown).any():  # not every LAPACK sees that NaN is not positive
        info[...] = np.where(unknown.any(-1), unknown.argmax(-1) + 1, 0)
    return found, info


@phrase
def cholesky_gradient(g: Any, out: Any, upper: bool) -> Any:
    """The gradient of a, where out is its factor.  Murray, "Differentiation of the Cholesky decomposition" (2016)."""
    if upper:
        g, out = adjoint(g), adjoint(out)
    up = adjoint(out)
    inner = half_lower(matmul(up, g))
    inner = (inner + adjoint(inner)) / 2
    inner = triangular_system(up, inner, True, True, False)
    return triangular_system(out, inner, False, False, False)


@operator(name="linalg_cholesky_ex", outputs=(True, False))
def _cholesky_ex(a: Array, /, upper: bool) -> tuple[Array, Array]:
    """L with a = L·Lᴴ; U with a = Uᴴ·U if upper."""
    return factors(a, upper)


_cholesky_ex.with_rules(a=lambda g, out, upper: cholesky_gradient(g, out[0], upper))


@operator(name="cholesky", outputs=(True, False))
def _cholesky(a: Array, /, upper: bool) -> tuple[Array, Array]:
    return factors(a, upper)


_cholesky.with_rules(a=lambda g, out, upper: cholesky_gradient(g, out[0], upper))


@phrase
def factor_gradient(product: Any, l: Any, upper: bool) -> Any:
    """The gradient of a factor, where that of the matrix is -product."""
    both = product + adjoint(product)
    return -matmul(l, both) if upper else -matmul(both, l)


@operator(name="cholesky_inverse")
def _cholesky_inverse(l: Array, /, upper: bool) -> Array:
    """(l·lᴴ)⁻¹, or (lᴴ·l)⁻¹ if upper."""
    one = np.eye(l.shape[-1], dtype=l.dtype)
    half = solve_triangle(l, one, upper, True, False)
    other = half.swapaxes(-1, -2).conj()
    return by_columns(half @ other if upper else other @ half)


_cholesky_inverse.with_rules(l=lambda g, l, out, upper: factor_gradient(matmul(matmul(out, g), out), l, upper))


@operator(name="cholesky_solve")
def _cholesky_solve(b: Array, l: Array, /, upper: bool) -> Array:
    """X with l·lᴴ·X = b, or lᴴ·l·X = b if upper."""
    other = l.swapaxes(-1, -2).conj()
    first, second = (other, l) if upper else (l, other)
    return solve_triangle(second, solve_triangle(first, b, False, True, False), True, True, False)


@_cholesky_solve.linear_in("b").rule("b", "l")
def _(g: Any, l: Any, out: Any, b_shape: Any, l_shape: Any, upper: Any, needs: Any) -> Any:
    """b ← h = (l @ lᴴ)⁻¹ @ g
    l ← lower(-(h @ outᴴ + out @ hᴴ) @ l)
    """
    g_b = cholesky_solve(g, l, upper)
    g_l = None
    if needs[1]:
        g_l = sum_to(factor_gradient(matmul(g_b, adjoint(out)), l, upper), l_shape)
    return sum_to(g_b, b_shape) if needs[0] else None, g_l


# -- what users call ---------------------------------------------------------------------------------------------------


def _factored(function: str, input: Any, upper: bool, check: bool) -> list[Tensor]:
    if not isinstance(input, Tensor):
        raise wrong_argument(function.replace(".", "_"), "input", 1, input)
    need_square("linalg.cholesky", input)
    need_floats("linalg.cholesky", input)
    need_kernel("cholesky_cpu", input)
    results: list[Tensor] = _cholesky_ex.call(input, bool(upper))
    info = all_rows(results[1]._data)
    if check and info.any():
        raise failed(function, info, _NOT_POSITIVE)
    return results


def linalg_cholesky(input: Tensor, *, upper: bool = False, out: Tensor | None = None) -> Tensor:
    """The lower triangle L with input = L·Lᴴ; the upper triangle U with input = Uᴴ·U if `upper`.

    Args:
        input: (…, n, n), symmetric (Hermitian) and positive definite; only one triangle is looked at.
        upper: which triangle.

    Raises:
        LinAlgError: a matrix is not positive definite.

    >>> import tapegrad as torch
    >>> torch.linalg.cholesky(torch.tensor([[4.0, 2.0], [2.0, 10.0]]))
    tensor([[2., 0.],
            [1., 3.]])
    """
    y = _factored("linalg.cholesky", input, upper, True)[0]
    return y if out is None else given_out(out, y, input, says=EXPECTED)


def cholesky_ex(input: Tensor, *, upper: bool = False, check_errors: bool = False, out: Any = None) -> Any:
    """`torch.linalg.cholesky` that does not raise: with the factor comes `info`, which is not 0 where there is none.

    >>> import tapegrad as torch
    >>> torch.linalg.cholesky_ex(torch.tensor([[-4.0]])).info
    tensor(1, dtype=torch.int32)
    """
    results = make_tuple(
        return_types.linalg_cholesky_ex, _factored("linalg.cholesky_ex", input, upper, bool(check_errors))
    )
    return results if out is None else given_outs(out, results, input)


def cholesky(input: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The older form of `torch.linalg.cholesky`.

    >>> import tapegrad as torch, warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     torch.cholesky(torch.tensor([[4.0]]))
    tensor([[2.]])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("cholesky", "input", 1, input)
    warn_once(
        "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a future PyTorch"
        " release.\nL = torch.cholesky(A)\nshould be replaced with\nL = torch.linalg.cholesky(A)\nand\n"
        "U = torch.cholesky(A, upper=True)\nshould be replaced with\nU = torch.linalg.cholesky(A).mH\n"
        "This transform will produce equivalent results for all valid (symmetric positive definite) inputs."
    )
    need_square("cholesky", input)
    need_kernel("cholesky_cpu", input)
    results: list[Tensor] = _cholesky.call(input, bool(upper))
    info = all_rows(results[1]._data)
    if info.any():
        raise failed("cholesky", info, _NOT_POSITIVE)
    return results[0] if out is None else cast_out("cholesky", out, results[0], input)


def cholesky_inverse(L: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The inverse of a matrix of which the Cholesky factor is given.

    Args:
        L: (…, n, n), a lower triangle; an upper one if `upper`.

    Raises:
        LinAlgError: there is a zero on the diagonal.

    >>> import tapegrad as torch
    >>> torch.cholesky_inverse(torch.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    if not isinstance(L, Tensor):
        raise wrong_argument("cholesky_inverse", "input", 1, L)
    need_square("cholesky_inverse", L)
    need_kernel("cholesky_inverse_out_cpu", L)
    zeros = np.diagonal(all_rows(L._data), 0, -2, -1) == 0
    if zeros.any():
        info = np.where(zeros.any(-1), zeros.argmax(-1) + 1, 0)
        says = (
            "The diagonal element {code} is zero, the inversion could not be completed because the input matrix is"
            " singular."
        )
        raise failed("cholesky_inverse", np.asarray(info), says)
    y: Tensor = _cholesky_inverse.call(L, bool(upper))
    return y if out is None else cast_out("cholesky_inverse", out, y, L)


def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The solution X of A·X = B for matrices A of which the Cholesky factor is given.

    Args:
        B: (…, n, k).
        L: (…, n, n), a lower triangle with A = L·Lᴴ; an upper one with A = Lᴴ·L if `upper`.

    Raises:
        RuntimeError: the shapes or dtypes do not go together.

    >>> import tapegrad as torch
    >>> torch.cholesky_solve(torch.tensor([[8.0]]), torch.tensor([[2.0]]))
    tensor([[2.]])
    """
    if not isinstance(B, Tensor) or not isinstance(L, Tensor):
        raise not_tensors("cholesky_solve", ("input", B), ("input2", L))
    for name, t in (("b", B), ("u", L)):
        if t._data.ndim < 2:
            raise ShapeError(f"{name} should have at least 2 dimensions, but has {t._data.ndim} dimensions instead")
    check_system(B, L, "torch.cholesky_solve", "cholesky_solve")
    batches(B, L)
    need_kernel("cholesky_solve_cpu", L)
    y: Tensor = _cholesky_solve.call(B, L, bool(upper))
    return y if out is None else cast_out("cholesky_solve", out, y, B, L)


METHODS = {"cholesky": cholesky, "cholesky_inverse": cholesky_inverse, "cholesky_solve": cholesky_solve}

__all__ = ["cholesky", "cholesky_inverse", "cholesky_solve"]
