"""Constants, ranges, and tensors like another."""

from __future__ import annotations

import numpy as np
import pytest

import tapegrad as torch


@pytest.mark.parametrize("make", [torch.zeros, torch.ones, torch.empty])
def test_shape_may_be_given_in_three_ways(make: object) -> None:
    for t in (make(2, 3), make((2, 3)), make(size=(2, 3)), make(torch.Size([2, 3])), make([2, 3])):  # type: ignore[operator]
        assert t.shape == (2, 3)
        assert t.dtype is torch.float32


def test_out_takes_shape_and_values_and_counts_as_a_write() -> None:
    out = torch.ones(2)
    result = torch.zeros(3, out=out)
    assert result is out
    assert out.tolist() == [0, 0, 0]
    assert out._version == 1


def test_out_of_another_type_than_asked_for_is_refused() -> None:
    with pytest.raises(RuntimeError, match="dtype Double does not match dtype of out parameter .Float."):
        torch.full((2,), 1.0, out=torch.empty(2), dtype=torch.float64)


@pytest.mark.parametrize("make", [torch.zeros, torch.ones, torch.arange])
def test_integers_cannot_require_a_gradient(make: object) -> None:
    with pytest.raises(RuntimeError, match="Only Tensors of floating point and complex dtype can require gradients"):
        make(2, dtype=torch.int64, requires_grad=True)  # type: ignore[operator]


def test_devices_other_than_the_cpu_are_refused_by_name() -> None:
    assert torch.zeros(1, device="cpu:0").device == torch.device("cpu")
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        torch.zeros(1, device="cuda")
    with pytest.raises(NotImplementedError, match="tapegrad has no device 'meta'"):
        torch.zeros(1, device="meta")
    with pytest.raises(NotImplementedError, match="tapegrad has no torch.sparse_coo tensors"):
        torch.zeros(1, layout=torch.sparse_coo)


def test_what_does_not_fit_into_memory_is_an_error_of_torchs_kind() -> None:
    with pytest.raises(RuntimeError, match="can't allocate memory: you tried to allocate 4000000000000000 bytes"):
        torch.zeros(10**15)
    with pytest.raises(RuntimeError, match="Storage size calculation overflowed"):
        torch.zeros(2**62, 2**62)


def test_full_takes_the_type_of_its_number_and_checks_its_range() -> None:
    assert [torch.full((1,), v).dtype for v in (True, 2, 2.5, 2j)] == [
        torch.bool, torch.int64, torch.float32, torch.complex64,
    ]  # fmt: skip
    with pytest.raises(RuntimeError, match="value cannot be converted to type uint8_t without overflow"):
        torch.full((2,), 256, dtype=torch.uint8)
    assert torch.full((2,), -1, dtype=torch.uint8).tolist() == [255, 255]


@pytest.mark.parametrize("like", [torch.zeros_like, torch.ones_like, torch.empty_like])
def test_likes_keep_the_order_of_dimensions_in_memory(like: object) -> None:
    source = torch.zeros(2, 3, 4).permute(2, 0, 1)
    assert like(source).stride() == (1, 12, 4)  # type: ignore[operator]
    assert like(source, memory_format=torch.contiguous_format).stride() == (6, 3, 1)  # type: ignore[operator]
    assert like(torch.zeros(2, 1, 4).expand(2, 3, 4)).stride() == (12, 4, 1)  # type: ignore[operator]
    assert like(torch.zeros(2, 3, 4, 5), memory_format=torch.channels_last).stride() == (60, 1, 15, 3)  # type: ignore[operator]


def test_new_methods_take_type_from_the_tensor_unless_told() -> None:
    x = torch.tensor([1, 2])
    assert [t.dtype for t in (x.new_zeros(2), x.new_ones((2,)), x.new_full((2,), 3.7), x.new_tensor([2.5]))] == (
        [torch.int64] * 4
    )
    assert x.new_full((2,), 3.7).tolist() == [3, 3]
    assert x.new_zeros(2, dtype=torch.float64, requires_grad=True).requires_grad
    assert x.new_empty_strided((2, 3), (1, 2)).stride() == (1, 2)


def test_arange_counts_in_integers_exactly_and_wraps_in_narrow_types() -> None:
    assert torch.arange(2**60, 2**60 + 3).tolist() == [2**60, 2**60 + 1, 2**60 + 2]
    assert torch.arange(254, 258, dtype=torch.uint8).tolist() == [254, 255, 0, 1]


def test_arange_in_float32_is_computed_in_vectors_as_torch_computes_it() -> None:
    """The last bits differ from both start + step·i and a running sum."""
    found = torch.arange(-4, 3, 0.1).numpy()
    direct = (-4 + 0.1 * np.arange(70)).astype(np.float32)
    assert found.shape == (70,)
    assert not np.array_equal(found, direct)
    assert np.allclose(found, direct, rtol=1e-6, atol=1e-6)
    assert found[40] == np.float32(2.220446e-16)


def test_linspace_ends_exactly_where_it_should() -> None:
    for n in (2, 3, 7, 64, 1001):
        t = torch.linspace(0.1, 0.7, n)
        assert t[0].item() == np.float32(0.1) and t[-1].item() == np.float32(0.7)
    assert torch.linspace(0, 10, 5, dtype=torch.int64).tolist() == [0, 2, 5, 7, 10]
    assert torch.linspace(3, 9, 1).tolist() == [3] and torch.linspace(3, 9, 0).tolist() == []


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: torch.arange(0, 5, -1), RuntimeError, "upper bound and lower bound inconsistent with step sign"),
        (lambda: torch.arange(0, 5, 0), RuntimeError, "step must be nonzero"),
        (lambda: torch.arange(0, 5, 0.5, dtype=torch.int64), ValueError, "step must be nonzero"),
        (lambda: torch.arange(float("nan")), RuntimeError, "unsupported range: 0 -> nan"),
        (lambda: torch.arange("a"), TypeError, "arange(): argument 'end' (position 1) must be Number, not str"),
        (lambda: torch.arange(5, step=2), TypeError, "arange() received an invalid combination of arguments"),
        (lambda: torch.arange(3, dtype=torch.bool), NotImplementedError, "\"arange_cpu\" not implemented for 'Bool'"),
        (lambda: torch.linspace(0, 1, -1), RuntimeError, "number of steps must be non-negative"),
        (lambda: torch.eye(-1), RuntimeError, "n must be greater or equal to 0, got -1"),
        (lambda: torch.zeros(-1), RuntimeError, "zeros: Dimension size must be non-negative."),
        (lambda: torch.zeros(2.0), TypeError, "zeros(): argument 'size' (position 1) must be tuple of ints, not float"),
        (lambda: torch.zeros(), TypeError, 'zeros() missing 1 required positional arguments: "size"'),
        (
            lambda: torch.full((2,), "a"),
            TypeError,
            "full(): argument 'fill_value' (position 2) must be Number, not str",
        ),
        (lambda: torch.zeros_like([1]), TypeError, "zeros_like(): argument 'input' (position 1) must be Tensor, not"),
    ],
)
def test_wrong_calls_are_refused_in_torchs_words(call: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error) as caught:
        call()  # type: ignore[operator]
    assert str(caught.value).startswith(says)
