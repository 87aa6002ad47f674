"""Determinants, and their logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import wrong_argument
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor, new_tensor
from . import return_types
from .extrema import make_tuple
from .kinds import need_floats
from .lapack import lu_factors
from .matrices import adjoint, main_diagonal, need_kernel, need_precision, need_square, on_diagonal
from .op import operator
from .outputs import EXPECTED, given_out, given_outs
from .singular_values import svd
from .solving import solution
from .vocabulary import conj, imag_part, is_complex, matmul, phrase, word

# -- on arrays ---------------------------------------------------------------------------------------------------------

_MANY = 64  # matrices, from which on NumPy's loop over them is worth its last digits


def determinants(a: Array) -> Array:
    """The products of the diagonals of U, with the signs of the permutations.

    NumPy's determinant is the exponential of a logarithm, which rounds what torch does not: det [[1, 2], [3, 4]].
    """
    if a.size > _MANY * a.shape[-1] ** 2:
        return np.linalg.det(a)
    lu, pivots, _ = lu_factors(a)
    swaps = (pivots != np.arange(1, a.shape[-1] + 1)).sum(-1)
    product = lu.diagonal(0, -2, -1).prod(-1)
    return np.where(swaps % 2, -product, product)


# -- the records -------------------------------------------------------------------------------------------------------


@operator(name="linalg_det")
def _det(a: Array, /) -> Array:
    """The determinants of matrices."""
    return determinants(a)


@phrase
def products_of_others(x: Any) -> Any:
    """For each number along the last dimension the product of all others."""
    n = x.shape[-1]
    columns = x[..., None, :] * (1 - unit_diagonal_of(x, n)) + unit_diagonal_of(x, n)
    return columns.prod(-1)


def _cofactors(a: Array, det: Array) -> Array:
    """The derivative of the determinant by each element, conjugated; also where the matrix is singular."""
    scale = np.conj(det)
    singular = np.abs(det) < 100 * np.finfo(a.dtype).eps
    regular = np.where(singular[..., None, None], np.eye(a.shape[-1], dtype=a.dtype), a)
    y = solution(adjoint(regular), on_diagonal(np.broadcast_to(scale[..., None], a.shape[:-1])), True)
    if singular.any():
        y = np.where(singular[..., None, None], _cofactors_of_singular(a), y)
    return y


def _cofactors_of_singular(a: Array) -> Array:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    n = s.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 1, s[..., None, :]).prod(-1)
    turn = np.conj(np.linalg.det(u) * np.linalg.det(vh))
    return (u * (others * turn[..., None])[..., None, :]) @ vh
