"""Products of Householder reflections, by which LAPACK represents Q of a QR factorization.

H₁·H₂·… = 1 - V·T·Vᴴ with an upper triangle T = D·(1 + S·D)⁻¹, where D holds tau on its diagonal and S is what Vᴴ·V has
above its own: Schreiber and Van Loan, "A storage-efficient WY representation for products of Householder
transformations" (1989).
"""

from __future__ import annotations

from typing import Any

from ..errors import DtypeError, ShapeError
from ..tensor.dtypes import Array, scalar_type_name
from ..tensor.tensor import Tensor
from .lapack import reflect, reflected_identity
from .matrices import (
    adjoint,
    cast_out,
    main_diagonal,
    need_kernel,
    side_by_side,
    strictly_lower,
    strictly_upper,
    unit_diagonal,
)
from .op import operator
from .products import not_tensors
from .triangular_systems import triangular_system
from .vocabulary import matmul, phrase

# -- words -------------------------------------------------------------------------------------------------------------


@phrase
def reflection_vectors(a: Any, k: int) -> Any:
    """V: what is below the diagonal of the first k columns, after ones."""
    below = strictly_lower(a[..., :, :k])
    return below + unit_diagonal(below)


@phrase
def reflection_factors(v: Any, tau: Any) -> Any:
    """(1 + S·D)⁻¹."""
    inner = strictly_upper(matmul(adjoint(v), v)) * tau[..., None, :]
    one = unit_diagonal(inner)
    return triangular_system(inner + one, one, True, True, True)


@phrase
def reflection_gradients(g_v: Any, g_t: Any, v: Any, tau: Any, inverse: Any, a: Any) -> Any:
    """The gradients of a and tau by those of V (as far as it does not come through T) and T."""
    t = tau[..., :, None] * inverse
    s = strictly_upper(matmul(adjoint(v), v))
    part = matmul(g_t, adjoint(inverse))
    g_tau = main_diagonal(part - matmul(adjoint(matmul(t, s)), part))
    g_s = strictly_upper(-matmul(matmul(adjoint(t), g_t), adjoint(t)))
    g_a = strictly_lower(g_v + matmul(v, g_s + adjoint(g_s)))
    k = tau.shape[-1]
    return (g_a if k == a.shape[-1] else side_by_side((g_a, 0 * a[..., :, k:]), -1)), g_tau


# -- the records and what users call ----------------------------------------------------------------------------------


@operator(name="linalg_householder_product")
def _householder_product(a: Array, tau: Array, /) -> Array:
    """The first columns of the product of the reflections."""
    return reflected_identity(a, tau)


@_householder_product.rule("a", "tau")
def _(g: Any, a: Any, tau: Any) -> Any:
    """a, tau ← those of v, t in 1 - v @ t @ vᴴ: of t -vᴴ @ g @ wᴴ, w = vᴴ[:, :m]; of v -g @ (t @ w)ᴴ, and in its first
    m rows -(tᴴ @ vᴴ @ g)ᴴ
    """
    v = reflection_vectors(a, tau.shape[-1])
    inverse = reflection_factors(v, tau)
    t = tau[..., :, None] * inverse
    top = adjoint(v[..., : a.shape[-1], :])  # Vᴴ times the first columns of 1
    g_t = -matmul(matmul(adjoint(v), g), adjoint(top))
    g_v = -matmul(g, adjoint(matmul(t, top)))
    g_top = -adjoint(matmul(adjoint(t), matmul(adjoint(v), g)))
    if g_top.shape[-2] < v.shape[-2]:
        g_top = side_by_side((g_top, 0 * v[..., a.shape[-1] :, :]), -2)
    return reflection_gradients(g_v + g_top, g_t, v, tau, inverse, a)


def _check_reflections(function: str, input: Tensor, tau: Tensor) -> None:
    a, factors = input._data, tau._data
    if a.ndim < 2:
        raise ShapeError(f"{function}: input must have at least 2 dimensions.")
    if a.shape[-2] < a.shape[-1]:
        raise ShapeError(f"{function}: input.shape[-2] must be greater than or equal to input.shape[-1]")
    if factors.shape and a.shape[-1] < factors.shape[-1]:
        raise ShapeError(f"{function}: input.shape[-1] must be greater than or equal to tau.shape[-1]")
    if a.ndim - factors.ndim != 1:
        raise ShapeError(
            f"{function}: Expected tau to have one dimension less than input, but got tau.ndim equal to {factors.ndim}"
            f" and input.ndim is equal to {a.ndim}"
        )
    if factors.shape[:-1] != a.shape[:-2]:
        raise ShapeError(
            f"{function}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got"
            f" {list(factors.shape[:-1])}"
        )
    if factors.dtype is not a.dtype:
        raise DtypeError(
            f"{function}: tau dtype {scalar_type_name(tau.dtype)} does not match input dtype"
            f" {scalar_type_name(input.dtype)}"
        )


def householder_product(input: Tensor, tau: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The first columns of the product of Householder reflections 1 - τᵢvᵢvᵢᴴ: Q of a QR factorization.

    Args:
        input: (…, n, m), n ≥ m; vᵢ is a 1 on the diagonal and what is below it.
        tau: (…, k), k ≤ m.

    Raises:
        RuntimeError: the shapes or dtypes do not go together.

    >>> import tapegrad as torch
    >>> torch.linalg.householder_product(*torch.geqrf(torch.tensor([[3.0], [4.0]])))
    tensor([[-0.6000],
            [-0.8000]])
    """
    if not isinstance(input, Tensor) or not isinstance(tau, Tensor):
        raise not_tensors("linalg_householder_product", ("input", input), ("tau", tau))
    function = "torch.linalg.householder_product"
    _check_reflections(function, input, tau)
    need_kernel("orgqr_cpu", input)
    y: Tensor = _householder_product.call(input, tau)
    return y if out is None else cast_out(function, out, y, input, tau)


def orgqr(input: Tensor, input2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`torch.linalg.householder_product` by LAPACK's name.

    >>> import tapegrad as torch
    >>> torch.orgqr(*torch.geqrf(torch.tensor([[3.0], [4.0]])))
    tensor([[-0.6000],
            [-0.8000]])
    """
    return householder_product(input, input2, out=out)


@operator(name="ormqr")
def _ormqr(a: Array, tau: Array, c: Array, /, left: bool, transpose: bool) -> Array:
    """Q·c or c·Q, or with the adjoint of Q, for the product Q of the reflections."""
    return reflect(a, tau, c, left, transpose)


@_ormqr.linear_in("c").rule("a", "tau", "c")
def _(g: Any, a: Any, tau: Any, c: Any, left: Any, transpose: Any, needs: Any) -> Any:
    """c ← qᴴ @ g
    a, tau ← those of v, t in q = 1 - v @ t @ vᴴ, with g @ cᴴ for the gradient of q
    """
    g_c = ormqr(a, tau, g, left, not transpose) if needs[2] else None
    if not needs[0] and not needs[1]:
        return None, None, g_c
    v = reflection_vectors(a, tau.shape[-1])
    inverse = reflection_factors(v, tau)
    t = tau[..., :, None] * inverse
    # the gradient of Q, or of its adjoint, is one·two; with Q = 1 - V·T·Vᴴ
    one, two = (g, adjoint(c)) if left else (adjoint(c), g)
    if transpose:
        one, two = adjoint(two), adjoint(one)
    one_v, two_v = matmul(adjoint(v), one), matmul(two, v)
    g_t = -matmul(one_v, two_v)
    g_v = -matmul(one, matmul(two_v, adjoint(t))) - matmul(adjoint(two), matmul(adjoint(one_v), t))
    g_a, g_tau = reflection_gradients(g_v, g_t, v, tau, inverse, a)
    return g_a, g_tau, g_c


def ormqr(
    input: Tensor,
    tau: Tensor,
    other: Tensor,
    left: bool = True,
    transpose: bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Q·other, where Q is the product of Householder reflections; other·Q if not `left`.

    Args:
        input: (…, n, k); vᵢ is a 1 on the diagonal and what is below it.
        tau: (…, k), the factors of the reflections 1 - τᵢvᵢvᵢᴴ.
        other: (…, n, m), or (…, m, n) if not `left`.
        left: on which side Q stands.
        transpose: take the adjoint of Q.

    Raises:
        RuntimeError: the shapes or dtypes do not go together.

    >>> import tapegrad as torch
    >>> a, tau = torch.geqrf(torch.tensor([[3.0], [4.0]]))
    >>> torch.ormqr(a, tau, torch.tensor([[3.0], [4.0]]), transpose=True)
    tensor([[-5.],
            [ 0.]])
    """
    if not isinstance(input, Tensor) or not isinstance(tau, Tensor) or not isinstance(other, Tensor):
        raise not_tensors("ormqr", ("input", input), ("input2", tau), ("input3", other))
    a, c = input._data, other._data
    function = "torch.ormqr"
    for name, array in (("input", a), ("other", c)):
        if array.ndim < 2:
            raise ShapeError(f"{function}: {name} must have at least 2 dimensions.")
    side = -2 if left else -1
    if tau._data.shape[-1] != min(c.shape[side], a.shape[-1]):
        raise ShapeError(f"{function}: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1])")
    if c.shape[side] != a.shape[-2]:
        raise ShapeError(f"{function}: other.shape[{side}] must be equal to input.shape[-2]")
    for name, t, fewer in (("tau", tau, 1), ("other", other, 0)):
        if t._data.ndim + fewer != a.ndim:
            wanted = "one dimension less than input" if fewer else "the same number of dimensions as input"
            raise ShapeError(
                f"{function}: Expected {name} to have {wanted}, but got {name}.ndim equal to {t._data.ndim} and"
                f" input.ndim is equal to {a.ndim}"
            )
        if t._data.shape[: a.ndim - 2] != a.shape[:-2]:
            raise ShapeError(
                f"{function}: Expected batch dimensions of {name} to be equal to input.shape[:-2], but got"
                f" {list(t._data.shape[: a.ndim - 2])}"
            )
    for name, t in (("tau", tau), ("other", other)):
        if t._data.dtype is not a.dtype:
            raise DtypeError(
                f"{function}: Expected input and {name} to have the same dtype, but input has dtype"
                f"{scalar_type_name(input.dtype)} and {name} has dtype {scalar_type_name(t.dtype)}"
            )
    need_kernel("ormqr_cpu", input)
    y: Tensor = _ormqr.call(input, tau, other, bool(left), bool(transpose))
    if out is not None and isinstance(out, Tensor) and out._data.dtype is not a.dtype:
        raise DtypeError(
            f"{function}: Expected input and result to have the same dtype, but input has dtype"
            f"{scalar_type_name(input.dtype)} and result has dtype {scalar_type_name(out.dtype)}"
        )
    return y if out is None else cast_out(function, out, y, input, tau, other)


METHODS = {"orgqr": orgqr, "ormqr": ormqr}

__all__ = ["orgqr", "ormqr"]
