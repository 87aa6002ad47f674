"""torch.linalg in both libraries: values, types, named results, `out=`, errors, gradients where they are peculiar."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

from .exact import table
from .expressions import compare, first_sentence


def names(torch: Any) -> dict[str, Any]:
    """What expressions are about: small matrices of every kind, and one stack of which the second is singular."""
    a = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
    return {
        "torch": torch,
        "linalg": torch.linalg,
        "inf": float("inf"),
        "a": a,
        "v": torch.tensor([1.0, 2.0]),
        "zero": torch.zeros(2, 2),
        "wide": torch.ones(2, 3),
        "whole": torch.ones(2, 2, dtype=torch.int64),
        "nan": torch.full((2, 2), float("nan")),
        "half": a.half(),
        "z": a.to(torch.complex64),
        "d": a.double(),
        "stack": torch.stack([a, torch.zeros(2, 2)]),
        "pivots": torch.tensor([1, 2], dtype=torch.int32),
        "f64": torch.float64,
        "i64": torch.int64,
        "new": lambda dtype=torch.float32: torch.empty(0, dtype=dtype),
    }


def evaluate(lib: Any, expression: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return eval(expression, names(lib))
        except Exception as error:
            return error


@pytest.mark.parametrize("expression", table("linalg"))
def test_expression_agrees_with_torch(expression: str) -> None:
    expected, got = evaluate(real, expression), evaluate(ours, expression)
    assert not isinstance(expected, (NameError, SyntaxError)), expected
    if isinstance(expected, Exception) and type(expected).__module__ == "torch._C":
        assert type(got).__name__ == type(expected).__name__
        assert str(got).startswith(first_sentence(str(expected)))
        return
    compare(expected, got)


def run_forward(lib: Any, call: Any, arrays: list[np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
    """The tangents of a call's results, for fixed tangents of its operands."""
    rng = np.random.default_rng(11)
    forward = lib.autograd.forward_ad
    with forward.dual_level():
        duals = [
            forward.make_dual(lib.from_numpy(a.copy()), lib.from_numpy(rng.standard_normal(a.shape))) for a in arrays
        ]
        results = call(lib, *duals)
        results = results if isinstance(results, (tuple, list)) else [results]
        tangents = [forward.unpack_dual(y).tangent for y in results]
        return [np.zeros(()) if t is None else t.detach().resolve_conj().numpy().copy() for t in tangents]


SQUARE = np.random.default_rng(0).standard_normal((2, 3, 3)) + 4 * np.eye(3)
TALL = np.random.default_rng(1).standard_normal((4, 3))
RIGHT = np.random.default_rng(2).standard_normal((2, 3, 2))
SYMMETRIC = SQUARE @ SQUARE.swapaxes(-1, -2)

FORWARD = {
    "solve": (lambda torch, a, b: torch.linalg.solve(a, b), [SQUARE, RIGHT]),
    "inv": (lambda torch, a: torch.linalg.inv(a), [SQUARE]),
    "det": (lambda torch, a: torch.linalg.det(a), [SQUARE]),
    "slogdet": (lambda torch, a: torch.linalg.slogdet(a).logabsdet, [SQUARE]),
    "cholesky": (lambda torch, a: torch.linalg.cholesky((a + a.mT) / 2), [SYMMETRIC]),
    "cholesky_solve": (lambda torch, a, b: torch.cholesky_solve(b, a.tril()), [SQUARE, RIGHT]),
    "solve_triangular": (lambda torch, a, b: torch.linalg.solve_triangular(a, b, upper=True), [SQUARE, RIGHT]),
    "qr": (lambda torch, a: tuple(torch.linalg.qr(a)), [TALL]),
    "lu": (lambda torch, a: torch.linalg.lu(a)[1:], [SQUARE]),
    "lu_solve": (lambda torch, a, b: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b), [SQUARE, RIGHT]),
    "eigvalsh": (lambda torch, a: torch.linalg.eigvalsh((a + a.mT) / 2), [SYMMETRIC]),
    "svdvals": (lambda torch, a: torch.linalg.svdvals(a), [TALL]),
    "pinv": (lambda torch, a: torch.linalg.pinv(a), [TALL]),
    "lstsq": (lambda torch, a, b: torch.linalg.lstsq(a, b).solution, [SQUARE, RIGHT]),
    "matrix_exp": (lambda torch, a: torch.linalg.matrix_exp(a / 5), [SQUARE]),
    "householder_product": (lambda torch, a: torch.linalg.householder_product(a, a[0].sin()), [TALL]),
}


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch's own, when forward mode begins
@pytest.mark.parametrize("name", FORWARD)
def test_tangents_agree_with_torch(name: str) -> None:
    call, arrays = FORWARD[name]
    expected, got = run_forward(real, call, arrays), run_forward(ours, call, arrays)
    for e, g in zip(expected, got, strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-9, atol=1e-11)


def factored(lib: Any, a: np.ndarray[Any, Any]) -> list[tuple[int, ...]]:
    """The strides of results."""
    x = lib.from_numpy(a)
    results = [lib.linalg.inv(x), *lib.linalg.qr(x), lib.linalg.cholesky(x @ x.mT), lib.linalg.solve(x, x)]
    results += [*lib.linalg.svd(x), *lib.linalg.eigh(x + x.mT), *lib.linalg.lu_factor(x), *lib.linalg.eig(x)]
    results += [*lib.linalg.lu(x), lib.linalg.pinv(x), lib.linalg.matrix_exp(x), *lib.geqrf(x)]
    return [tuple(y.stride()) for y in results]


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3)])
def test_results_lie_in_memory_as_those_of_torch(shape: tuple[int, ...]) -> None:
    a = np.random.default_rng(3).standard_normal(shape) + 3 * np.eye(3)
    assert factored(ours, a) == factored(real, a)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("shape", [(3, 2), (4, 3), (5, 3), (6, 4), (6, 5), (8, 6), (9, 4), (12, 8), (4, 4), (4, 6)])
def test_singular_vectors_have_the_signs_of_those_of_torch(shape: tuple[int, int], full: bool) -> None:
    a = np.random.default_rng(4).standard_normal((5, *shape))
    for e, g in zip(real.linalg.svd(real.from_numpy(a), full), ours.linalg.svd(ours.from_numpy(a), full), strict=True):
        np.testing.assert_allclose(g.numpy(), e.numpy(), atol=1e-9)


def adjoint_of_phases(lib: Any, function: str) -> None:
    z = lib.tensor([[1 + 1j, 2.0], [0.5j, 3.0]], dtype=lib.complex128, requires_grad=True)
    results = getattr(lib.linalg, function)(z @ z.mH if function == "eigh" else z)
    results[1 if function.startswith("eig") else 0].imag.sum().backward()


@pytest.mark.parametrize("function", ["eigh", "eig", "svd"])
def test_a_gradient_that_depends_on_phases_is_refused(function: str) -> None:
    with pytest.raises(RuntimeError) as expected:
        adjoint_of_phases(real, function)
    with pytest.raises(RuntimeError) as got:
        adjoint_of_phases(ours, function)
    assert str(got.value).startswith(first_sentence(str(expected.value)))


def no_gradient(lib: Any, name: str) -> None:
    x = lib.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]], dtype=lib.float64, requires_grad=True)
    calls = {
        "geqrf": lambda: lib.geqrf(x)[0],
        "ldl_factor": lambda: lib.linalg.ldl_factor(x[:2]).LD,
        "ldl_solve": lambda: lib.linalg.ldl_solve(*lib.linalg.ldl_factor(x[:2].detach()), x[:2]),
        "qr r": lambda: lib.linalg.qr(x, "r").R,
        "qr complete": lambda: lib.linalg.qr(x, "complete").R,
    }
    y = calls[name]()
    assert y.requires_grad
    y.sum().backward()


@pytest.mark.parametrize("name", ["geqrf", "ldl_factor", "ldl_solve", "qr r", "qr complete"])
def test_where_torch_has_no_derivative_the_error_is_the_same(name: str) -> None:
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever torch raises
        no_gradient(real, name)
    with pytest.raises(type(expected.value)) as got:
        no_gradient(ours, name)
    assert str(got.value).startswith(first_sentence(str(expected.value)))


def low_rank(lib: Any) -> list[Any]:
    lib.manual_seed(3)
    a = lib.arange(24.0, dtype=lib.float64).reshape(6, 4).sin()
    results = []
    for made in (
        lib.svd_lowrank(a, 2),
        lib.svd_lowrank(a.mT, 2, niter=0),
        lib.svd_lowrank(a, 2, M=a.mean(0)),
        lib.pca_lowrank(a),
        lib.pca_lowrank(a, 3, center=False),
    ):
        u, s, v = made
        results += [(u * s) @ v.mT, s]
    return [y.numpy() for y in results]


def test_random_projections_are_those_of_torch() -> None:
    for e, g in zip(low_rank(real), low_rank(ours), strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-9, atol=1e-9)
