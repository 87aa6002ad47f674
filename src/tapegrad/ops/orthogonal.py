"""The QR factorization."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError, wrong_argument
from ..once import warn_once
from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor
from . import return_types
from .extrema import make_tuple
from .kinds import need_floats
from .matrices import (
    adjoint,
    by_columns,
    cast_out,
    main_diagonal,
    need_kernel,
    need_matrices,
    on_diagonal,
    side_by_side,
    upper_part,
)
from .op import operator
from .outputs import given_outs
from .refusal import no_derivative
from .triangular_systems import triangular_system
from .vocabulary import matmul

# -- QR ----------------------------------------------------------------------------------------------------------------


@operator(name="linalg_qr", outputs=(True, True))
def _linalg_qr(a: Array, /, mode: str) -> tuple[Array, Array]:
    """Q and R with a = Q·R; Q is empty in mode "r"."""
    if mode == "r":
        return np.empty(0, a.dtype), by_columns(np.asarray(np.linalg.qr(a, "r")))
    q, r = np.linalg.qr(a, mode)  # type: ignore[call-overload]  # any of two literals
    return by_columns(q), by_columns(r)


@_linalg_qr.rule("a")
def _(g: Any, out: Any, mode: Any) -> Any:
    """a ← (g_q + q @ (h + hᴴ)) @ r⁻ᴴ, h = upper(m) - diag(m)/2, m = g_r @ rᴴ - qᴴ @ g_q"""
    # Walter and Lehmann, "Algorithmic differentiation of linear algebra functions" (2013), with conjugates
    g_q, g_r = g
    q, r = out
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A,"
            " mode='reduced') if you are going to differentiate through linalg.qr."
        )
    rows, columns = q.shape[-2], r.shape[-1]
    if mode == "complete" and rows > columns:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    beside = None
    if columns > rows:  # R = (R₁ R₂): the columns of a under R₂ are Q·R₂, and do not take part in making Q
        if g_r is not None:
            beside, g_r_2 = matmul(q, g_r[..., :, rows:]), g_r[..., :, rows:]
            more = matmul(q, matmul(r[..., :, rows:], adjoint(g_r_2)))
            g_q = more if g_q is None else g_q + more
            g_r = g_r[..., :, :rows]
        else:
            beside = 0 * matmul(q, r[..., :, rows:])
        r = r[..., :, :rows]
    inner: Any = 0
    if g_r is not None:
        inner = matmul(g_r, adjoint(r))
    if g_q is not None:
        inner = inner - matmul(adjoint(q), g_q)
    half = upper_part(inner) - on_diagonal(main_diagonal(inner)) / 2
    turned = matmul(q, half + adjoint(half))
    gradient = turned if g_q is None else g_q + turned
    gradient = triangular_system(adjoint(r), gradient, False, False, False)
    return gradient if beside is None else side_by_side((gradient, beside), -1)


def _qr(name: str, A: Any, mode: str) -> list[Tensor]:
    if not isinstance(A, Tensor):
        raise wrong_argument(name, "A" if name.startswith("linalg") else "input", 1, A)
    need_matrices("linalg.qr", A)
    need_floats("linalg.qr", A)
    if mode not in ("reduced", "r", "complete"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    need_kernel("geqrf_cpu", A)
    results: list[Tensor] = _linalg_qr.call(A, mode)
    return results


def linalg_qr(A: Tensor, mode: str = "reduced", *, out: Any = None) -> Any:
    """The QR factorization A = Q·R, where the columns of Q are orthonormal and R is an upper triangle.

    Args:
        A: (…, n, m), floating point or complex.
        mode: "reduced", Q is (…, n, k) and R (…, k, m) where k = min(n, m); "complete", (…, n, n) and (…, n, m); "r",
            Q is empty.

    >>> import tapegrad as torch
    >>> torch.linalg.qr(torch.tensor([[3.0, 1.0], [4.0, 2.0]])).R
    tensor([[-5.0000, -2.2000],
            [ 0.0000,  0.4000]])
    """
    results = make_tuple(return_types.linalg_qr, _qr("linalg_qr", A, mode))
    return results if out is None else given_outs(out, results, A)


def qr(input: Tensor, some: bool = True, *, out: Any = None) -> Any:
    """The older form of `torch.linalg.qr`: complete if not `some`.

    >>> import tapegrad as torch, warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     torch.qr(torch.tensor([[3.0], [4.0]])).R
    tensor([[-5.]])
    """
    warn_once(
        "torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future PyTorch release.\n"
        "The boolean parameter 'some' has been replaced with a string parameter 'mode'.\n"
        "Q, R = torch.qr(A, some)\nshould be replaced with\n"
        "Q, R = torch.linalg.qr(A, 'reduced' if some else 'complete')"
    )
    results = make_tuple(return_types.qr, _qr("qr", input, "reduced" if some else "complete"))
    return results if out is None else given_outs(out, results, input)


# -- the same as LAPACK represents it ----------------------------------------------------------------------------------


@operator(name="geqrf", outputs=(True, True))
def _geqrf(a: Array, /) -> tuple[Array, Array]:
    """R on and above the diagonal; below it and in tau, the reflections whose product is Q."""
    factors, tau = np.linalg.qr(a, "raw")
    return by_columns(factors.swapaxes(-1, -2)), tau


@_geqrf.rule("a")
def _(g: Any) -> Any:
    return no_derivative("geqrf")


def geqrf(input: Tensor, *, out: Any = None) -> Any:
    """The QR factorization as LAPACK represents it; `torch.linalg.householder_product` makes Q of it.

    Args:
        input: (…, n, m), floating point or complex.

    Returns:
        `a`, R on and above the diagonal and the vectors of the reflections below it, and `tau`, their factors.

    >>> import tapegrad as torch
    >>> torch.geqrf(torch.tensor([[3.0], [4.0]]))
    torch.return_types.geqrf(
    a=tensor([[-5.0000],
            [ 0.5000]]),
    tau=tensor([1.6000]))
    """
    if not isinstance(input, Tensor):
        raise wrong_argument("geqrf", "input", 1, input)
    if input._data.ndim < 2:
        raise ShapeError("torch.geqrf: input must have at least 2 dimensions.")
    need_kernel("geqrf_cpu", input)
    results = make_tuple(return_types.geqrf, _geqrf.call(input))
    if out is None:
        return results
    if not isinstance(out, (tuple, list)) or len(out) != 2:
        raise TypeError("geqrf(): argument 'out' must be tuple of Tensors, 2 of them")
    pairs = zip(out, results, ("a", "tau"), strict=True)
    return make_tuple(return_types.geqrf, [cast_out("torch.geqrf", o, y, input, name=n) for o, y, n in pairs])


METHODS = {"geqrf": geqrf, "qr": qr}

__all__ = ["geqrf", "qr"]
