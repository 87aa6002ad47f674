"""Least-squares solutions of systems of linear equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import DtypeError, ShapeError
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor
from . import return_types
from .extrema import make_tuple
from .lapack import I32, columns_of, matrices, routine, spread
from .matrices import adjoint, batches, cast_out, failed
from .op import operator
from .products import not_tensors
from .pseudo_inverses import pseudo_inverse
from .vocabulary import matmul, sum_to

_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")

# -- on arrays ---------------------------------------------------------------------------------------------------------


def _least_squares(
    a: Array, b: Array, rcond: float, driver: str
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """The solutions, the ranks, the singular values, and 0 or why there is no solution."""
    from scipy.linalg import lstsq

    front = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    (n, m), k = a.shape[-2:], b.shape[-1]
    x, rank, info = columns_of((*front, m, k), b.dtype), np.zeros(front, np.int64), np.zeros(front, I32)
    values = np.zeros((*front, min(n, m)), a.real.dtype)
    if not n or not m or not k:
        x[...] = 0
        return x, rank, values, info
    a, b = spread(a, front), spread(b, front)
    for i in matrices(front):
        if driver == "gels":
            _, found, info[i] = routine("gels", a)(a[i], np.pad(b[i], ((0, max(m - n, 0)), (0, 0))))
            x[i] = found[:m]
        else:
            x[i], _, rank[i], found = lstsq(a[i], b[i], cond=rcond, lapack_driver=driver, check_finite=False)
            if found is not None:
                values[i] = found
    return x, rank, values, info


# -- the record --------------------------------------------------------------------------------------------------------


@operator(name="linalg_lstsq", outputs=(True, True, False, False, False))
def _linalg_lstsq(
    a: Array, b: Array, /, rcond: float, driver: str, vector: bool
) -> tuple[Array, Array, Array, Array, Array]:
    """The solution, the sums of squared residuals, the rank, the singular values, and LAPACK's code of the error."""
    if vector:
        b = b[..., None]
    x, rank, values, info = _least_squares(a, b, rcond, driver)
    n, m = a.shape[-2:]
    squares = np.empty(0, values.dtype)
    full = driver == "gels" or (driver != "gelsy" and bool((rank == m).all()))
    if full and n > m:
        rest = np.abs(np.matmul(a, x) - b)
        squares = (rest * rest).sum(-2)
    none = np.empty(0, values.dtype)
    return (
        x[..., 0] if vector else x,
        squares,
        np.empty(0, np.int64) if driver == "gels" else rank,
        values if driver in ("gelsd", "gelss") else none,
        info,
    )


@_linalg_lstsq.rule("a", "b")
def _(g: Any, a: Any, b: Any, out: Any, a_shape: Any, b_shape: Any, vector: Any, needs: Any) -> Any:
    """a ← -h @ xᴴ + r @ g_xᴴ @ a⁺ @ a⁺ᴴ + t - t @ a⁺ @ a, r = b - a @ x, t = a⁺ᴴ @ x @ g_xᴴ; and 2·g_res·(-r) @ xᴴ
    b ← h = a⁺ᴴ @ g_x; and 2·g_res·r
    """
    g_x, g_squares = g[0], g[1]
    x = out[0]
    if vector:
        x, b = x[..., None], b[..., None]
        g_x = None if g_x is None else g_x[..., None]
    g_a: Any = 0
    g_b: Any = 0
    if g_x is not None:
        inverse = pseudo_inverse(a, None, None, False)
        part = matmul(adjoint(inverse), g_x)
        g_b = g_b + part
        if needs[0]:
            rest = b - matmul(a, x)
            # through the pseudo-inverse: x = a⁺·b
            g_a = g_a - matmul(part, adjoint(x)) + matmul(rest, matmul(adjoint(g_x), matmul(inverse, adjoint(inverse))))
            turned = matmul(matmul(adjoint(inverse), matmul(inverse, b)), adjoint(g_x))
            g_a = g_a + turned - matmul(matmul(turned, inverse), a)
    if g_squares is not None and g_squares.shape[-1:] == x.shape[-1:] and g_squares.ndim:
        slope = 2 * g_squares[..., None, :] * (matmul(a, x) - b)
        g_a, g_b = g_a + matmul(slope, adjoint(x)), g_b - slope
    if needs[1]:
        g_b = sum_to(g_b[..., 0] if vector else g_b, b_shape)
    return sum_to(g_a, a_shape) if needs[0] else None, g_b if needs[1] else None


# -- what users call ---------------------------------------------------------------------------------------------------


def lstsq(input: Tensor, b: Tensor, rcond: float | None = None, *, driver: str | None = None, out: Any = None) -> Any:
    """The X for which ‖A·X - B‖ is smallest; the shortest of them where there are several.

    Args:
        input: A, (…, n, m), floating point or complex.
        b: B, (…, n, k), or (…, n) for vectors.
        rcond: singular values of A up to this times the largest one count as 0; by default the rounding error.
        driver: LAPACK's routine: "gels" for matrices of full rank, "gelsy" (the default), "gelsd" or "gelss".

    Returns:
        `solution` (…, m, k); `residuals`, the smallest ‖A·X - B‖², empty unless n > m, the rank is full and the driver
        gives them; `rank`, empty for "gels"; `singular_values`, empty but for "gelsd" and "gelss".

    Raises:
        RuntimeError: the shapes or dtypes do not go together.
        LinAlgError: the driver is "gels", and the rank is not full.

    >>> import tapegrad as torch
    >>> torch.linalg.lstsq(torch.tensor([[1.0], [1.0]]), torch.tensor([[1.0], [2.0]])).solution
    tensor([[1.5000]])
    """
    if not isinstance(input, Tensor) or not isinstance(b, Tensor):
        raise not_tensors("linalg_lstsq", ("input", input), ("b", b))
    if driver is not None and not isinstance(driver, str):
        raise TypeError(f"linalg_lstsq(): argument 'driver' must be str, not {type(driver).__name__}")
    function = "torch.linalg.lstsq"
    vector = _check(function, input, b)
    if driver is not None and driver not in _DRIVERS:
        raise RuntimeError(f"{function}: parameter `driver` should be one of ({', '.join(_DRIVERS)})")
    a = input._data
    if rcond is None:
        rcond = float(np.finfo(a.dtype).eps) * max(a.shape[-2:])
    *made, info = _linalg_lstsq.call(input, b, rcond, driver or "gelsy", vector)
    codes = all_rows(info._data)
    if codes.any():
        says = (
            "The least squares solution could not be computed because the input matrix does not have full rank (error"
            " code: {code})."
        )
        raise failed(function, codes, says)
    results = make_tuple(return_types.linalg_lstsq, made)
    if out is None:
        return results
    if not isinstance(out, (tuple, list)) or len(out) != 4:
        raise TypeError("linalg_lstsq(): argument 'out' must be tuple of Tensors, 4 of them")
    pairs = zip(out, results, results.__match_args__, strict=True)
    return make_tuple(
        return_types.linalg_lstsq, [cast_out(function, o, result, input, b, name=name) for o, result, name in pairs]
    )


def _check(function: str, input: Tensor, other: Tensor) -> bool:
    """Whether `other` holds vectors."""
    a, b = input._data, other._data
    if a.dtype.char not in "fdFD":
        raise DtypeError("This function doesn't handle types other than float and double")
    if a.ndim < 2:
        raise ShapeError(f"{function}: input must have at least 2 dimensions.")
    if b.ndim < 1:
        raise ShapeError(f"{function}: other must have at least 1 dimension.")
    if a.dtype is not b.dtype:
        raise DtypeError(
            f"{function}: Expected input and other to have the same dtype, but got input's dtype"
            f" {scalar_type_name(input.dtype)} and other's dtype {scalar_type_name(other.dtype)}"
        )
    if not 0 <= a.ndim - b.ndim <= 1:
        raise ShapeError(
            f"{function}: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"
        )
    vector = a.ndim - b.ndim == 1 and b.shape == a.shape[:-1]
    if a.shape[-2] != b.shape[-1 if vector else -2 if b.ndim > 1 else -1]:
        at = -1 if vector or b.ndim < 2 else -2
        raise ShapeError(f"{function}: input.size(-2) should match other.size({at})")
    if not vector:
        batches(input, other)
    return vector


METHODS: dict[str, Any] = {}

__all__: list[str] = []
