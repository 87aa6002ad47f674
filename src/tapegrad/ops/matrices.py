"""What functions of matrices have in common: checks of their arguments, layout, and words for derivative rules."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, LinAlgError, ShapeError, broadcast_error
from ..tensor import dtypes
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor, new_tensor
from .diagonals import diag_embed, diagonal, tril, triu
from .joining import cat
from .kinds import refuse
from .outputs import given_out
from .vocabulary import conj, phrase, swap, word

# -- checks ------------------------------------------------------------------------------------------------------------


def need_matrices(function: str, t: Tensor, name: str = "A") -> None:
    """Refuse fewer than two dimensions.

    Raises:
        RuntimeError: there are fewer.
    """
    if t._data.ndim < 2:
        raise ShapeError(
            f"{function}: The input tensor {name} must have at least 2 dimensions.",
            f"Found: shape {t._data.shape}. The last two dimensions are those of the matrix.",
        )


def need_square(function: str, t: Tensor, name: str = "A") -> None:
    """Refuse what is not a square matrix, or a batch of them.

    Raises:
        RuntimeError: fewer than two dimensions, or the last two differ.
    """
    need_matrices(function, t, name)
    rows, columns = t._data.shape[-2:]
    if rows != columns:
        where = f"{function}: " if function else ""
        raise ShapeError(
            f"{where}{name} must be batches of square matrices, but they are {rows} by {columns} matrices",
            f"Found: shape {t._data.shape}.",
        )


def need_precision(function: str, t: Tensor) -> None:
    """Refuse floating-point types of 16 bits where torch does so before it looks for a kernel.

    Raises:
        RuntimeError: the tensor is of such a type.
    """
    if t._data.dtype.itemsize == 2:
        raise DtypeError(
            f"{function}: Low precision dtypes not supported. Got {scalar_type_name(t.dtype)}",
            "Compute in float32: x.float().",
        )


def need_kernel(kernel: str, t: Tensor) -> None:
    """Refuse all types but single and double precision, real and complex: those that LAPACK computes in.

    Raises:
        NotImplementedError: the tensor is of another type.
    """
    kind = t._data.dtype
    if kind.char not in "fdFD":
        refuse(kernel, t, "bh")
        hint = "Convert the integers first: x.float()."
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(t.dtype)}'. {hint}")


def same_dtypes(function: str, a: Tensor, b: Tensor, names: tuple[str, str] = ("A", "B")) -> None:
    """Refuse two tensors of different types.

    Raises:
        RuntimeError: the types differ.
    """
    if a._data.dtype is not b._data.dtype:
        one, two = (scalar_type_name(t.dtype) for t in (a, b))
        raise DtypeError(
            f"{function}: Expected {names[0]} and {names[1]} to have the same dtype, but found {names[0]} of type {one}"
            f" and {names[1]} of type {two} instead",
            f"Convert one of them: {names[1]}.to({a.dtype}).",
        )


def fit_equation(function: str, a: Tensor, b: Tensor, left: bool, vector: bool = False) -> None:
    """Refuse a right-hand side whose size does not fit the square matrices of an equation.

    Raises:
        RuntimeError: it does not.
    """
    n = a._data.shape[-1]
    rows, columns = (b._data.shape[-1], 1) if vector else b._data.shape[-2:]
    if (rows if left else columns) != n:
        equation = "AX = B" if left else "XA = B"
        raise ShapeError(
            f"{function}: Incompatible shapes of A and B for the equation {equation} ({n}x{n} and {rows}x{columns})",
            f"Found: shapes {a._data.shape} and {b._data.shape}.",
        )


def batches(a: Tensor, b: Tensor) -> tuple[int, ...]:
    """The shape that the dimensions before the last two of two tensors broadcast to.

    Raises:
        RuntimeError: they do not.
    """
    one, two = a._data.shape[:-2], b._data.shape[:-2]
    if one == two:
        return one
    try:
        return np.broadcast_shapes(one, two)
    except ValueError:
        raise broadcast_error(one, two) from None


def element(info: Array) -> str:
    """'(Batch element 3): ' for the first matrix of a batch that failed; nothing for a single matrix."""
    return f"(Batch element {int(np.flatnonzero(info)[0])}): " if info.ndim else ""


def failed(function: str, info: Array, says: str) -> LinAlgError:
    """The error for a matrix that LAPACK cannot do: `says` holds {code}, LAPACK's number for the reason."""
    code = int(info.reshape(-1)[np.flatnonzero(info)[0]])
    return LinAlgError(f"{function}: {element(info)}{says.format(code=code)}")


def cast_out(function: str, out: Any, y: Tensor, *operands: Tensor, name: str = "result") -> Tensor:
    """Write a result into a tensor given as `out=`, which may be of another type that can hold it.

    Raises:
        RuntimeError: the result cannot be stored in the type of `out`, or an operand requires a gradient.
    """
    if isinstance(out, Tensor) and not dtypes.can_cast(y.dtype, out.dtype):
        wanted, found = scalar_type_name(y.dtype), scalar_type_name(out.dtype)
        raise DtypeError(
            f"{function}: Expected {name} to be safely castable from {wanted} dtype, but got {name} with dtype {found}",
            f"Make it torch.empty(0, dtype={y.dtype}).",
        )
    return given_out(out, y, *operands)


# -- layout ------------------------------------------------------------------------------------------------------------


def by_columns(x: Array) -> Array:
    """The same matrices, each column contiguous in memory: how LAPACK, and so torch, hands out its results."""
    return x.swapaxes(-1, -2).copy().swapaxes(-1, -2)


# -- words -------------------------------------------------------------------------------------------------------------


@phrase
def adjoint(x: Any) -> Any:
    """The conjugate transpose of matrices."""
    return conj(swap(x, -2, -1))


def unit_diagonal(x: Array) -> Array:
    """Ones on the diagonal of matrices and zeros elsewhere, like x."""
    return np.broadcast_to(np.eye(x.shape[-2], x.shape[-1], dtype=x.dtype), x.shape)


word("unit_diagonal", raw=unit_diagonal, tensor=lambda x: new_tensor(unit_diagonal(x._data)))


@phrase
def main_diagonal(x: Any) -> Any:
    """The diagonals of matrices."""
    return diagonal(x, 0, -2, -1)


@phrase
def on_diagonal(x: Any) -> Any:
    """Square matrices with these diagonals and zeros elsewhere."""
    return diag_embed(x, 0, x.ndim - 1, x.ndim)


@phrase
def lower_part(x: Any) -> Any:
    """What is on and below the diagonal."""
    return tril(x, 0)


@phrase
def strictly_lower(x: Any) -> Any:
    """What is below the diagonal."""
    return tril(x, -1)


@phrase
def upper_part(x: Any) -> Any:
    """What is on and above the diagonal."""
    return triu(x, 0)


@phrase
def strictly_upper(x: Any) -> Any:
    """What is above the diagonal."""
    return triu(x, 1)


def side_by_side(parts: Any, dim: int) -> Array:
    """Matrices joined along a dimension."""
    return np.concatenate(parts, dim)


word("side_by_side", raw=side_by_side, tensor=cat)


@phrase
def half_lower(x: Any) -> Any:
    """What is below the diagonal, and half of what is on it."""
    return (lower_part(x) + strictly_lower(x)) / 2


@phrase
def across(x: Any) -> Any:
    """All differences xⱼ - xᵢ of numbers along the last dimension, as matrices."""
    return x[..., None, :] - x[..., :, None]
