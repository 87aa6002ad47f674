"""Reductions, scans and sorting: what cannot be said as a sample."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.ops.scans import linear_scan

X = torch.arange(6.0).reshape(2, 3)


# -- results -----------------------------------------------------------------------------------------------------------


def test_integers_and_bools_are_summed_as_int64() -> None:
    for dtype in (torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32):
        assert torch.ones(3, dtype=dtype).sum().dtype is torch.int64
        assert torch.ones(3, dtype=dtype).cumsum(0).dtype is torch.int64
        assert torch.ones(3, dtype=dtype).prod().dtype is torch.int64


def test_float16_is_accumulated_in_float32() -> None:
    assert torch.full((4096,), 1.0, dtype=torch.float16).sum().item() == 4096
    assert torch.full((4096,), 20.0, dtype=torch.float16).mean().item() == 20


def test_float32_sums_over_many_rows_keep_their_digits() -> None:
    rows = np.full((200_000, 2), 0.1, np.float32)
    assert torch.from_numpy(rows).sum(0)[0].item() == pytest.approx(rows[:, 0].astype(float).sum(), rel=3e-6)


def test_running_sums_of_float32_are_accumulated_in_float64() -> None:
    steps = np.full(100_000, 0.1, np.float32)
    expected = np.cumsum(steps.astype(np.float64)).astype(np.float32)
    assert (torch.from_numpy(steps).cumsum(0).numpy() == expected).all()


def test_several_results_come_as_a_named_tuple() -> None:
    found = X.max(1)
    values, indices = found
    assert found.values is values is found[0]
    assert found.indices is indices is found[1]
    assert repr(found) == "torch.return_types.max(\nvalues=tensor([2., 5.]),\nindices=tensor([2, 2]))"
    assert isinstance(found, torch.return_types.max)
    assert type(found).__module__ == "torch.return_types"


def test_a_named_tuple_has_as_many_fields_as_results() -> None:
    assert torch.return_types.sort.n_fields == 2
    with pytest.raises(TypeError, match="takes a 2-sequence"):
        torch.return_types.sort((X,))


def test_a_named_tuple_can_be_copied() -> None:
    copy = pickle.loads(pickle.dumps(X.sort(descending=True)))
    assert type(copy) is torch.return_types.sort
    assert copy.values.tolist() == [[2, 1, 0], [5, 4, 3]]


def test_the_median_of_an_even_number_is_the_lower_one() -> None:
    assert torch.tensor([4.0, 1.0, 3.0, 2.0]).median().item() == 2


def test_sorting_is_stable_in_both_directions() -> None:
    x = torch.tensor([2.0, 1.0, 2.0, 1.0])
    assert x.argsort().tolist() == [1, 3, 0, 2]
    assert x.argsort(descending=True).tolist() == [0, 2, 1, 3]


def test_nan_sorts_as_the_largest() -> None:
    x = torch.tensor([1.0, float("nan"), 3.0])
    assert x.argsort().tolist() == [0, 2, 1]
    assert x.argsort(descending=True).tolist() == [1, 2, 0]
    assert x.topk(1).indices.tolist() == [1]


def test_the_maximum_takes_three_forms() -> None:
    assert torch.max(X).item() == 5
    assert torch.max(X, 0).values.tolist() == [3, 4, 5]
    assert torch.max(X, 2 * torch.ones(3)).tolist() == [[2, 2, 2], [3, 4, 5]]
    assert torch.max(X, other=X).tolist() == X.tolist()


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 33])
def test_a_linear_scan_solves_its_recurrence(n: int, reverse: bool) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.standard_normal((2, n)), rng.standard_normal((2, n))
    expected = np.zeros((2, n))
    last = np.zeros(2)
    for i in reversed(range(n)) if reverse else range(n):
        last = expected[:, i] = b[:, i] + a[:, i] * last
    np.testing.assert_allclose(linear_scan.forward(a, b, 1, reverse), expected, rtol=1e-12, atol=1e-12)


# -- gradients where there is none -------------------------------------------------------------------------------------


def gradient(function: object, x: torch.Tensor) -> list[float]:
    leaf = x.clone().requires_grad_()
    (found,) = torch.autograd.grad(function(leaf), leaf)  # type: ignore[operator]
    return found.tolist()  # type: ignore[no-any-return]


def test_ties_share_the_gradient_of_a_full_reduction() -> None:
    ties = torch.tensor([1.0, 3.0, 3.0])
    for function in (lambda t: t.max(), lambda t: t.amax(), lambda t: t.amax(0), lambda t: t.aminmax().max):
        assert gradient(function, ties) == [0, 0.5, 0.5]


def test_the_first_of_several_maxima_along_a_dimension_gets_the_gradient() -> None:
    assert gradient(lambda t: t.max(0).values, torch.tensor([1.0, 3.0, 3.0])) == [0, 1, 0]


def test_the_gradient_of_a_norm_is_zero_at_zero() -> None:
    for p in (1, 1.5, 2, 3, float("inf")):
        assert gradient(lambda t, p=p: t.norm(p), torch.zeros(2)) == [0, 0]


def test_the_gradient_of_a_deviation_is_zero_where_it_is_zero() -> None:
    assert gradient(lambda t: t.std(), torch.ones(3)) == [0, 0, 0]


def test_products_with_zeros_have_gradients() -> None:
    assert gradient(lambda t: t.prod(), torch.tensor([2.0, 3.0, 0.0])) == [0, 0, 6]
    assert gradient(lambda t: t.prod(), torch.tensor([2.0, 0.0, 0.0])) == [0, 0, 0]
    assert gradient(lambda t: t.cumprod(0).sum(), torch.tensor([0.0, 2.0, 3.0])) == [9, 0, 0]


def test_distinct_elements_have_no_derivative() -> None:
    x = torch.tensor([1.0, 1.0], requires_grad=True)
    y = x.unique()
    assert y.grad_fn is not None and y.grad_fn.name() == "Unique2Backward0"
    with pytest.raises(NotImplementedError, match="the derivative for '_unique2' is not implemented"):
        y.sum().backward()


# -- writing -----------------------------------------------------------------------------------------------------------


def test_results_are_written_into_out() -> None:
    out = torch.empty(3)
    assert torch.sum(X, 0, out=out) is out
    assert out.tolist() == [3, 5, 7]
    values, indices = torch.empty(0), torch.empty(0, dtype=torch.int64)
    torch.max(X, 1, out=(values, indices))
    assert (values.tolist(), indices.tolist()) == ([2, 5], [2, 2])


def test_out_cannot_be_used_where_a_gradient_is_recorded() -> None:
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        torch.sum(X.clone().requires_grad_(), 0, out=torch.empty(3))


def test_out_of_another_type_is_refused() -> None:
    with pytest.raises(RuntimeError, match="Expected out tensor to have dtype long int, but got float instead"):
        torch.argmax(X, 0, out=torch.empty(0))


def test_running_results_can_be_written_in_place() -> None:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    assert y.cumsum_(0) is y
    assert y.grad_fn is not None and y.grad_fn.name() == "CumsumBackward0"
    y.cumprod_(0).sum().backward()
    assert x.grad is not None
    expected = gradient(lambda t: t.cumsum(0).cumprod(0).sum(), torch.tensor([1.0, 2.0, 3.0]))
    assert x.grad.tolist() == expected


def test_a_leaf_cannot_be_summed_in_place() -> None:
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        torch.ones(2, requires_grad=True).cumsum_(0)


def test_an_overwritten_input_is_noticed() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    z = y.logsumexp(0)
    y.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


def test_values_of_a_maximum_may_be_overwritten() -> None:
    x = X.clone().requires_grad_()
    values = x.max(1).values
    (values * 1).sum().backward()
    values.mul_(2).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[0, 0, 3], [0, 0, 3]]


# -- errors ------------------------------------------------------------------------------------------------------------


def test_the_mean_of_integers_is_refused_with_a_way_out() -> None:
    with pytest.raises(RuntimeError, match="could not infer output dtype. Input dtype must be") as caught:
        torch.arange(3).mean()
    assert "x.float().mean()" in str(caught.value)


def test_the_extremum_of_nothing_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"max\(\): Expected reduction dim to be specified for input.numel\(\) == 0"):
        torch.empty(0, 3).max()
    with pytest.raises(IndexError, match=r"amin\(\): Expected reduction dim 0 to have non-zero size"):
        torch.empty(0, 3).amin(0)
    with pytest.raises(IndexError, match=r"argmax\(\): Expected reduction dim to be specified"):
        torch.empty(0).argmax()


def test_a_dimension_that_is_not_there_is_refused() -> None:
    for name in ("sum", "mean", "max", "argmax", "var", "norm", "logsumexp", "cumsum", "sort", "median", "prod"):
        with pytest.raises(
            IndexError, match=r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 2"
        ):
            getattr(X, name)(dim=2)


def test_a_dimension_given_twice_is_refused() -> None:
    with pytest.raises(RuntimeError, match="dim 0 appears multiple times in the list of dims"):
        X.sum((0, -2))
    with pytest.raises(TypeError, match="both 'dim' and 'axis'"):
        torch.sum(X, 0, axis=0)


def test_a_second_dimension_is_not_taken_for_keepdim() -> None:
    for name in ("sum", "mean", "max", "amax", "all", "var", "prod"):
        with pytest.raises(TypeError, match=rf"{name}\(\): argument 'keepdim' must be bool"):
            getattr(torch, name)(X, dim=0, keepdim=1)


def test_what_is_not_a_tensor_is_refused() -> None:
    for name in ("sum", "mean", "max", "argmin", "any", "std", "sort", "cumsum", "norm", "unique", "median"):
        with pytest.raises(TypeError, match=r"must be Tensor, not list"):
            getattr(torch, name)([1.0, 2.0], 0)


def test_too_few_degrees_of_freedom_warn() -> None:
    with pytest.warns(UserWarning, match=r"std\(\): degrees of freedom is <= 0"):
        assert torch.ones(1).std().isnan()


def test_a_norm_does_not_narrow_its_input() -> None:
    with pytest.raises(RuntimeError, match="should be convertible without narrowing"):
        X.double().norm(dtype=torch.float32)
