"""The singular value decomposition, as far as norms of matrices need it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .op import operator
from .vocabulary import conj, matmul, phrase, swap, word

# -- words -------------------------------------------------------------------------------------------------------------


@phrase
def adjoint(x: Any) -> Any:
    """The conjugate transpose of matrices."""
    return conj(swap(x, -2, -1))


def unit_diagonal(x: Array) -> Array:
    """Ones on the diagonal of matrices and zeros elsewhere, like x."""
    return np.broadcast_to(np.eye(x.shape[-2], x.shape[-1], dtype=x.dtype), x.shape)


def _unit_like(x: Any) -> Any:
    from ..tensor.tensor import new_tensor

    return new_tensor(unit_diagonal(x._data))


word("unit_diagonal", raw=unit_diagonal, tensor=_unit_like)


def holds_complex(x: Array) -> bool:
    """Whether the elements are complex numbers."""
    return bool(x.dtype.kind == "c")


word("holds_complex", raw=holds_complex, tensor=lambda x: holds_complex(x._data))

# -- the decomposition -------------------------------------------------------------------------------------------------


@operator(name="svd", node="LinalgSvdBackward0", outputs=(True, True, True))
def svd(a: Array, /) -> tuple[Array, Array, Array]:
    """U, S, Vh with a = U·diag(S)·Vh; the singular values S in descending order."""
    return np.linalg.svd(a, full_matrices=False)


@svd.rule("a")
def _(g: Any, out: Any) -> Any:
    # Townsend, "Differentiating the Singular Value Decomposition" (2016); also with conjugates for complex matrices
    g_u, g_s, g_vh = g
    u, s, vh = out
    gradient = None if g_s is None else matmul(u * g_s[..., None, :], vh)
    inner: Any = None
    if g_u is not None or g_vh is not None:
        squares = s * s
        gaps = squares[..., None, :] - squares[..., :, None]
        one = unit_diagonal(gaps)
        across = (1 - one) / (gaps + one)
        if g_u is not None:
            turn = matmul(adjoint(u), g_u)
            factor = across * s[..., None, :]
            if holds_complex(u):  # the phases of the columns, which cancel in real results
                factor = factor + one / (2 * s[..., None, :])
            inner = (turn - adjoint(turn)) * factor
        if g_vh is not None:
            turn = matmul(vh, adjoint(g_vh))
            part = s[..., :, None] * ((turn - adjoint(turn)) * across)
            inner = part if inner is None else inner + part
        turned = matmul(matmul(u, inner), vh)
        gradient = turned if gradient is None else gradient + turned
    if g_u is not None and u.shape[-2] > u.shape[-1]:
        outside = g_u / s[..., None, :]
        gradient = gradient + matmul(outside - matmul(u, matmul(adjoint(u), outside)), vh)
    if g_vh is not None and vh.shape[-1] > vh.shape[-2]:
        outside = g_vh / s[..., :, None]
        gradient = gradient + matmul(u, outside - matmul(matmul(outside, adjoint(vh)), vh))
    return gradient


METHODS: dict[str, Any] = {}

__all__: list[str] = []
