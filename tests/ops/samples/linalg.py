"""Samples of decompositions, solvers and other functions of torch.linalg.

Vectors whose signs or phases are arbitrary are compared by their absolute values or as projections.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from . import Sample, normal


def positive(*shape: int, seed: int = 0) -> np.ndarray[Any, Any]:
    """Symmetric positive-definite matrices."""
    a = normal(*shape, seed=seed)
    return np.asarray(a @ a.swapaxes(-1, -2) + 2 * np.eye(shape[-1]))


def regular(*shape: int, seed: int = 0) -> np.ndarray[Any, Any]:
    """Square matrices far from singular ones."""
    return np.asarray(normal(*shape, seed=seed) + 4 * np.eye(shape[-1]))


def symmetric(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A function of the symmetric part of a matrix, whose gradient does not depend on which triangle is read."""
    return lambda torch, a: call(torch, (a + a.mT) / 2)


def of_complex(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """A function of a complex matrix, of which the real and imaginary parts are given; real results."""

    def real_parts(torch: Any, a: Any, b: Any) -> Any:
        results = call(torch, torch.complex(a, b))
        results = results if isinstance(results, tuple) else (results,)
        return tuple(part for y in results for part in ((y.real, y.imag) if y.is_complex() else (y,)))

    return real_parts


def quietly(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call of a function that warns once that it is deprecated."""

    def silent(torch: Any, *tensors: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(torch, *tensors)

    return silent


def svd_parts(torch: Any, a: Any, **options: Any) -> Any:
    """What of a singular value decomposition does not depend on signs or phases."""
    u, s, vh = torch.linalg.svd(a, **options)
    k = s.shape[-1]
    return u[..., :k].abs(), s, vh[..., :k, :].abs()


a, stack = regular(3, 3), regular(2, 3, 3, seed=1)
tall, wide = normal(4, 3, seed=2), normal(3, 5, seed=3)
b, several, v = normal(3, 2, seed=4), normal(2, 3, 2, seed=5), normal(3, seed=6)
p, ps = positive(3, 3, seed=7), positive(2, 3, 3, seed=8)
pair = (a, normal(3, 3, seed=9))
tau = normal(3, seed=10, low=0.2, high=0.8)
deficient = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 1.0, 2.0]])
empty = normal(0, 0)

SAMPLES = [
    Sample("solve", lambda torch, a, b: torch.linalg.solve(a, b), (a, b)),
    Sample("solve: vector", lambda torch, a, b: torch.linalg.solve(a, b), (a, v)),
    Sample("solve: vectors", lambda torch, a, b: torch.linalg.solve(a, b), (stack, normal(2, 3))),
    Sample("solve: broadcast", lambda torch, a, b: torch.linalg.solve(a, b), (a, several)),
    Sample("solve: broadcast b", lambda torch, a, b: torch.linalg.solve(a, b), (stack, b)),
    Sample("solve: right", lambda torch, a, b: torch.linalg.solve(a, b.mT, left=False), (a, several)),
    Sample("solve: empty", lambda torch, a, b: torch.linalg.solve(a, b), (empty, normal(0, 2))),
    Sample("solve_ex", lambda torch, a, b: torch.linalg.solve_ex(a, b), (stack, several)),
    Sample("inv", lambda torch, a: torch.linalg.inv(a), (stack,)),
    Sample("inv: empty", lambda torch, a: a.inverse(), (empty,)),
    Sample("inv: complex", of_complex(lambda torch, z: torch.inverse(z)), pair),
    Sample("inv_ex", lambda torch, a: torch.linalg.inv_ex(a), (a,)),
    Sample("tensorinv", lambda torch, a: torch.linalg.tensorinv(a), (normal(2, 3, 6),)),
    Sample("tensorsolve", lambda torch, a, b: torch.linalg.tensorsolve(a, b), (normal(2, 3, 6), normal(2, 3))),
    Sample("tensorsolve: dims", lambda torch, a, b: torch.linalg.tensorsolve(a, b, (1,)),
           (normal(2, 6, 3), normal(2, 3))),
    Sample("solve_triangular", lambda torch, a, b: torch.linalg.solve_triangular(a, b, upper=True), (a, b)),
    Sample("solve_triangular: lower", lambda torch, a, b: torch.linalg.solve_triangular(a, b, upper=False),
           (stack, b)),
    Sample("solve_triangular: right", lambda torch, a, b: torch.linalg.solve_triangular(
        a, b.mT, upper=True, left=False), (a, several)),
    Sample("solve_triangular: unit", lambda torch, a, b: torch.linalg.solve_triangular(
        a, b, upper=False, unitriangular=True), (a, b)),
    Sample("triangular_solve", quietly(lambda torch, a, b: torch.triangular_solve(b, a)), (stack, b)),
    Sample("triangular_solve: transpose", quietly(lambda torch, a, b: b.triangular_solve(a, False, True)), (a, b)),
    Sample("triangular_solve: unit", quietly(lambda torch, a, b: torch.triangular_solve(b, a, True, True, True)),
           (a, b)),
    Sample("cholesky", symmetric(lambda torch, a: torch.linalg.cholesky(a)), (ps,)),
    Sample("cholesky: upper", symmetric(lambda torch, a: torch.linalg.cholesky(a, upper=True)), (p,)),
    Sample("cholesky: old", quietly(symmetric(lambda torch, a: torch.cholesky(a))), (p,)),
    Sample("cholesky: complex", of_complex(lambda torch, z: torch.linalg.cholesky(z @ z.mH)), pair),
    Sample("cholesky_ex", symmetric(lambda torch, a: torch.linalg.cholesky_ex(a)), (p,)),
    Sample("cholesky_inverse", lambda torch, a: torch.cholesky_inverse(a.tril()), (stack,)),
    Sample("cholesky_inverse: upper", lambda torch, a: torch.cholesky_inverse(a.triu(), upper=True), (a,)),
    Sample("cholesky_solve", lambda torch, a, b: torch.cholesky_solve(b, a.tril()), (a, several)),
    Sample("cholesky_solve: upper", lambda torch, a, b: b.cholesky_solve(a.triu(), True), (stack, b)),
    Sample("det", lambda torch, a: torch.linalg.det(a), (stack,)),
    Sample("det: method", lambda torch, a: a.det(), (a,)),
    Sample("det: empty", lambda torch, a: torch.det(a), (empty,)),
    Sample("det: complex", of_complex(lambda torch, z: torch.det(z)), pair),
    Sample("det: many", lambda torch, a: torch.det(a), (regular(70, 2, 2),)),
    Sample("slogdet", lambda torch, a: torch.linalg.slogdet(a), (stack,)),
    Sample("slogdet: complex", of_complex(lambda torch, z: torch.slogdet(z)), pair),
    Sample("logdet", lambda torch, a: torch.logdet(a), (a,)),
    Sample("logdet: negative", lambda torch, a: torch.logdet(a), (a * [[1], [-1], [1]],), smooth=False),
    Sample("logdet: complex", of_complex(lambda torch, z: z.logdet()), pair),
    Sample("qr", lambda torch, a: torch.linalg.qr(a), (tall,)),
    Sample("qr: square", lambda torch, a: torch.linalg.qr(a), (stack,)),
    Sample("qr: wide", lambda torch, a: torch.linalg.qr(a), (wide,)),
    Sample("qr: complete", lambda torch, a: torch.linalg.qr(a, "complete"), (wide,)),
    Sample("qr: r", lambda torch, a: torch.linalg.qr(a, "r"), (tall,), order=0),
    Sample("qr: complex", of_complex(lambda torch, z: tuple(torch.linalg.qr(z))), pair),
    Sample("qr: old", quietly(lambda torch, a: torch.qr(a)), (tall,)),
    Sample("geqrf", lambda torch, a: torch.geqrf(a), (tall,), order=0),
    Sample("householder_product", lambda torch, a, t: torch.linalg.householder_product(a, t), (tall, tau)),
    Sample("householder_product: few", lambda torch, a, t: torch.orgqr(a, t), (tall, tau[:2])),
    Sample("householder_product: stack", lambda torch, a, t: torch.orgqr(a, t), (stack, normal(2, 3))),
    Sample("ormqr", lambda torch, a, t, c: torch.ormqr(a, t, c), (tall, tau, normal(4, 2))),
    Sample("ormqr: transpose", lambda torch, a, t, c: a.ormqr(t, c, transpose=True), (tall, tau, normal(4, 2))),
    Sample("ormqr: right", lambda torch, a, t, c: torch.ormqr(a, t, c, left=False), (tall, tau, normal(2, 4))),
    Sample("ormqr: right, transpose", lambda torch, a, t, c: torch.ormqr(a, t, c, False, True),
           (tall, tau, normal(2, 4))),
    Sample("lu", lambda torch, a: torch.linalg.lu(a)[1:], (stack,)),
    Sample("lu: tall", lambda torch, a: torch.linalg.lu(a)[1:], (tall,)),
    Sample("lu: wide", lambda torch, a: torch.linalg.lu(a)[1:], (wide,)),
    Sample("lu: lower only", lambda torch, a: torch.linalg.lu(a).L, (tall,)),
    Sample("lu: upper only", lambda torch, a: torch.linalg.lu(a).U, (wide,)),
    Sample("lu_factor", lambda torch, a: torch.linalg.lu_factor(a), (stack,)),
    Sample("lu_factor: tall", lambda torch, a: torch.linalg.lu_factor_ex(a), (tall,)),
    Sample("lu_factor: wide", quietly(lambda torch, a: a.lu()), (wide,)),
    Sample("lu_unpack", lambda torch, a: torch.lu_unpack(a, torch.linalg.lu_factor(a.detach())[1])[1:], (a,)),
    Sample("lu_unpack: tall", lambda torch, a: torch.lu_unpack(a, torch.linalg.lu_factor(a.detach())[1])[1:], (tall,)),
    Sample("lu_unpack: wide", lambda torch, a: torch.lu_unpack(a, torch.linalg.lu_factor(a.detach())[1])[1:], (wide,)),
    Sample("lu_solve", lambda torch, a, b: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b), (stack, b)),
    Sample("lu_solve: adjoint", lambda torch, a, b: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b, adjoint=True),
           (a, b)),
    Sample("lu_solve: right", lambda torch, a, b: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b.mT, left=False),
           (a, several)),
    Sample("lu_solve: right, adjoint", lambda torch, a, b: torch.linalg.lu_solve(
        *torch.linalg.lu_factor(a), b.mT, left=False, adjoint=True), (stack, several)),
    Sample("eigh", symmetric(lambda torch, a: torch.linalg.eigh(a)[0]), (ps,)),
    Sample("eigh: vectors", symmetric(lambda torch, a: torch.linalg.eigh(a, "U")[1].abs()), (p,)),
    Sample("eigh: both", symmetric(lambda torch, a: (lambda l, v: (l, v.abs()))(*torch.linalg.eigh(a))), (ps,)),
    Sample("eigh: complex", of_complex(lambda torch, z: (lambda l, v: (l, v.abs()))(*torch.linalg.eigh(z @ z.mH))),
           pair),
    Sample("eigvalsh", symmetric(lambda torch, a: torch.linalg.eigvalsh(a)), (ps,)),
    Sample("eig", lambda torch, a: (lambda l, v: (l.real, v.abs()))(*torch.linalg.eig(a @ a.mT)), (a,)),
    Sample("eig: complex", of_complex(lambda torch, z: (lambda l, v: (l.real, l.imag, v.abs()))(*torch.linalg.eig(z))),
           pair, dtypes=("float64",)),
    Sample("eigvals", lambda torch, a: torch.linalg.eigvals(a).abs(), (stack,), dtypes=("float64",)),
    Sample("svd", svd_parts, (tall,)),
    Sample("svd: wide", svd_parts, (wide,)),
    Sample("svd: square", svd_parts, (stack,)),
    Sample("svd: reduced", lambda torch, a: svd_parts(torch, a, full_matrices=False), (wide,)),
    Sample("svd: complex", of_complex(svd_parts), (tall, normal(4, 3))),
    Sample("svd: complex, wide", of_complex(svd_parts), (wide, normal(3, 5))),
    Sample("svd: old", lambda torch, a: (lambda u, s, v: (u.abs(), s, v.abs()))(*torch.svd(a)), (tall,)),
    Sample("svd: values", lambda torch, a: a.svd(compute_uv=False)[1], (tall,)),
    Sample("svdvals", lambda torch, a: torch.linalg.svdvals(a), (stack,)),
    Sample("pinv", lambda torch, a: torch.linalg.pinv(a), (tall,)),
    Sample("pinv: wide", lambda torch, a: a.pinverse(), (wide,)),
    Sample("pinv: hermitian", symmetric(lambda torch, a: torch.linalg.pinv(a, hermitian=True)), (p,)),
    Sample("pinv: tolerances", lambda torch, a: torch.linalg.pinv(a, atol=0.1, rtol=torch.tensor(0.01)), (stack,)),
    Sample("pinv: complex", of_complex(lambda torch, z: torch.linalg.pinv(z)), (tall, normal(4, 3))),
    Sample("matrix_rank", lambda torch, a: torch.linalg.matrix_rank(a), (deficient,), order=0),
    Sample("lstsq", lambda torch, a, b: torch.linalg.lstsq(a, b).solution, (tall, normal(4, 2))),
    Sample("lstsq: wide", lambda torch, a, b: torch.linalg.lstsq(a, b)[0], (wide, b)),
    Sample("lstsq: vector", lambda torch, a, b: torch.linalg.lstsq(a, b)[0], (normal(2, 4, 3), normal(2, 4))),
    Sample("lstsq: residuals", lambda torch, a, b: torch.linalg.lstsq(a, b, driver="gels")[:2],
           (tall, normal(4, 2))),
    Sample("lstsq: gelsd", lambda torch, a, b: torch.linalg.lstsq(a, b, driver="gelsd"), (tall, normal(4, 2)), order=0),
    Sample("matrix_exp", lambda torch, a: torch.linalg.matrix_exp(a), (normal(2, 3, 3),)),
    Sample("matrix_exp: method", lambda torch, a: a.matrix_exp(), (normal(3, 3),)),
    Sample("matrix_exp: complex", of_complex(lambda torch, z: torch.matrix_exp(z)), (normal(2, 2), normal(2, 2))),
    Sample("matrix_power: 0", lambda torch, a: torch.matrix_power(a, 0), (a,), order=1),
    Sample("matrix_power: 1", lambda torch, a: torch.matrix_power(a, 1), (a,)),
    Sample("matrix_power: 3", lambda torch, a: a.matrix_power(3), (stack,)),
    Sample("matrix_power: 7", lambda torch, a: torch.linalg.matrix_power(a, 7), (normal(3, 3),)),
    Sample("matrix_power: -2", lambda torch, a: torch.linalg.matrix_power(a, -2), (a,)),
    Sample("cond", lambda torch, a: torch.linalg.cond(a), (tall,)),
    Sample("cond: -2", lambda torch, a: torch.linalg.cond(a, -2), (stack,)),
    Sample("cond: fro", lambda torch, a: torch.linalg.cond(a, "fro"), (stack,), order=0),
    Sample("cond: nuc", lambda torch, a: torch.linalg.cond(a, "nuc"), (stack,)),
    Sample("cond: 1", lambda torch, a: torch.linalg.cond(a, 1), (a,), order=0),
    Sample("nuclear_norm", quietly(lambda torch, a: torch.nuclear_norm(a, (0, 2), True)), (several,)),
    Sample("frobenius_norm", quietly(lambda torch, a: torch.frobenius_norm(a, (0, 2))), (several,)),
    Sample("vander", lambda torch, a: torch.linalg.vander(a), (v,)),
    Sample("vander: N", lambda torch, a: torch.linalg.vander(a, N=5), (b,)),
    Sample("torch.vander", lambda torch, a: torch.vander(a), (v,), order=0),
    Sample("torch.vander: increasing", lambda torch, a: torch.vander(a, 5, increasing=True), (v,), order=0),
    Sample("ldl_factor", symmetric(lambda torch, a: torch.linalg.ldl_factor(a)), (a,), order=0),
    Sample("ldl_solve", lambda torch, a, b: torch.linalg.ldl_solve(*torch.linalg.ldl_factor(a), b),
           (np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]]), b), order=0),
]  # fmt: skip
