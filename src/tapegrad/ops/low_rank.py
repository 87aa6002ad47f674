"""Singular values and principal components of large matrices of low rank, by random projections."""

from __future__ import annotations

from typing import Any

from ..tensor import dtypes
from ..tensor.tensor import Tensor
from .matrix_products import matmul
from .orthogonal import linalg_qr
from .singular_values import linalg_svd


def _floating(A: Tensor) -> dtypes.dtype:
    """The type of A, or that of single precision for integers."""
    return A.dtype if A.dtype.category >= dtypes.FLOAT else dtypes.float32


def _random(rows: int, columns: int, like: dtypes.dtype) -> Tensor:
    from ..random.creation import randn

    made: Tensor = randn(rows, columns, dtype=like)
    return made


def _decomposed(A: Any, q: int, niter: int, M: Any) -> tuple[Tensor, Tensor, Tensor]:
    """U, S and V of A - M.

    Halko, Martinsson and Tropp, "Finding structure with randomness" (2009), algorithms 4.4 and 5.1.
    """
    wide = A._data.shape[-2] < A._data.shape[-1]
    if M is not None:
        M = M.broadcast_to(A.shape)
    if wide:
        A, M = A.mH, None if M is None else M.mH

    def difference(product: Any) -> Any:
        """What a linear function gives for A - M, without making that matrix, which would be dense."""
        return product(A) if M is None else product(A) - product(M)

    basis: Any = _random(A._data.shape[-1], q, _floating(A))
    basis = linalg_qr(difference(lambda x: matmul(x, basis))).Q
    for _ in range(niter):
        basis = linalg_qr(difference(lambda x, y=basis: matmul(x.mH, y))).Q
        basis = linalg_qr(difference(lambda x, y=basis: matmul(x, y))).Q
    u, s, vh = linalg_svd(difference(lambda x: matmul(basis.mH, x)), full_matrices=False)
    u, v = matmul(basis, u), vh.mH
    return (v, s, u) if wide else (u, s, v)


def svd_lowrank(
    A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """The largest singular values of a matrix, and the vectors to them: A - M ≈ U·diag(S)·Vᴴ.

    Args:
        A: (…, n, m).
        q: how many, somewhat more than wanted, since the smallest of them are not exact.
        niter: steps of the power iteration; more make the result more exact.
        M: what to subtract; broadcast to the shape of A.

    Returns:
        U (…, n, q), S (…, q) and V (…, m, q), which depend on random numbers.

    >>> import tapegrad as torch
    >>> U, S, V = torch.svd_lowrank(torch.ones(4, 3), q=1)
    >>> torch.allclose(U * S @ V.mH, torch.ones(4, 3))
    True
    """
    return _decomposed(A, 6 if q is None else q, 2 if niter is None else niter, M)


def pca_lowrank(
    A: Tensor, q: int | None = None, center: bool = True, niter: int = 2
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """The principal components of the rows of a matrix: `svd_lowrank` of its deviations from their mean.

    Args:
        A: (…, n, m): n samples of m features.
        q: how many components, at most min(n, m); 6 or fewer by default.
        center: subtract the mean of the rows.
        niter: steps of the power iteration.

    Raises:
        ValueError: there are no q components.

    >>> import tapegrad as torch
    >>> torch.pca_lowrank(torch.arange(12.0).reshape(4, 3), q=1)[1]
    tensor([11.6190])
    """
    m, n = A._data.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    if center:
        A = A - A.mean(-2, keepdim=True)
    return _decomposed(A, q, niter, None)


METHODS: dict[str, Any] = {}

__all__ = ["pca_lowrank", "svd_lowrank"]
