"""The LDL factorization of symmetric (Hermitian) matrices that need not be positive definite.

torch has no derivatives for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.batching import all_rows
from ..errors import DtypeError, ShapeError, wrong_argument
from ..tensor.arguments import wrap_dim
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor
from . import return_types
from .extrema import make_tuple
from .kinds import need_floats
from .lapack import ldl_factors, solve_ldl
from .matrices import batches, need_kernel, need_square
from .op import operator
from .outputs import EXPECTED, given_out, given_outs
from .products import not_tensors
from .refusal import NO_NODE, no_formula
from .triangular_systems import check_system


@operator(name="linalg_ldl_factor_ex", node=NO_NODE, outputs=(True, False, False))
def _ldl_factor_ex(a: Array, /, hermitian: bool) -> tuple[Array, Array, Array]:
    """L and D in one matrix, pivots, and 0 or the place of a zero in D."""
    return ldl_factors(a, hermitian)


@_ldl_factor_ex.rule("a")
def _(g: Any) -> Any:
    return no_formula("linalg_ldl_factor_ex")


@operator(name="linalg_ldl_solve", node=NO_NODE, constants=("pivots",))
def _ldl_solve(ld: Array, pivots: Array, b: Array, /, hermitian: bool) -> Array:
    """X with L·D·Lᵀ·X = b."""
    return solve_ldl(ld, pivots, b, hermitian)


@_ldl_solve.rule("ld", "b")
def _(g: Any) -> Any:
    return no_formula("linalg_ldl_solve")


def _factored(function: str, input: Any, hermitian: bool, check: bool) -> list[Tensor]:
    if not isinstance(input, Tensor):
        raise wrong_argument(function.removeprefix("torch.").replace(".", "_"), "input", 1, input)
    need_square("torch.linalg.ldl_factor_ex", input)
    need_floats("torch.linalg.ldl_factor_ex", input)
    need_kernel("ldl_factor_kernel_cpu", input)
    results: list[Tensor] = _ldl_factor_ex.call(input, bool(hermitian))
    info = all_rows(results[2]._data)
    if check and info.any():
        code = int(info.reshape(-1)[np.flatnonzero(info)[0]])
        raise RuntimeError(f"false INTERNAL ASSERT FAILED: {function}: Unknown error code: {code}. D is singular.")
    return results


def ldl_factor(input: Tensor, *, hermitian: bool = False, out: Any = None) -> Any:
    """The LDL factorization in the compact form that `ldl_solve` takes.

    Args:
        input: (…, n, n), symmetric; only the lower triangle is looked at.
        hermitian: complex matrices are Hermitian.

    Returns:
        `LD`, D on the diagonal and L below it, and `pivots`.

    Raises:
        RuntimeError: D is singular.

    >>> import tapegrad as torch
    >>> torch.linalg.ldl_factor(torch.tensor([[2.0, 1.0], [1.0, 3.0]])).LD
    tensor([[2.0000, 0.0000],
            [0.5000, 2.5000]])
    """
    made = _factored("torch.linalg.ldl_factor", input, hermitian, True)[:2]
    results = make_tuple(return_types.linalg_ldl_factor, made)
    return results if out is None else given_outs(out, results, input)


def ldl_factor_ex(input: Tensor, *, hermitian: bool = False, check_errors: bool = False, out: Any = None) -> Any:
    """`ldl_factor` that does not raise: with it comes `info`, the place of a zero in D or else 0.

    >>> import tapegrad as torch
    >>> torch.linalg.ldl_factor_ex(torch.zeros(1, 1)).info
    tensor(1, dtype=torch.int32)
    """
    made = _factored("torch.linalg.ldl_factor_ex", input, hermitian, bool(check_errors))
    results = make_tuple(return_types.linalg_ldl_factor_ex, made)
    return results if out is None else given_outs(out, results, input)


def ldl_solve(
    LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False, out: Tensor | None = None
) -> Tensor:  # fmt: skip
    """The solution X of A·X = B, where the LDL factorization of A is given.

    Args:
        LD, pivots: what `ldl_factor` gives, (…, n, n) and (…, n).
        B: (…, n, k).
        hermitian: as it was for `ldl_factor`.

    Raises:
        RuntimeError: the shapes or dtypes do not go together.

    >>> import tapegrad as torch
    >>> LD, pivots = torch.linalg.ldl_factor(torch.tensor([[2.0]]))
    >>> torch.linalg.ldl_solve(LD, pivots, torch.tensor([[8.0]]))
    tensor([[4.]])
    """
    if not isinstance(LD, Tensor) or not isinstance(pivots, Tensor) or not isinstance(B, Tensor):
        raise not_tensors("linalg_ldl_solve", ("LD", LD), ("pivots", pivots), ("B", B))
    function = "torch.linalg.ldl_solve"
    need_square(function, LD)
    wrap_dim(-2, B._data.ndim)  # whose message torch gives
    check_system(B, LD, function, function)
    if pivots._data.shape != LD._data.shape[:-1]:
        raise ShapeError(
            f"{function}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape"
            f" {list(pivots._data.shape)} instead"
        )
    if pivots._data.dtype.kind not in "iu":
        raise DtypeError(f"{function}: Expected pivots to be integers. Got {scalar_type_name(pivots.dtype)}")
    need_kernel("ldl_solve_kernel_cpu", LD)
    batches(LD, B)
    y: Tensor = _ldl_solve.call(LD, pivots, B, bool(hermitian))
    return y if out is None else given_out(out, y, LD, B, says=EXPECTED)


METHODS: dict[str, Any] = {}

__all__: list[str] = []
