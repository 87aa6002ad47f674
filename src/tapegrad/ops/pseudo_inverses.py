"""Pseudo-inverses and ranks: what small singular values are taken to be 0 for."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, wrong_argument
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .eigenvalues import eigvalsh
from .matrices import adjoint, cast_out, need_matrices, need_square
from .op import operator
from .singular_values import failed_svd, values_of
from .vocabulary import matmul

# -- tolerances --------------------------------------------------------------------------------------------------------


def _tolerance(function: str, name: str, value: Any) -> Array | None:
    """A tolerance as an array of one number per matrix; None if it was not given."""
    if value is None:
        return None
    if isinstance(value, Tensor):
        if value._data.dtype.kind == "c":
            raise DtypeError(
                f"{function}: {name} tensor of complex type is not supported. Got {scalar_type_name(value.dtype)}"
            )
        return np.asarray(value._data, np.float64)
    return np.asarray(value, np.float64)


def _cutoff(values: Array, shape: tuple[int, ...], atol: Array | None, rtol: Array | None) -> Array:
    """The largest singular value that counts as 0, for each matrix: atol, or rtol times the largest of all.

    Without an `rtol` it is the rounding error of the largest singular value; 0 where there is a positive `atol`.
    """
    if rtol is None:
        rounding = np.finfo(values.dtype).eps * max(shape[-2:])
        rtol = np.asarray(rounding) if atol is None else np.where(atol > 0, 0.0, rounding)
    largest = values.max(-1, initial=0)
    found: Array = np.maximum(0 if atol is None else atol, rtol * largest)
    return found[..., None]


# -- the pseudo-inverse ------------------------------------------------------------------------------------------------


@operator(node="LinalgPinvBackward0")
def pseudo_inverse(a: Array, /, atol: Array | None, rtol: Array | None, hermitian: bool) -> Array:
    """V·diag(1/S)·Uᴴ, with 0 for 1/S where S is not above the cutoff."""
    if not a.size:
        return np.zeros((*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype)
    if hermitian:
        s, u = np.linalg.eigh(a)
        vh = u.swapaxes(-1, -2).conj()
    else:
        u, s, vh = np.linalg.svd(a, full_matrices=False)
    size = np.abs(s)
    counts = size > _cutoff(size, a.shape, atol, rtol)
    one_over = np.where(counts, 1 / np.where(counts, s, 1), 0).astype(s.dtype, copy=False)
    y: Array = np.matmul(vh.swapaxes(-1, -2).conj() * one_over[..., None, :], u.swapaxes(-1, -2).conj())
    return y


@pseudo_inverse.rule("a")
def _(g: Any, a: Any, out: Any) -> Any:
    """a ← -outᴴ @ g @ outᴴ + (1 - a @ out) @ gᴴ @ out @ outᴴ + outᴴ @ out @ gᴴ @ (1 - out @ a)"""
    # Golub and Pereyra, "The differentiation of pseudo-inverses" (1973)
    up, g_up = adjoint(out), adjoint(g)
    gradient = -matmul(matmul(up, g), up)
    left = matmul(g_up, matmul(out, up))
    gradient = gradient + left - matmul(a, matmul(out, left))
    right = matmul(matmul(up, out), g_up)
    return gradient + right - matmul(matmul(right, out), a)


def _pinv(name: str, input: Any, atol: Any, rtol: Any, hermitian: bool) -> Tensor:
    if not isinstance(input, Tensor):
        raise wrong_argument(name, "input", 1, input)
    a = input._data
    if a.ndim < 2 or a.dtype.char not in "fdFD":
        raise DtypeError(
            f"linalg.pinv({scalar_type_name(input.dtype)}{{{list(a.shape)}}}): expected a tensor with 2 or more"
            " dimensions of float, double, cfloat or cdouble types"
        )
    if hermitian:
        need_square("linalg.eigh", input)
    function = "torch.linalg.pinv"
    try:
        y: Tensor = pseudo_inverse.call(
            input, _tolerance(function, "atol", atol), _tolerance(function, "rtol", rtol), bool(hermitian)
        )
    except np.linalg.LinAlgError:
        raise failed_svd(a) from None
    return y


def pinv(
    input: Tensor,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """The pseudo-inverses (of Moore and Penrose) of matrices.

    Args:
        input: (…, n, m), floating point or complex.
        rcond: an older name of `rtol`.
        hermitian: the matrices are symmetric (Hermitian); of these only the lower triangle is looked at.
        atol: singular values up to this count as 0; a number, or a tensor of one per matrix.
        rtol: and those up to this times the largest one.

    Returns:
        (…, m, n); its gradient holds as long as the rank of the matrix does not change.

    Raises:
        LinAlgError: a matrix is not finite.

    >>> import tapegrad as torch
    >>> torch.linalg.pinv(torch.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    y = _pinv("linalg_pinv", input, atol, rtol if rcond is None else rcond, hermitian)
    return y if out is None else cast_out("linalg.pinv", out, y, input)


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """`torch.linalg.pinv` by its older name.

    >>> import tapegrad as torch
    >>> torch.pinverse(torch.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    return _pinv("pinverse", input, None, rcond, False)


# -- the rank ----------------------------------------------------------------------------------------------------------


def matrix_rank(
    input: Tensor,
    tol: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """The number of singular values of matrices that count.

    Args:
        input: (…, n, m), floating point or complex.
        tol: an older form of `atol`, without the rounding error that `rtol` is by default.
        hermitian: the matrices are symmetric (Hermitian); of these only the lower triangle is looked at.
        atol: singular values up to this count as 0; a number, or a tensor of one per matrix.
        rtol: and those up to this times the largest one.

    Raises:
        LinAlgError: a matrix is not finite.

    >>> import tapegrad as torch
    >>> torch.linalg.matrix_rank(torch.tensor([[1.0, 2.0], [2.0, 4.0]]))
    tensor(1)
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("linalg_matrix_rank", "input", 1, input)
    function = "torch.linalg.matrix_rank"
    need_matrices(function, input, "input")
    a = input._data
    if a.dtype.char not in "fdFD":
        raise DtypeError("This function doesn't handle types other than float and double")
    if tol is not None:
        atol, rtol = tol, 0.0
    absolute, relative = _tolerance(function, "atol", atol), _tolerance(function, "rtol", rtol)
    if not a.size:
        rank = np.zeros(a.shape[:-2], np.int64)
    else:
        found = eigvalsh(input.detach()) if hermitian else values_of(input.detach())
        values = np.abs(found._data)
        rank = np.asarray((values > _cutoff(values, a.shape, absolute, relative)).sum(-1))
    y = new_tensor(rank)
    return y if out is None else cast_out(function, out, y)


METHODS = {"pinverse": pinverse}

__all__ = ["pinverse"]
