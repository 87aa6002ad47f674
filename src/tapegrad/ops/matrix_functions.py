"""The exponential function and powers of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..tensor.dtypes import F32, Array
from ..tensor.tensor import Tensor
from .kinds import need_floats
from .matrices import adjoint, cast_out, need_square, side_by_side
from .matrix_products import matmul
from .op import operator
from .solving import inv

# -- the exponential ---------------------------------------------------------------------------------------------------


@operator(node="LinalgMatrixExpBackward0")
def exponential(a: Array, /) -> Array:
    """1 + a + a²/2 + …"""
    from scipy.linalg import expm

    if not a.size:
        return np.zeros_like(a)
    if a.dtype.itemsize == 2:
        return expm(a.astype(F32)).astype(a.dtype)
    y: Array = expm(a)
    return y


@exponential.rule("a")
def _(g: Any, a: Any) -> Any:
    """a ← the upper right block of exp((aᴴ g; 0 aᴴ))"""
    # the corner of exp of (A G; 0 A) is the derivative at A in the direction G: Najfeld and Havel (1995)
    up, n = adjoint(a), a.shape[-1]
    above, below = side_by_side((up, g), -1), side_by_side((0 * g, up), -1)
    return exponential(side_by_side((above, below), -2))[..., :n, n:]


def _exponential(name: str, input: Any) -> Tensor:
    if not isinstance(input, Tensor):
        raise wrong_argument(name, "input", 1, input)
    need_square("linalg.matrix_exp", input)
    need_floats("linalg.matrix_exp", input)
    y: Tensor = exponential.call(input)
    return y


def linalg_matrix_exp(input: Tensor) -> Tensor:
    """The exponential function of square matrices: 1 + A + A²/2 + …

    Args:
        input: (…, n, n), floating point or complex.

    >>> import tapegrad as torch
    >>> torch.linalg.matrix_exp(torch.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return _exponential("linalg_matrix_exp", input)


def matrix_exp(input: Tensor) -> Tensor:
    """`torch.linalg.matrix_exp`.

    >>> import tapegrad as torch
    >>> torch.matrix_exp(torch.zeros(1, 1))
    tensor([[1.]])
    """
    return _exponential("matrix_exp", input)


# -- powers ------------------------------------------------------------------------------------------------------------


def _power(name: str, input: Any, n: Any, out: Any) -> Tensor:
    if not isinstance(input, Tensor):
        raise wrong_argument(name, "input", 1, input)
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise wrong_argument(name, "n", 2, n, "int")
    need_square("linalg.matrix_power", input)
    y = _raised(input, n.__index__())
    return y if out is None else cast_out("matrix_power", out, y, input)


def _raised(a: Any, n: int) -> Any:
    if n == 0:
        from ..tensor.factories import eye

        return a.clone().copy_(eye(a.shape[-1], dtype=a.dtype))
    if n < 0:
        a, n = inv(a), -n
        if n == 1:
            return a
    if n == 1:
        return a.clone()
    if n == 3:
        return matmul(matmul(a, a), a)
    result = square = None
    while n:
        square = a if square is None else matmul(square, square)
        if n & 1:
            result = square if result is None else matmul(result, square)
        n >>= 1
    return result


def linalg_matrix_power(input: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """Square matrices multiplied with themselves, n factors in all; of their inverses if n is negative.

    Args:
        input: (…, k, k).
        n: 0 gives the identity.

    Raises:
        LinAlgError: n is negative, and a matrix is singular.

    >>> import tapegrad as torch
    >>> torch.linalg.matrix_power(torch.tensor([[1, 1], [0, 1]]), 5)
    tensor([[1, 5],
            [0, 1]])
    """
    return _power("linalg_matrix_power", input, n, out)


def matrix_power(input: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """`torch.linalg.matrix_power`.

    >>> import tapegrad as torch
    >>> torch.matrix_power(torch.tensor([[1, 1], [0, 1]]), 5)
    tensor([[1, 5],
            [0, 1]])
    """
    return _power("matrix_power", input, n, out)


METHODS = {"matrix_exp": matrix_exp, "matrix_power": matrix_power}

__all__ = ["matrix_exp", "matrix_power"]
