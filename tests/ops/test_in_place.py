"""In-place forms with a factor, in the plain case that takes no questions and in the others."""

from __future__ import annotations

from typing import Any

import pytest

import tapegrad as torch

FORMS = [
    (lambda x, a, b: x.add_(a, alpha=0.5), [2.0, 3.5]),
    (lambda x, a, b: x.sub_(a, alpha=2), [-3.0, -4.0]),
    (lambda x, a, b: x.addcmul_(a, b, value=0.5), [6.0, 2.0 + 0.5 * 3.0 * 2.0]),
    (lambda x, a, b: x.addcdiv_(a, b, value=2), [1.0 + 2 * 2.0 / 5.0, 2.0 + 2 * 3.0 / 2.0]),
]
NAMES = ["add_", "sub_", "addcmul_", "addcdiv_"]


def operands(dtype: Any) -> list[torch.Tensor]:
    return [torch.tensor(values, dtype=dtype) for values in ([1.0, 2.0], [2.0, 3.0], [5.0, 2.0])]


@pytest.mark.parametrize(("form", "expected"), FORMS, ids=NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_a_write_with_a_factor_counts_as_one(form: Any, expected: list[float], dtype: Any) -> None:
    x, a, b = operands(dtype)
    assert form(x, a, b) is x
    torch.testing.assert_close(x, torch.tensor(expected, dtype=dtype))
    assert x._version == 1


@pytest.mark.parametrize(("form", "expected"), FORMS, ids=NAMES)
def test_a_write_into_a_view_shows_in_its_base(form: Any, expected: list[float]) -> None:
    x, a, b = operands(torch.float64)
    base = torch.cat([x, x])
    form(base[2:], a, b)
    torch.testing.assert_close(base, torch.cat([x, torch.tensor(expected, dtype=torch.float64)]))
    assert base._version == 1


@pytest.mark.parametrize("form", [form for form, _ in FORMS], ids=NAMES)
def test_what_requires_a_gradient_is_recorded_or_refused(form: Any) -> None:
    x, a, b = operands(torch.float32)
    form(x, a.requires_grad_(), b)
    assert x.requires_grad
    leaf = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        form(leaf, b, b)
    with torch.no_grad():
        form(leaf, b, b)
    assert leaf._version == 1
    assert leaf.is_leaf


@pytest.mark.parametrize("form", [form for form, _ in FORMS], ids=NAMES)
def test_inference_tensors_and_other_shapes_are_refused(form: Any) -> None:
    with torch.inference_mode():
        inside = torch.ones(2)
    _, a, b = operands(torch.float32)
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside InferenceMode"):
        form(inside, a, b)
    assert inside.tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="output with shape"):
        form(torch.ones(1), a, b)


def test_a_size_is_that_of_one_dimension_or_an_error_that_names_it() -> None:
    x = torch.ones(2, 3)
    assert (x.size(0), x.size(-1), x.size()) == (2, 3, (2, 3))
    with pytest.raises(IndexError, match="Dimension out of range"):
        x.size(2)
    with pytest.raises(IndexError, match="Dimension specified as -1 but tensor has no dimensions"):
        torch.ones(()).size(-1)


def test_equal_compares_shapes_and_elements_of_any_types() -> None:
    x = torch.tensor([1.0, 2.0])
    assert torch.equal(x, x.clone())
    assert not torch.equal(x, torch.tensor([1.0, torch.nan]))
    assert not torch.equal(x, x[None])
    assert torch.equal(x.bfloat16(), x.bfloat16())


def test_inverting_masks_and_integers() -> None:
    assert (~torch.tensor([True, False])).tolist() == [False, True]
    assert (~torch.tensor(True)).item() is False
    assert (~torch.tensor([0, -2])).tolist() == [-1, 1]
