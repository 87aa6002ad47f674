"""Eigenvalues and eigenvectors, of symmetric (Hermitian) and of general matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from ..autograd.batching import all_rows
from ..errors import wrong_argument
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from . import return_types
from .extrema import make_tuple
from .lapack import I32, matrices
from .matrices import (
    across,
    adjoint,
    by_columns,
    cast_out,
    failed,
    main_diagonal,
    need_kernel,
    need_square,
    on_diagonal,
    unit_diagonal,
)
from .op import operator
from .outputs import EXPECTED, given_out, given_outs
from .solving import solution
from .vocabulary import conj, is_complex, matmul, phrase, real_part, word

# -- words -------------------------------------------------------------------------------------------------------------


def check_phases(function: str, inner: Array) -> None:
    """Refuse a gradient that depends on the phases of eigenvectors, which are arbitrary.

    Args:
        inner: Vᴴ times the gradient of V; the imaginary part of its diagonal is the derivative by the phases.

    Raises:
        RuntimeError: it is not 0.
    """
    turns = np.diagonal(all_rows(inner), 0, -2, -1).imag
    if not np.allclose(turns, 0, atol=1e-2, rtol=1e-2):
        raise RuntimeError(
            f"{function}: The eigenvectors in the complex case are specified up to multiplication by e^{{i phi}}. The"
            " specified loss function depends on this quantity, so it is ill-defined."
        )


word("check_phases", raw=check_phases, tensor=lambda function, inner: check_phases(function, inner._data))


@phrase
def over_gaps(x: Any, values: Any, g_values: Any) -> Any:
    """Off the diagonal, x over the differences of eigenvalues; on it, the gradient of the eigenvalues."""
    gaps = across(values)
    one = unit_diagonal(gaps)
    off = (1 - one) * (x / (gaps + one))
    return off if g_values is None else off + on_diagonal(g_values)


# -- the records -------------------------------------------------------------------------------------------------------


@operator(name="linalg_eigh", outputs=(True, True))
def _linalg_eigh(a: Array, /, lower: bool) -> tuple[Array, Array]:
    """Eigenvalues in ascending order, and eigenvectors, of a symmetric matrix of which one triangle is read."""
    try:
        values, vectors = np.linalg.eigh(a, "L" if lower else "U")
    except LinAlgError:
        values, vectors = _eigh_of_finite(a, "L" if lower else "U")
    return values, by_columns(vectors)


def _eigh_of_finite(a: Array, triangle: Any) -> tuple[Array, Array]:
    """`eigh` where it fails as a whole: NaN for matrices that are not finite.

    Raises:
        LinAlgError: it fails for a finite matrix.
    """
    bad: Any = ~np.isfinite(a).all((-1, -2))
    values, vectors = np.linalg.eigh(np.where(bad[..., None, None], np.zeros((), a.dtype), a), triangle)
    nan = np.full((), np.nan, values.dtype)
    return np.where(bad[..., None], nan, values), np.where(bad[..., None, None], nan.astype(a.dtype), vectors)


@_linalg_eigh.rule("a")
def _(g: Any, out: Any) -> Any:
    """a ← v @ (diag(g_values) + (vᴴ @ g_v)/e) @ vᴴ, e_ij = λ_j - λ_i"""
    g_values, g_vectors = g
    values, vectors = out
    if g_vectors is None:
        return matmul(vectors * g_values[..., None, :], adjoint(vectors))
    inner = matmul(adjoint(vectors), g_vectors)
    if is_complex(inner):
        check_phases("linalg_eigh_backward", inner)
    return matmul(matmul(vectors, over_gaps(inner, values, g_values)), adjoint(vectors))


@operator(name="linalg_eig", outputs=(True, True))
def _linalg_eig(a: Array, /) -> tuple[Array, Array]:
    """Eigenvalues in no particular order, and eigenvectors; complex."""
    kind = np.result_type(a.dtype, np.complex64)
    values, vectors = _eig_in_single(a) if kind.itemsize == 8 else np.linalg.eig(a)
    return values.astype(kind, copy=False), by_columns(vectors.astype(kind, copy=False))


def _eig_in_single(a: Array) -> tuple[Array, Array]:
    """`eig` in single precision, as torch computes it; NumPy does so in double, and finds another order."""
    from scipy.linalg import eig

    values = np.empty(a.shape[:-1], np.complex64)
    vectors = np.empty(a.shape, np.complex64)
    if a.size:
        for i in matrices(a.shape[:-2]):
            values[i], vectors[i] = eig(a[i], check_finite=False)
    return values, vectors


@_linalg_eig.rule("a")
def _(g: Any, out: Any, a_dtype: Any) -> Any:
    """a ← v⁻ᴴ @ (diag(g_values) + (vᴴ @ g_v - vᴴ @ v·real(diag(vᴴ @ g_v)))/e) @ vᴴ, e_ij = conj(λ_j - λ_i)"""
    g_values, g_vectors = g
    values, vectors = out
    up = adjoint(vectors)
    if g_vectors is None:
        inner = on_diagonal(g_values)
    else:
        inner = matmul(up, g_vectors)
        check_phases("linalg_eig_backward", inner)
        # the vectors have length 1, so their changes have no part along them
        along = real_part(main_diagonal(inner))
        inner = over_gaps(inner - matmul(up, vectors * along[..., None, :]), conj(values), g_values)
    gradient = solution(up, matmul(inner, up), True)
    return gradient if a_dtype.kind == "c" else real_part(gradient)


# -- what users call ---------------------------------------------------------------------------------------------------


def _check_symmetric(name: str, input: Any, UPLO: Any) -> bool:
    """Whether the lower triangle is to be read."""
    if not isinstance(input, Tensor):
        raise wrong_argument(name, "input", 1, input)
    if not isinstance(UPLO, str):
        raise wrong_argument(name, "UPLO", 2, UPLO, "str")
    need_square("linalg.eigh", input)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    need_kernel("linalg_eigh_cpu", input)
    return UPLO.upper() == "L"


def _not_converged(function: str) -> Any:
    return failed(function, np.ones((), I32), "The algorithm failed to converge because the input matrix is"
                  " ill-conditioned or has too many repeated eigenvalues (error code: {code}).")  # fmt: skip


def _eigh(input: Tensor, lower: bool) -> list[Tensor]:
    try:
        results: list[Tensor] = _linalg_eigh.call(input, lower)
    except LinAlgError:
        raise _not_converged("linalg.eigh") from None
    return results


def eigh(input: Tensor, UPLO: str = "L", *, out: Any = None) -> Any:
    """Eigenvalues and eigenvectors of symmetric (Hermitian) matrices: A = V·diag(L)·Vᴴ.

    Args:
        input: (…, n, n), floating point or complex; only one triangle is looked at.
        UPLO: "L" for the lower triangle, "U" for the upper one.

    Returns:
        `eigenvalues`, real and ascending, and `eigenvectors` as columns. The gradient of the vectors is finite only if
        the eigenvalues differ.

    >>> import tapegrad as torch
    >>> torch.linalg.eigh(torch.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    results = make_tuple(return_types.linalg_eigh, _eigh(input, _check_symmetric("linalg_eigh", input, UPLO)))
    return results if out is None else given_outs(out, results, input)


def eigvalsh(input: Tensor, UPLO: str = "L", *, out: Tensor | None = None) -> Tensor:
    """Eigenvalues of symmetric (Hermitian) matrices, ascending.

    Args:
        input: (…, n, n), floating point or complex; only one triangle is looked at.
        UPLO: "L" for the lower triangle, "U" for the upper one.

    >>> import tapegrad as torch
    >>> torch.linalg.eigvalsh(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor([1., 2.])
    """
    y = _eigh(input, _check_symmetric("linalg_eigvalsh", input, UPLO))[0]
    return y if out is None else given_out(out, y, input, says=EXPECTED)


def _eig(function: str, input: Any) -> list[Tensor]:
    if not isinstance(input, Tensor):
        raise wrong_argument(function.replace(".", "_"), "input", 1, input)
    need_square(function, input)
    input.dtype.to_complex()
    if not np.isfinite(all_rows(input._data)).all():
        raise RuntimeError(f"torch.{function}: input tensor should not contain infs or NaNs.")
    need_kernel("linalg_eig_out_cpu", input)
    try:
        results: list[Tensor] = _linalg_eig.call(input)
    except LinAlgError:
        raise _not_converged(function) from None
    return results


def eig(input: Tensor, *, out: Any = None) -> Any:
    """Eigenvalues and eigenvectors of square matrices, which are complex even for real ones: A·V = V·diag(L).

    Args:
        input: (…, n, n), floating point or complex, finite.

    Returns:
        `eigenvalues` in no particular order, and `eigenvectors` as columns of length 1.

    >>> import tapegrad as torch
    >>> torch.linalg.eig(torch.tensor([[0.0, -1.0], [1.0, 0.0]])).eigenvalues
    tensor([0.+1.j, 0.-1.j])
    """
    results = make_tuple(return_types.linalg_eig, _eig("linalg.eig", input))
    if out is None:
        return results
    if not isinstance(out, (tuple, list)) or len(out) != 2:
        raise TypeError("linalg_eig(): argument 'out' must be tuple of Tensors, 2 of them")
    names = results.__match_args__
    written = [cast_out("torch.linalg.eig", o, r, input, name=n) for o, r, n in zip(out, results, names, strict=True)]
    return make_tuple(return_types.linalg_eig, written)


def eigvals(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Eigenvalues of square matrices, complex and in no particular order.

    Args:
        input: (…, n, n), floating point or complex, finite.

    >>> import tapegrad as torch
    >>> torch.linalg.eigvals(torch.tensor([[0.0, -1.0], [1.0, 0.0]]))
    tensor([0.+1.j, 0.-1.j])
    """
    y = _eig("linalg.eigvals", input)[0]
    return y if out is None else cast_out("torch.linalg.eigvals", out, y, input, name="eigenvalues")


METHODS: dict[str, Any] = {}

__all__: list[str] = []
