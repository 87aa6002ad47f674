"""Conversion, copies and writes of whole tensors: what the samples do not show."""

from __future__ import annotations

import numpy as np
import pytest

import tapegrad as torch


@pytest.fixture
def x() -> torch.Tensor:
    return torch.ones(2, 3, requires_grad=True)


def test_to_returns_the_tensor_itself_where_nothing_changes() -> None:
    z = torch.zeros(2)
    assert z.to(torch.float32) is z and z.float() is z and z.to("cpu") is z and z.cpu() is z and z.to(z) is z
    assert z.to(torch.float32, copy=True) is not z


def test_every_form_of_to_is_understood() -> None:
    z, cpu = torch.zeros(2), torch.device("cpu")
    forms = [
        z.to(torch.float64), z.to(dtype=torch.float64), z.to(cpu, torch.float64),
        z.to("cpu", torch.float64, True, True),
        z.to(torch.zeros(1, dtype=torch.float64)), z.to(device=cpu, dtype=torch.float64), z.to(float), z.double(),
        z.to(torch.float64, non_blocking=True), z.type(torch.float64), z.type("torch.DoubleTensor"),
        z.type(torch.DoubleTensor), z.type_as(torch.zeros(1).double()),
    ]  # fmt: skip
    assert all(t.dtype is torch.float64 for t in forms)


@pytest.mark.parametrize("arguments", [((torch.float32, torch.float64), {}), ((), {"foo": 3}), ((), {"dtype": "f"})])
def test_other_forms_of_to_are_refused(arguments: tuple[tuple[object, ...], dict[str, object]]) -> None:
    with pytest.raises(TypeError, match=r"^to\(\) received an invalid combination of arguments"):
        torch.zeros(1).to(*arguments[0], **arguments[1])


def test_conversion_is_recorded_only_towards_types_that_have_gradients(x: torch.Tensor) -> None:
    assert x.double().grad_fn.name() == "ToCopyBackward0"
    assert not x.long().requires_grad and not x.bool().requires_grad


def test_gradient_of_a_conversion_has_the_type_of_the_input(x: torch.Tensor) -> None:
    (x.double() * 3).sum().backward()
    assert x.grad.dtype is torch.float32 and x.grad.tolist() == [[3, 3, 3]] * 2


def test_conversions_that_lose_something_are_silent() -> None:
    assert torch.tensor([1e39], dtype=torch.float64).float().tolist() == [float("inf")]
    assert torch.tensor([300.7, -1.5]).to(torch.int16).tolist() == [300, -1]
    assert torch.tensor([float("nan"), 1e20]).long().tolist() == [-(2**63), -(2**63)]
    assert torch.tensor([7e4]).half().tolist() == [float("inf")]


def test_clone_keeps_the_order_of_dimensions_unless_told() -> None:
    source = torch.zeros(2, 3).t()
    assert source.clone().stride() == (1, 3)
    assert source.clone(memory_format=torch.contiguous_format).stride() == (2, 1)
    assert torch.zeros(3).expand(2, 3).clone().stride() == (3, 1)


def test_zero_keeps_the_memory_and_counts_as_a_write() -> None:
    w = torch.ones(2)
    array = w.numpy()
    assert w.zero_() is w
    assert array.tolist() == [0, 0] and w._version == 1


def test_writes_into_computed_tensors_are_recorded_under_torchs_names(x: torch.Tensor) -> None:
    assert (x * 2).zero_().grad_fn.name() == "ZeroBackward0"
    assert (x * 2).fill_(1).grad_fn.name() == "FillBackward2"
    assert (x * 2).fill_(x.sum()).grad_fn.name() == "FillBackward3"
    assert (x * 2).copy_(x).grad_fn.name() == "torch::autograd::CopyBackwards"
    assert torch.fill(x, 1).grad_fn.name() == "FillBackward0"
    assert torch.fill(x, x.sum()).grad_fn.name() == "FillBackward1"


def test_write_into_a_view_rewrites_the_history_of_the_base(x: torch.Tensor) -> None:
    y = x * 2
    y[0].fill_(7)
    assert y.grad_fn.name() == "torch::autograd::CopySlices"
    y.sum().backward()
    assert x.grad.tolist() == [[0, 0, 0], [2, 2, 2]]


@pytest.mark.parametrize("write", [lambda t: t.zero_(), lambda t: t.fill_(1), lambda t: t.copy_(torch.ones(2, 3))])
def test_leaves_that_require_a_gradient_cannot_be_overwritten(x: torch.Tensor, write: object) -> None:
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        write(x)  # type: ignore[operator]
    with torch.no_grad():
        write(x)  # type: ignore[operator]
    assert x._version == 1


def test_overwriting_a_value_that_is_needed_later_is_noticed(x: torch.Tensor) -> None:
    y = x * 2
    z = y * y
    y.zero_()
    with pytest.raises(RuntimeError, match="one of the variables needed for gradient computation has been modified"):
        z.sum().backward()


def test_copy_broadcasts_converts_and_refuses_what_does_not_fit() -> None:
    z = torch.zeros(2, 3, dtype=torch.int64)
    assert z.copy_(torch.tensor([1.7, 2.2, -3.9])).tolist() == [[1, 2, -3]] * 2
    with pytest.raises(RuntimeError, match=r"The size of tensor a \(3\) must match the size of tensor b \(4\)"):
        z.copy_(torch.ones(4))
    with pytest.raises(RuntimeError, match=r"output with shape \[2, 3\] doesn't match the broadcast shape \[1, 2, 3\]"):
        z.copy_(torch.ones(1, 2, 3))
    with pytest.raises(TypeError, match=r"copy_\(\): argument 'other' \(position 1\) must be Tensor, not list"):
        z.copy_([1])


def test_expanded_tensors_can_be_filled_but_not_copied_into() -> None:
    z = torch.zeros(3)
    z.expand(2, 3).fill_(4)
    assert z.tolist() == [4, 4, 4]
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor refers to a single memory"):
        z.expand(2, 3).copy_(torch.ones(2, 3))


def test_numbers_out_of_range_are_not_filled_in() -> None:
    with pytest.raises(RuntimeError, match="value cannot be converted to type uint8_t without overflow"):
        torch.zeros(2, dtype=torch.uint8).fill_(300)
    with pytest.raises(RuntimeError, match="fill_ only supports 0-dimension value tensor but got tensor with 1 dim"):
        torch.zeros(2).fill_(torch.ones(2))


def test_detach_cuts_in_place_but_for_views(x: torch.Tensor) -> None:
    y = x * 2
    assert y.detach_() is y and y.is_leaf and not y.requires_grad
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        (x * 2)[0].detach_()


def test_membership_and_reversal() -> None:
    t = torch.tensor([[1, 2], [3, 4]])
    assert 3 in t and 5 not in t and torch.tensor([3, 4]) in t
    assert reversed(t).tolist() == [[3, 4], [1, 2]]
    with pytest.raises(RuntimeError, match="Tensor.__contains__ only supports Tensor or scalar"):
        assert "a" in t


def test_subclass_shares_memory_and_history(x: torch.Tensor) -> None:
    class Special(torch.Tensor):
        pass

    y = (x * 2).as_subclass(Special)
    assert type(y) is Special and y.grad_fn.name() == "AliasBackward0"
    assert type(Special([1, 2])) is Special
    with pytest.raises(TypeError, match="Creating a Tensor subclass from a class that does not inherit from Tensor"):
        x.as_subclass(int)


def test_numpy_functions_take_tensors_and_give_tensors() -> None:
    t = torch.tensor([1.0, 4.0])
    root = np.sqrt(t)
    assert isinstance(root, torch.Tensor) and root.tolist() == [1, 2]
    assert np.asarray(t) is not t and np.shares_memory(np.asarray(t), t.numpy())
    assert isinstance(t + np.ones(2), torch.Tensor) and (t + np.ones(2)).tolist() == [2, 5]
    with pytest.raises(RuntimeError, match="Can't call numpy.. on Tensor that requires grad"):
        np.exp(torch.ones(2, requires_grad=True))


def test_python_loops_over_elements() -> None:
    t = torch.tensor([1.0, 2.0])
    assert t.apply_(lambda v: 10 * v).tolist() == [10, 20]
    assert t.map_(torch.tensor([1.0, 2.0]), lambda p, q: p + q).tolist() == [11, 22]
    with pytest.raises(RuntimeError, match=r"Can't call apply_\(\) on Variable that requires grad"):
        torch.ones(1, requires_grad=True).apply_(abs)
