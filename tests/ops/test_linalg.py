"""torch.linalg: what samples do not show: singular matrices, errors, types, memory."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import tapegrad as torch

linalg = torch.linalg
SINGULAR = torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=torch.float64)
ONE_OF_TWO = torch.stack([torch.eye(2, dtype=torch.float64), SINGULAR])


# -- singular matrices -------------------------------------------------------------------------------------------------


def test_linalg_error_is_a_runtime_error() -> None:
    assert issubclass(linalg.LinAlgError, RuntimeError)
    assert torch._C._LinAlgError is linalg.LinAlgError
    assert repr(linalg.LinAlgError) == "<class 'torch._C._LinAlgError'>"


@pytest.mark.parametrize("function", [linalg.inv, lambda a: linalg.solve(a, a), lambda a: linalg.matrix_power(a, -1)])
def test_a_singular_matrix_has_no_inverse(function: Any) -> None:
    with pytest.raises(linalg.LinAlgError, match="singular"):
        function(SINGULAR)
    with pytest.raises(linalg.LinAlgError, match=r"\(Batch element 1\)"):
        function(ONE_OF_TWO)


def test_the_other_matrices_of_a_batch_are_inverted() -> None:
    inverse, info = linalg.inv_ex(ONE_OF_TWO)
    assert info.tolist() == [0, 2]
    assert inverse[0].tolist() == [[1, 0], [0, 1]]
    assert not inverse[1].isfinite().any()
    x, info = linalg.solve_ex(ONE_OF_TWO, torch.ones(2, 1, dtype=torch.float64))
    assert info.tolist() == [0, 2]
    assert x[0].tolist() == [[1], [1]]


@pytest.mark.parametrize("graph", [False, True])
def test_the_gradient_of_the_determinant_of_a_singular_matrix_is_its_adjugate(graph: bool) -> None:
    a = ONE_OF_TWO.clone().requires_grad_()
    (g,) = torch.autograd.grad(torch.det(a).sum(), a, create_graph=graph)
    np.testing.assert_allclose(g.detach().numpy(), [[[1, 0], [0, 1]], [[4, -2], [-2, 1]]], atol=1e-14)


def test_the_second_derivative_of_the_determinant_of_a_singular_matrix_is_constant() -> None:
    a = ONE_OF_TWO.clone().requires_grad_()
    (g,) = torch.autograd.grad(torch.det(a).sum(), a, create_graph=True)
    (second,) = torch.autograd.grad(g[:, 0, 0].sum(), a)  # of a[1, 1]
    np.testing.assert_allclose(second.numpy(), [[[0, 0], [0, 1]]] * 2, atol=1e-12)


def test_determinants_of_small_integers_are_exact() -> None:
    assert torch.tensor([[1.0, 2.0], [3.0, 4.0]]).det().item() == -2
    assert torch.tensor([[0.0, 1.0], [1.0, 0.0]]).det().item() == -1


def test_slogdet_of_a_singular_matrix() -> None:
    sign, logarithm = torch.slogdet(torch.zeros(2, 2))
    assert (sign.item(), logarithm.item()) == (0, -float("inf"))


def test_cholesky_names_the_minor_that_is_not_positive() -> None:
    with pytest.raises(linalg.LinAlgError, match="the leading minor of order 2 is not positive-definite"):
        linalg.cholesky(torch.diag(torch.tensor([1.0, -1.0, 1.0])))
    with pytest.raises(linalg.LinAlgError, match="the leading minor of order 1 is"):
        linalg.cholesky(torch.full((2, 2), float("nan")))
    assert linalg.cholesky_ex(torch.stack([torch.eye(2), -torch.eye(2)])).info.tolist() == [0, 1]


def test_a_matrix_that_is_not_finite_has_no_singular_values() -> None:
    with pytest.raises(linalg.LinAlgError, match="non-finite"):
        linalg.svd(torch.full((2, 2), float("nan")))
    with pytest.raises(linalg.LinAlgError, match=r"\(Batch element 1\)"):
        linalg.svdvals(torch.stack([torch.eye(2), torch.full((2, 2), float("nan"))]))


def test_eigenvalues_of_a_matrix_that_is_not_finite_are_nan_and_those_of_others_are_not() -> None:
    values = linalg.eigvalsh(torch.stack([torch.eye(2), torch.full((2, 2), float("nan"))]))
    assert values[0].tolist() == [1, 1]
    assert values[1].isnan().all()


# -- derivatives that torch lacks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [1, -1, float("inf"), "fro"])
def test_the_condition_number_has_a_gradient(p: Any) -> None:
    a = torch.tensor([[2.0, 1.0], [0.5, 3.0]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: linalg.cond(x, p), (a,))


def test_powers_of_numbers_have_a_gradient() -> None:
    a = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: torch.vander(x, 4), (a,))


def test_an_ldl_factorization_has_no_derivative() -> None:
    a = torch.eye(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="derivative for aten::linalg_ldl_factor_ex is not implemented"):
        linalg.ldl_factor(a).LD.sum().backward()


# -- factorizations multiply to what was factored ----------------------------------------------------------------------


def random(*shape: int, complex: bool = False) -> Any:
    rng = np.random.default_rng(0)
    a = rng.standard_normal(shape)
    return torch.from_numpy(a + 1j * rng.standard_normal(shape) if complex else a)


def close(x: Any, y: Any) -> bool:
    return bool(torch.allclose(x.resolve_conj(), y.resolve_conj(), atol=1e-10))


@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 3), (2, 2, 3, 5)])
def test_factors_multiply_to_the_matrix(shape: tuple[int, ...], complex: bool) -> None:
    a = random(*shape, complex=complex)
    q, r = linalg.qr(a)
    assert close(q @ r, a)
    q, r = linalg.qr(a, "complete")
    assert close(q @ r, a)
    assert close(q @ q.mH, torch.eye(shape[-2], dtype=a.dtype).expand(q.shape))
    p, lower, upper = linalg.lu(a)
    assert close(p @ lower @ upper, a)
    assert all(close(x, y) for x, y in zip(torch.lu_unpack(*linalg.lu_factor(a)), (p, lower, upper), strict=True))
    u, s, vh = linalg.svd(a, full_matrices=False)
    assert close((u * s[..., None, :]) @ vh, a)
    assert close(a @ linalg.pinv(a) @ a, a)
    packed, tau = torch.geqrf(a)
    assert close(packed.triu()[..., : min(shape[-2:]), :], linalg.qr(a).R)
    if shape[-2] >= shape[-1]:
        assert close(linalg.householder_product(packed, tau), linalg.qr(a).Q)
        assert close(torch.ormqr(packed, tau, a, transpose=True).tril(-1), torch.zeros(a.shape, dtype=a.dtype))


@pytest.mark.parametrize("hermitian", [False, True])
@pytest.mark.parametrize("complex", [False, True])
def test_ldl_solves_indefinite_systems(complex: bool, hermitian: bool) -> None:
    a = random(2, 6, 6, complex=complex)
    a = a + (a.mH if hermitian else a.mT)
    a.diagonal(0, -2, -1)[:, ::2] = 0  # so that there are pivots of two rows
    b = random(2, 6, 2, complex=complex)
    factors, pivots = linalg.ldl_factor(a, hermitian=hermitian)
    assert (pivots < 0).any()
    assert close(a @ linalg.ldl_solve(factors, pivots, b, hermitian=hermitian), b)


@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("left", [False, True])
def test_lu_solve_solves_all_four_equations(complex: bool, adjoint: bool, left: bool) -> None:
    a, b = random(2, 3, 3, complex=complex), random(3, 3, complex=complex)
    factors, pivots = linalg.lu_factor(a)
    x = linalg.lu_solve(factors, pivots, b, left=left, adjoint=adjoint)
    matrix = a.mH if adjoint else a
    assert close(matrix @ x if left else x @ matrix, b.expand(x.shape))


@pytest.mark.parametrize("driver", ["gels", "gelsy", "gelsd", "gelss"])
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 5, 3)])
def test_all_drivers_find_the_same_least_squares_solution(shape: tuple[int, ...], driver: str) -> None:
    a, b = random(*shape), random(*shape[:-1], 2)
    result = linalg.lstsq(a, b, driver=driver)
    assert close(result.solution, linalg.pinv(a) @ b)
    if driver != "gelsy" and shape[-2] > shape[-1]:
        assert close(result.residuals, ((a @ result.solution - b) ** 2).sum(-2))


# -- types and memory --------------------------------------------------------------------------------------------------


def test_results_keep_single_precision() -> None:
    a = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
    real = [linalg.inv(a), linalg.det(a), linalg.cholesky(a), *linalg.svd(a), *linalg.eigh(a), *linalg.qr(a)]
    real += [linalg.matrix_exp(a), linalg.pinv(a), linalg.solve(a, a), linalg.lu_factor(a).LU, linalg.cond(a)]
    assert {y.dtype for y in real} == {torch.float32}
    assert {y.dtype for y in linalg.eig(a)} == {torch.complex64}
    z = a.to(torch.complex64)
    assert linalg.eigvalsh(z).dtype is linalg.svdvals(z).dtype is linalg.slogdet(z).logabsdet.dtype is torch.float32


def test_results_lie_by_columns_in_memory() -> None:
    a = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
    assert linalg.inv(a).stride() == linalg.cholesky(a).stride() == linalg.qr(a).Q.stride() == (1, 2)


@pytest.mark.parametrize("function", [linalg.inv, linalg.cholesky, linalg.matrix_exp, linalg.det, linalg.qr, linalg.svd,
                                      linalg.eigh, linalg.eig, linalg.lu, linalg.pinv])  # fmt: skip
def test_operands_are_left_as_they_were(function: Any) -> None:
    a = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
    function(a)
    assert a.tolist() == [[2, 1], [1, 3]]


@pytest.mark.parametrize("name", ["eig", "lstsq", "solve", "symeig"])
def test_functions_that_torch_removed_say_what_to_write(name: str) -> None:
    for function in (getattr(torch, name), getattr(torch.ones(1, 1), name)):
        with pytest.raises(RuntimeError, match="now removed"):
            function()


def test_a_deprecated_form_warns_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.lu_solve(torch.ones(1, 1), *linalg.lu_factor(torch.ones(1, 1)))
        torch.lu_solve(torch.ones(1, 1), *linalg.lu_factor(torch.ones(1, 1)))
    assert len(caught) <= 1


def test_numpy_warns_of_nothing() -> None:
    bad = torch.tensor([[float("nan"), float("inf")], [0.0, 0.0]])
    zero = torch.zeros(2, 2)
    for a in (bad, zero):
        linalg.det(a), linalg.slogdet(a), torch.logdet(a), linalg.inv_ex(a), linalg.qr(a), linalg.lu(a)
        linalg.solve_triangular(a, a, upper=True), linalg.matrix_exp(a), linalg.cholesky_ex(a), linalg.solve_ex(a, a)
    linalg.cond(zero), linalg.pinv(zero), linalg.eig(zero), linalg.svd(zero)


def test_singular_matrices_give_infinite_gradients_without_warnings() -> None:
    a = SINGULAR.clone().requires_grad_()
    linalg.slogdet(a).logabsdet.backward()
    assert not a.grad.isfinite().any()


def test_named_results_and_out() -> None:
    a = torch.tensor([[2.0, 0.0], [0.0, 4.0]])
    out = torch.empty(0), torch.empty(0)
    result = linalg.qr(a, out=out)
    assert result.Q is out[0]
    assert str(type(result)) == "<class 'torch.return_types.linalg_qr'>"
    with pytest.raises(RuntimeError, match="Expected out tensor to have dtype float, but got long int instead"):
        linalg.inv(a, out=torch.empty(0, dtype=torch.int64))
    with pytest.raises(TypeError, match="expected tuple of 2 elements but got 1"):
        linalg.qr(a, out=out[:1])


# -- vmap --------------------------------------------------------------------------------------------------------------

MAPPED = {
    "det": linalg.det,
    "slogdet": lambda a: linalg.slogdet(a).logabsdet,
    "inv": linalg.inv,
    "solve": lambda a: linalg.solve(a, a.mT),
    "solve_triangular": lambda a: linalg.solve_triangular(a, a.mT, upper=True),
    "cholesky": lambda a: linalg.cholesky(a @ a.mT),
    "qr": lambda a: linalg.qr(a).R,
    "lu": lambda a: linalg.lu(a).U,
    "eigvalsh": lambda a: linalg.eigvalsh(a + a.mT),
    "svdvals": linalg.svdvals,
    "pinv": linalg.pinv,
    "matrix_exp": linalg.matrix_exp,
    "gradient": torch.func.grad(lambda a: linalg.slogdet(a).logabsdet),
}


@pytest.mark.parametrize("name", MAPPED)
def test_rows_are_computed_as_one_by_one(name: str) -> None:
    a = random(4, 3, 3) + 4 * torch.eye(3, dtype=torch.float64)
    assert close(torch.func.vmap(MAPPED[name])(a), torch.stack([MAPPED[name](x) for x in a]))
