"""The public functions and methods: shapes, dtypes, ranges, history, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.random.sampling import dropout_mask

CREATE = [torch.rand, torch.randn]


@pytest.mark.parametrize("create", CREATE)
def test_a_shape_may_be_given_in_any_form(create) -> None:
    for args in ((2, 3), ((2, 3),), ([2, 3],), (torch.Size([2, 3]),), (np.int64(2), 3)):
        assert create(*args).shape == (2, 3)
    assert create(size=(2, 3)).shape == (2, 3)
    assert create(()).shape == ()
    assert create(0, 3).shape == (0, 3)


@pytest.mark.parametrize("create", CREATE)
def test_the_dtype_is_the_default_one_unless_given(create) -> None:
    assert create(2).dtype is torch.float32
    for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.complex64):
        assert create(20, dtype=dtype).dtype is dtype
    with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
        create(2, dtype=torch.int64)


@pytest.mark.parametrize("create", CREATE)
def test_a_result_may_be_asked_to_require_a_gradient(create) -> None:
    assert create(2, requires_grad=True).requires_grad
    assert not create(2).requires_grad


@pytest.mark.parametrize("create", CREATE)
def test_out_is_resized_filled_and_returned(create) -> None:
    out = torch.zeros(4)
    torch.manual_seed(0)
    assert create(2, 3, out=out) is out
    torch.manual_seed(0)
    assert out.tolist() == create(2, 3).tolist()


@pytest.mark.parametrize("create", CREATE)
@pytest.mark.parametrize("bad", [(), (2.0,), ("a",), (True,), (2, None), ([2.0],)])
def test_what_is_no_shape_is_a_type_error(create, bad: tuple) -> None:
    with pytest.raises(TypeError, match="size|invalid combination"):
        create(*bad)


def test_negative_dimensions_are_refused() -> None:
    with pytest.raises(RuntimeError, match=r"Trying to create tensor with negative dimension -3: \[2, -3\]"):
        torch.rand(2, -3)


def test_randint_draws_every_number_of_its_range_and_no_other() -> None:
    for dtype in (torch.int64, torch.uint8, torch.float32):
        assert set(torch.randint(-2 if dtype is not torch.uint8 else 0, 3, (300,), dtype=dtype).tolist()) == set(
            range(-2 if dtype is not torch.uint8 else 0, 3)
        )
    assert torch.randint(5, (3,)).dtype is torch.int64


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        ((5, 5, (2,)), RuntimeError, "expects 'from' to be less than 'to', but got from=5 >= to=5"),
        ((5, 3), TypeError, r"argument 'size' \(position 2\) must be tuple of ints, not int"),
        ((2.5, (3,)), TypeError, r"argument 'high' \(position 1\) must be int, not float"),
        ((5,), TypeError, r"invalid combination of arguments - got \(int\)"),
        ((0, 2**63, (2,)), ValueError, "Overflow when unpacking long long"),
    ],
)
def test_randint_refuses(args: tuple, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        torch.randint(*args)


def test_bounds_beyond_a_dtype_are_refused() -> None:
    with pytest.raises(RuntimeError, match="to - 1 is out of bounds for unsigned char"):
        torch.randint(0, 257, (2,), dtype=torch.uint8)
    with pytest.warns(UserWarning, match="to - 1 is out of bounds"):
        torch.randint(0, 2**25, (2,), dtype=torch.float32)


def test_randperm_checks_that_its_dtype_holds_all_numbers() -> None:
    assert sorted(torch.randperm(256, dtype=torch.uint8).tolist()) == list(range(256))
    with pytest.raises(RuntimeError, match="value cannot be converted to type uint8_t without overflow"):
        torch.randperm(257, dtype=torch.uint8)
    with pytest.raises(RuntimeError, match="n cannot be greater than 2049 for Half type"):
        torch.randperm(2050, dtype=torch.float16)
    with pytest.raises(RuntimeError, match="negative dimension"):
        torch.randperm(-1)


@pytest.mark.parametrize("like", [torch.rand_like, torch.randn_like, lambda t, **k: torch.randint_like(t, 9, **k)])
def test_like_functions_take_shape_dtype_and_strides(like) -> None:
    t = torch.from_numpy(np.zeros((3, 20)).T)
    made = like(t)
    assert (made.shape, made.dtype, made.stride()) == (t.shape, t.dtype, t.stride())
    assert like(t, dtype=torch.float32).dtype is torch.float32
    assert like(t, memory_format=torch.contiguous_format).stride() == (3, 1)
    assert like(t, requires_grad=True).requires_grad


def test_normal_adds_means_and_multiplies_deviations() -> None:
    torch.manual_seed(1)
    z = torch.randn(2, 20)
    mean, std = torch.arange(20.0), torch.full((2, 20), 0.5)
    torch.manual_seed(1)
    both = torch.normal(mean, std)
    np.testing.assert_array_equal(both.numpy(), z.numpy() * np.float32(0.5) + mean.numpy())
    assert torch.normal(mean).shape == (20,)
    assert torch.normal(0.0, std).shape == (2, 20)
    assert torch.normal(0.0, 1.0, (4, 5)).shape == (4, 5)


def test_normal_refuses_negative_deviations() -> None:
    with pytest.raises(RuntimeError, match="normal expects std >= 0.0, but found std -1.5"):
        torch.normal(torch.zeros(2), -1.5)
    with pytest.raises(RuntimeError, match="normal expects all elements of std >= 0.0"):
        torch.normal(0.0, torch.tensor([1.0, -1.0]))


def test_bernoulli_is_certain_at_zero_and_one() -> None:
    p = torch.tensor([0.0, 1.0] * 50)
    assert torch.bernoulli(p).tolist() == p.tolist()
    assert torch.bernoulli(p.double()).tolist() == p.tolist()
    with pytest.raises(RuntimeError, match="Expected p_in >= 0 && p_in <= 1 to be true, but got false"):
        torch.bernoulli(torch.tensor([1.5]))


@pytest.mark.parametrize(
    "overwrite",
    [
        lambda t: t.uniform_(),
        lambda t: t.normal_(),
        lambda t: t.random_(),
        lambda t: t.random_(1, 5),
        lambda t: t.bernoulli_(0.5),
        lambda t: t.bernoulli_(torch.full((3,), 0.5)),
        lambda t: t.exponential_(),
        lambda t: t.geometric_(0.5),
        lambda t: t.log_normal_(),
        lambda t: t.cauchy_(),
    ],
)
def test_overwriting(overwrite) -> None:
    """returns the tensor, counts as a write, leaves no gradient to what was there, and is refused on leaves."""
    t = torch.zeros(3)
    assert overwrite(t) is t
    assert t._version == 1
    leaf = torch.ones(3, requires_grad=True)
    y = leaf * 2
    overwrite(y)
    y.sum().backward()
    assert leaf.grad.tolist() == [0, 0, 0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        overwrite(leaf)
    with torch.no_grad():
        assert overwrite(leaf).requires_grad


def test_overwriting_elements_that_share_memory_is_refused() -> None:
    wide = torch.from_numpy(np.lib.stride_tricks.as_strided(np.zeros(3, np.float32), (2, 3), (0, 4)))
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor refers to a single memory"):
        wide.uniform_()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.uniform_(2, 1), "uniform_ expects to return a [from, to) range, but found from=2 > to=1"),
        (lambda t: t.uniform_(0, 1e39), "to is out of bounds for float"),
        (lambda t: t.normal_(0, -1), "normal expects std >= 0.0, but found std -1"),
        (lambda t: t.exponential_(0), "exponential_ expects lambda > 0.0, but found lambda=0"),
        (lambda t: t.geometric_(1.5), "geometric_ expects p to be in (0, 1), but got p=1.5"),
        (lambda t: t.log_normal_(1, 0), "log_normal_ expects std > 0.0, but found std=0"),
        (lambda t: t.cauchy_(0, -1.5), "cauchy_ expects sigma > 0.0, but found sigma=-1.5"),
        (lambda t: t.bernoulli_(2), "bernoulli_ expects p to be in [0, 1], but got p=2"),
        (lambda t: t.random_(5, 2), "random_ expects 'from' to be less than 'to', but got from=5 >= to=2"),
    ],
)
def test_parameters_outside_of_their_range_are_refused(call, message: str) -> None:
    t = torch.zeros(3)
    with pytest.raises(RuntimeError) as caught:
        call(t)
    assert str(caught.value).startswith(message)
    assert t.tolist() == [0, 0, 0]


def test_from_is_a_keyword_argument() -> None:
    t = torch.zeros(50).uniform_(**{"from": 3.0, "to": 4.0})
    assert 3 <= min(t.tolist()) <= max(t.tolist()) < 4
    assert set(torch.zeros(50).random_(**{"from": 3, "to": 5}).tolist()) == {3, 4}


def test_empty_tensors_draw_nothing() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state().tolist()
    empty = torch.zeros(0)
    for call in (torch.rand, torch.randn):
        assert call(0).shape == (0,)
    empty.uniform_().normal_().exponential_().random_().bernoulli_(0.5)
    torch.bernoulli(empty), torch.poisson(empty), torch.randperm(0), torch.randint(5, (0,))
    assert torch.get_rng_state().tolist() == before


def test_a_generator_argument_must_be_a_generator() -> None:
    for call in (
        lambda: torch.rand(2, generator=5),
        lambda: torch.zeros(2).uniform_(generator=5),
        lambda: torch.poisson(torch.ones(2), generator=5),
        lambda: torch.multinomial(torch.ones(2), 1, generator=5),
    ):
        with pytest.raises(TypeError, match="generator"):
            call()


def test_dropout_masks_have_the_layout_of_the_input_and_its_share_of_zeros() -> None:
    array = np.ones((100, 300), np.float32).T
    torch.manual_seed(0)
    mask = dropout_mask(array, array.shape, 0.25)
    assert (mask.dtype, mask.shape, mask.strides) == (array.dtype, array.shape, array.strides)
    assert set(np.unique(mask)) == {0.0, 1.0}
    assert abs(mask.mean() - 0.75) < 0.02


def test_poisson_and_binomial_refuse_a_derivative_or_have_none() -> None:
    rate = torch.full((3,), 2.0, requires_grad=True)
    torch.poisson(rate).sum().backward()
    assert rate.grad.tolist() == [0, 0, 0]
    with pytest.raises(RuntimeError, match="derivative for aten::binomial is not implemented"):
        torch.binomial(rate, rate / 4).sum().backward()
