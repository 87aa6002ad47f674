"""The singular value decomposition."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg import LinAlgError as NotConverged

from ..autograd.batching import all_rows
from ..errors import LinAlgError, ShapeError, wrong_argument
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor, new_tensor
from . import return_types
from .extrema import make_tuple
from .kinds import need_floats
from .matrices import across, adjoint, by_columns, element, need_kernel, need_matrices, unit_diagonal
from .op import operator
from .outputs import EXPECTED, given_out, given_outs
from .vocabulary import is_complex, matmul, word

# -- words -------------------------------------------------------------------------------------------------------------


def check_turns(one: Array | None, two: Array | None) -> None:
    """Refuse a gradient that depends on the phases of pairs of singular vectors, which are arbitrary.

    Args:
        one: Uᴴ times the gradient of U; None if there is none.
        two: Vᴴ times that of V.

    Raises:
        RuntimeError: the imaginary parts of their diagonals do not cancel.
    """
    turns = [0 if x is None else np.diagonal(all_rows(x), 0, -2, -1).imag for x in (one, two)]
    if not np.allclose(turns[0], -turns[1], atol=1e-2, rtol=1e-2):
        raise RuntimeError(
            "svd_backward: The singular vectors in the complex case are specified up to multiplication by e^{i phi}."
            " The specified loss function depends on this quantity, so it is ill-defined."
        )


def _check_turns(one: Tensor | None, two: Tensor | None) -> None:
    check_turns(None if one is None else one._data, None if two is None else two._data)


word("check_turns", raw=check_turns, tensor=_check_turns)

# -- the record --------------------------------------------------------------------------------------------------------


@operator(name="svd", node="LinalgSvdBackward0", outputs=(True, True, True))
def decomposition(a: Array, /, full: bool) -> tuple[Array, Array, Array]:
    """U, S, Vh with a = U·diag(S)·Vh; the singular values S in descending order; U and Vh square if `full`."""
    u, s, vh = _by_way_of_r(a, full) if _is_tall(a) else np.linalg.svd(a, full_matrices=full)
    return by_columns(u), s, by_columns(vh)


def _is_tall(a: Array) -> bool:
    """Whether torch's LAPACK begins with a QR factorization and NumPy's does not, which sets the signs of vectors."""
    rows, columns = a.shape[-2:]
    return a.dtype.kind == "f" and columns > 1 and columns * 3 // 2 <= rows < columns * 11 // 6


def _by_way_of_r(a: Array, full: bool) -> tuple[Array, Array, Array]:
    """The decomposition of a by that of R, the same as any other but for signs."""
    q, r = np.linalg.qr(a, "complete" if full else "reduced")
    k = a.shape[-1]
    u, s, vh = np.linalg.svd(r[..., :k, :])
    inside = np.matmul(q[..., :k], u)
    return np.concatenate((inside, q[..., k:]), -1), s, vh


@decomposition.rule("a")
def _(g: Any, out: Any) -> Any:
    """a ← u @ (diag(g_s) + skew(uᴴ @ g_u)/e·s + s·skew(vᴴ @ g_v)/e) @ vᴴ + (1 - u @ uᴴ) @ g_u/s @ vᴴ + the same of v,
    e_ij = s_j² - s_i²
    """
    # Townsend, "Differentiating the Singular Value Decomposition" (2016); also with conjugates for complex matrices
    g_u, g_s, g_vh = g
    u, s, vh = out
    k = s.shape[-1]
    u, vh = u[..., :, :k], vh[..., :k, :]  # the other vectors of square U and Vh may turn freely, and have no gradient
    gradient = None if g_s is None else matmul(u * g_s[..., None, :], vh)
    if g_u is None and g_vh is None:
        return gradient
    squares = s * s
    gaps = across(squares)
    one = unit_diagonal(gaps)
    over = (1 - one) / (gaps + one)
    inner: Any = None
    of_u = of_v = None
    if g_u is not None:
        g_u = g_u[..., :, :k]
        of_u = matmul(adjoint(u), g_u)
        factor = over * s[..., None, :]
        if is_complex(u):  # the phases of the columns, which cancel in real results
            factor = factor + one / (2 * s[..., None, :])
        inner = (of_u - adjoint(of_u)) * factor
    if g_vh is not None:
        g_vh = g_vh[..., :k, :]
        of_v = matmul(vh, adjoint(g_vh))
        part = s[..., :, None] * ((of_v - adjoint(of_v)) * over)
        inner = part if inner is None else inner + part
    if is_complex(u):
        check_turns(of_u, of_v)
    turned = matmul(matmul(u, inner), vh)
    gradient = turned if gradient is None else gradient + turned
    if g_u is not None and u.shape[-2] > k:
        outside = g_u / s[..., None, :]
        gradient = gradient + matmul(outside - matmul(u, matmul(adjoint(u), outside)), vh)
    if g_vh is not None and vh.shape[-1] > k:
        outside = g_vh / s[..., :, None]
        gradient = gradient + matmul(u, outside - matmul(matmul(outside, adjoint(vh)), vh))
    return gradient


# -- what users call ---------------------------------------------------------------------------------------------------


def failed_svd(x: Array) -> LinAlgError:
    """The error for a batch of matrices of which one has no decomposition."""
    bad: Any = ~np.isfinite(all_rows(x)).all((-1, -2))
    why = (
        "the input matrix contained non-finite values."
        if bad.any()
        else "the input matrix is ill-conditioned or has too many repeated singular values."
    )
    return LinAlgError(f"linalg.svd: {element(bad) if bad.any() else ''}The algorithm failed to converge because {why}")


def decompose(A: Tensor, full: bool) -> list[Tensor]:
    """U, S and Vh.

    Raises:
        LinAlgError: there is none, as for matrices that are not finite.
    """
    try:
        results: list[Tensor] = decomposition.call(A, full)
    except NotConverged:
        raise failed_svd(A._data) from None
    return results


def values_of(A: Tensor) -> Tensor:
    """S alone, which takes half the time if no gradient is wanted."""
    if A._flags:
        return decompose(A, False)[1]
    try:
        return new_tensor(np.linalg.svd(A._data, compute_uv=False))
    except NotConverged:
        raise failed_svd(A._data) from None


def check_driver(driver: Any, function: str) -> None:
    """Refuse the choice of an algorithm that only GPUs have."""
    if driver is not None:
        raise RuntimeError(
            f"{function}: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend."
        )


def _check(name: str, A: Any) -> None:
    if not isinstance(A, Tensor):
        raise wrong_argument(name, "A" if name.startswith("linalg") else "input", 1, A)
    need_matrices("linalg.svd", A)
    need_floats("linalg.svd", A)
    need_kernel("linalg_svd_cpu", A)


def linalg_svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None, out: Any = None) -> Any:
    """The singular value decomposition A = U·diag(S)·Vh.

    Args:
        A: (…, n, m), floating point or complex.
        full_matrices: whether U and Vh are square, (…, n, n) and (…, m, m); else they have min(n, m) columns and rows.
        driver: must be None: algorithms can be chosen only on GPUs.

    Returns:
        `U` and `Vh`, unitary, and `S`, real and descending. The gradients of U and Vh are finite only if the singular
        values differ and are not 0, and are those of their first min(n, m) columns and rows.

    Raises:
        LinAlgError: a matrix is not finite.

    >>> import tapegrad as torch
    >>> torch.linalg.svd(torch.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    _check("linalg_svd", A)
    check_driver(driver, "torch.linalg.svd")
    results = make_tuple(return_types.linalg_svd, decompose(A, bool(full_matrices)))
    return results if out is None else given_outs(out, results, A)


def svdvals(A: Tensor, *, driver: str | None = None, out: Tensor | None = None) -> Tensor:
    """The singular values of matrices, in descending order.

    Args:
        A: (…, n, m), floating point or complex.
        driver: must be None: algorithms can be chosen only on GPUs.

    >>> import tapegrad as torch
    >>> torch.linalg.svdvals(torch.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor([4., 3.])
    """
    _check("linalg_svdvals", A)
    check_driver(driver, "torch.linalg.svdvals")
    y = values_of(A)
    return y if out is None else given_out(out, y, A, says=EXPECTED)


def svd(input: Tensor, some: bool = True, compute_uv: bool = True, *, out: Any = None) -> Any:
    """The older form of `torch.linalg.svd`, which gives V and not its adjoint: input = U·diag(S)·Vᴴ.

    >>> import tapegrad as torch
    >>> torch.svd(torch.tensor([[3.0, 0.0], [0.0, 4.0]])).S
    tensor([4., 3.])
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("svd", "input", 1, input)
    shape = input._data.shape
    if len(shape) < 2:
        raise ShapeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {len(shape)} dimensions instead"
        )
    _check("svd", input)
    if compute_uv:
        u, s, vh = decompose(input, not some)
        made = (u, s, vh.mH)
    else:
        n, m = shape[-2:]
        left, right = (np.zeros((*shape[:-2], k, k), input._data.dtype) for k in (n, m))
        made = (new_tensor(left), values_of(input), new_tensor(right.swapaxes(-1, -2)))
    results = make_tuple(return_types.svd, made)
    return results if out is None else given_outs(out, results, input)


METHODS = {"svd": svd}

__all__ = ["svd"]
