"""Determinants, and their logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import wrong_argument
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor, new_tensor
from . import return_types
from .extrema import make_tuple
from .kinds import need_floats
from .lapack import lu_factors
from .matrices import adjoint, need_kernel, need_precision, need_square, on_diagonal, unit_diagonal
from .op import operator
from .outputs import EXPECTED, given_out, given_outs
from .running_products import product_of_others
from .selection import where as choose
from .singular_values import svd
from .solving import solution
from .vocabulary import conj, expand, is_complex, matmul, phrase, where, word

# -- words -------------------------------------------------------------------------------------------------------------


def is_singular(det: Any, a: Array) -> Array | None:
    """Which of the matrices a are singular or nearly so, by their determinants; None if none is."""
    tiny: Array = np.abs(det) < 100 * np.finfo(a.dtype).eps
    return tiny[..., None, None] if all_rows(tiny).any() else None


def _is_singular(det: Tensor, a: Tensor) -> Tensor | None:
    mask = is_singular(det._data, a._data)
    return None if mask is None else new_tensor(mask)


def distinct_diagonal(a: Array) -> Array:
    """Matrices like a that are as easy as can be to decompose: diagonal, all singular values different."""
    n = a.shape[-1]
    return np.broadcast_to(np.diag(np.arange(1, n + 1).astype(a.dtype)), a.shape)


def numpy_type(x: Array) -> np.dtype[Any]:
    """The NumPy type of the elements."""
    return x.dtype


word("numpy_type", raw=numpy_type, tensor=lambda x: x._data.dtype)
word("is_singular", raw=is_singular, tensor=_is_singular)
word("distinct_diagonal", raw=distinct_diagonal, tensor=lambda a: new_tensor(distinct_diagonal(a._data)))


@phrase
def scaled_inverse(a: Any, factor: Any) -> Any:
    """factor·a⁻ᴴ for one number per matrix."""
    return solution(adjoint(a), on_diagonal(expand(factor[..., None], a.shape[:-1])), True)


@phrase
def adjugate(a: Any, factor: Any) -> Any:
    """factor times the conjugated cofactors, also for singular matrices: Stewart, "On the adjugate matrix" (1998)."""
    u, s, vh = svd(a, False)
    turn = conj(determinant(u) * determinant(vh)) * factor
    others = product_of_others(s, s.ndim - 1, numpy_type(s))
    return matmul(u * (others * turn[..., None])[..., None, :], vh)


# -- the records -------------------------------------------------------------------------------------------------------

_MANY = 64  # matrices, from which on NumPy's loop over them is worth its last digits


def diagonal_of_u(a: Array) -> tuple[Array, Array]:
    """The diagonal of U in an LU factorization, and whether the permutation is odd.

    torch factors the transpose where that takes no copy, and digits depend on it.
    """
    n = a.shape[-1]
    if a.dtype.kind == "f":
        if a.flags.c_contiguous:
            a = a.swapaxes(-1, -2)
        if n == 2:
            return _diagonal_of_two(a)
    lu, pivots, _ = lu_factors(a)
    return lu.diagonal(0, -2, -1), (pivots != np.arange(1, n + 1)).sum(-1) % 2


def _diagonal_of_two(a: Array) -> tuple[Array, Array]:
    """`diagonal_of_u` of 2×2 matrices, dividing as torch does: det [[1, 2], [3, 4]] is -2."""
    odd = np.abs(a[..., 1, 0]) > np.abs(a[..., 0, 0])
    first, second = (
        np.where(odd[..., None], a[..., 1, :], a[..., 0, :]),
        np.where(odd[..., None], a[..., 0, :], a[..., 1, :]),
    )
    pivot = first[..., 0]
    rest = second[..., 1] - np.where(pivot == 0, 0, second[..., 0] / pivot).astype(a.dtype) * first[..., 1]
    return np.stack((pivot, rest), -1), odd


@operator(node="LinalgDetBackward0")
def determinant(a: Array, /) -> Array:
    """The determinants of matrices: the products of the diagonals of U, with the signs of the permutations.

    NumPy's determinant is the exponential of a logarithm, and so rounds where torch does not.
    """
    n = a.shape[-1]
    if a.size > _MANY * n * n:
        with np.errstate(all="ignore"):
            return np.linalg.det(a)
    numbers, odd = diagonal_of_u(a)
    product = numbers.prod(-1)
    return np.where(odd, -product, product)


@determinant.rule("a")
def _(g: Any, a: Any, out: Any) -> Any:
    """a ← g·conj(out)·a⁻ᴴ; of a singular matrix g·adjugate(a)ᴴ"""
    mask = is_singular(out, a)
    if mask is None:
        return scaled_inverse(a, g * conj(out))
    regular = scaled_inverse(where(mask, unit_diagonal(a), a), g * conj(out))
    return where(mask, adjugate(where(mask, a, distinct_diagonal(a)), g), regular)


@operator(node="LinalgSlogdetBackward0", outputs=(True, True))
def log_determinant(a: Array, /) -> tuple[Array, Array]:
    """The sign of the determinant, or its direction in the complex plane, and the logarithm of its absolute value."""
    n = a.shape[-1]
    if a.size > _MANY * n * n:
        with np.errstate(all="ignore"):
            sign, logarithm = np.linalg.slogdet(a)
    else:
        numbers, odd = diagonal_of_u(a)
        size = np.abs(numbers)
        logarithm = np.log(size).sum(-1)
        sign = np.where(size == 0, 0, numbers / size).prod(-1)
        sign = np.where(odd, -sign, sign)
    unknown = np.isnan(logarithm)
    if all_rows(unknown).any():
        sign = np.where(unknown, np.zeros((), sign.dtype), sign)
    return sign, logarithm


@log_determinant.rule("a")
def _(g: Any, a: Any, out: Any) -> Any:
    """a ← (g_log - i·imag(conj(g_sign)·sign))·a⁻ᴴ"""
    g_sign, factor = g
    if g_sign is not None and is_complex(a):  # the sign of a real determinant is constant
        turn = conj(g_sign) * out[0]
        around = (conj(turn) - turn) / 2
        factor = around if factor is None else factor + around
    return None if factor is None else scaled_inverse(a, factor)


# -- what users call ---------------------------------------------------------------------------------------------------


def _det(name: str, argument: str, A: Any) -> Tensor:
    if not isinstance(A, Tensor):
        raise wrong_argument(name, argument, 1, A)
    need_square("linalg.det", A)
    need_floats("linalg.det", A)
    need_kernel("lu_cpu", A)
    y: Tensor = determinant.call(A)
    return y


def linalg_det(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The determinants of square matrices.

    Args:
        A: (…, n, n), floating point or complex.

    Raises:
        RuntimeError: not square matrices.

    >>> import tapegrad as torch
    >>> torch.linalg.det(torch.tensor([[2.0, 0.0], [1.0, 3.0]]))
    tensor(6.)
    """
    y = _det("linalg_det", "A", A)
    return y if out is None else given_out(out, y, A, says=EXPECTED)


def det(input: Tensor) -> Tensor:
    """`torch.linalg.det` by its older name.

    >>> import tapegrad as torch
    >>> torch.det(torch.tensor([[2.0, 0.0], [1.0, 3.0]]))
    tensor(6.)
    """
    return _det("det", "input", input)


def _slogdet(function: str, argument: str, A: Any, name: str) -> list[Tensor]:
    if not isinstance(A, Tensor):
        raise wrong_argument(name, argument, 1, A)
    need_square(function, A)
    need_precision(function, A)
    need_floats(function, A)
    parts: list[Tensor] = log_determinant.call(A)
    return parts


def linalg_slogdet(A: Tensor, *, out: Any = None) -> Any:
    """The determinant of square matrices in two parts, so that it neither overflows nor vanishes.

    Args:
        A: (…, n, n), floating point or complex.

    Returns:
        `sign`, the determinant's sign (a complex number of length 1 for complex matrices; 0 for singular ones), and
        `logabsdet`, the logarithm of its absolute value.

    >>> import tapegrad as torch
    >>> torch.linalg.slogdet(torch.tensor([[-1.0]]))
    torch.return_types.linalg_slogdet(
    sign=tensor(-1.),
    logabsdet=tensor(0.))
    """
    results = make_tuple(return_types.linalg_slogdet, _slogdet("linalg.slogdet", "A", A, "linalg_slogdet"))
    return results if out is None else given_outs(out, results, A)


def slogdet(input: Tensor, *, out: Any = None) -> Any:
    """`torch.linalg.slogdet` by its older name.

    >>> import tapegrad as torch
    >>> torch.slogdet(torch.tensor([[-1.0]])).sign
    tensor(-1.)
    """
    results = make_tuple(return_types.slogdet, _slogdet("linalg.slogdet", "input", input, "slogdet"))
    return results if out is None else given_outs(out, results, input)


def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinants of square matrices; NaN for negative ones.

    Args:
        input: (…, n, n), floating point or complex.

    >>> import tapegrad as torch
    >>> torch.logdet(torch.eye(2))
    tensor(0.)
    """
    sign, logarithm = _slogdet("logdet", "input", input, "logdet")
    if is_complex(sign._data):
        y: Tensor = sign.log() + logarithm
        return y
    found: Tensor = choose(sign == -1, float("nan"), logarithm)
    return found


METHODS = {"det": det, "logdet": logdet, "slogdet": slogdet}

__all__ = ["det", "logdet", "slogdet"]
