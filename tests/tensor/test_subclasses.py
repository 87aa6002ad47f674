"""Subclasses of Tensor: what has their type, what is copied, and what parameters of them are."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import tapegrad as torch


class Length(torch.Tensor):
    """A subclass that adds nothing."""


class Weight(torch.nn.Parameter):
    """A subclass of Parameter, which like it is asked about nothing."""


def lengths(*values: float) -> Any:
    return torch.tensor(values).as_subclass(Length)


def test_results_have_the_type_of_the_subclass() -> None:
    x = lengths(1.0, 2.0)
    for y in (x + 1, 1 - x, x.sum(), torch.exp(x), x[0], x.detach(), torch.stack([x, x]), torch.ones(2) * x):
        assert type(y) is Length


def test_results_of_several_tensors_are_converted_one_by_one() -> None:
    result = torch.max(lengths(1.0, 2.0), 0)
    assert type(result.values) is Length and type(result.indices) is Length
    assert type(result) is torch.return_types.max


def test_lists_of_results_stay_lists() -> None:
    from tapegrad.tensor.subclass import convert

    assert [type(t) for t in convert([torch.ones(1), 2], Length)] == [Length, int]


def test_sizes_and_numbers_are_left_alone() -> None:
    x = lengths(1.0, 2.0)
    assert type(x.shape) is torch.Size and type(x.sum().item()) is float and type(x.dtype) is torch.dtype


def test_a_plain_operand_on_the_left_gives_way() -> None:
    assert type(torch.ones(2) + lengths(1.0, 2.0)) is Length
    assert type(torch.ones(2).add(lengths(1.0, 2.0))) is Length


def test_plain_tensors_stay_plain() -> None:
    lengths(1.0)
    assert type(torch.ones(2) + torch.ones(2)) is torch.Tensor
    assert type(torch.ones(2).sum()) is torch.Tensor


def test_writing_in_place_returns_the_same_object() -> None:
    x = lengths(1.0, 2.0)
    y = x.mul_(2)
    x += 1
    assert y is x and x.tolist() == [3.0, 5.0]


def test_gradients_are_plain_tensors() -> None:
    x = lengths(1.0, 2.0).requires_grad_()
    (x * x).sum().backward()
    assert type(x.grad) is torch.Tensor and x.grad.tolist() == [2.0, 4.0]


def test_gradients_flow_through_the_change_of_type() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * 2).as_subclass(Length).pow(2).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [8.0, 16.0]


def test_the_name_is_printed() -> None:
    assert repr(lengths(1.0, 2.0)) == "Length([1., 2.])"
    assert repr(lengths(1.0).requires_grad_() * 2) == "Length([2.], grad_fn=<AliasBackward0>)"


def test_the_constructor_makes_instances() -> None:
    assert type(Length([1.0])) is Length and Length(2, 3).shape == (2, 3)


def test_as_subclass_shares_memory() -> None:
    x = torch.zeros(2)
    x.as_subclass(Length)[0] = 3
    assert x.tolist() == [3.0, 0.0]


@pytest.mark.parametrize("cls", [int, object])
def test_only_subclasses_of_tensor_are_taken(cls: Any) -> None:
    with pytest.raises(TypeError, match="a class that does not inherit from Tensor is not possible"):
        torch.ones(1).as_subclass(cls)


def test_what_is_no_class_is_refused() -> None:
    with pytest.raises(TypeError, match=r"cls must be a type \(got int\)"):
        torch.ones(1).as_subclass(3)


def test_attributes_are_copied_and_pickled() -> None:
    x = lengths(1.0, 2.0)
    x.unit = "m"
    for y in (copy.copy(x), pickle.loads(pickle.dumps(x))):
        assert type(y) is Length and y.unit == "m" and y.tolist() == [1.0, 2.0]


def test_a_deep_copy_asks_for_new_empty() -> None:
    with pytest.raises(RuntimeError, match=r"implement new_empty\(\)"):
        copy.deepcopy(lengths(1.0))
    with pytest.raises(RuntimeError, match=r"implement clone\(\)"):
        copy.deepcopy(lengths())


def test_a_parameter_of_an_instance_stays_an_instance() -> None:
    p = torch.nn.Parameter(lengths(1.0))
    assert type(p) is Length and isinstance(p, torch.nn.Parameter) and p.requires_grad
    assert repr(p) == "Parameter(Length([1.], requires_grad=True))"
    assert not isinstance(lengths(1.0), torch.nn.Parameter)


def test_subclasses_of_parameter_give_plain_results() -> None:
    w = Weight(torch.ones(2))
    assert type(w * 2) is torch.Tensor and type(w) is Weight and isinstance(w, torch.nn.Parameter)
    assert type(copy.deepcopy(w)) is Weight


def test_a_parameter_of_one_of_these_is_refused() -> None:
    with pytest.raises(RuntimeError, match="requires that detach\\(\\) returns an instance of the same type"):
        torch.nn.Parameter(Weight(torch.ones(2)))


def test_a_wrapper_has_a_shape_and_no_elements_of_its_own() -> None:
    class Wrapper(torch.Tensor):
        __torch_dispatch__ = None

    x = torch.Tensor._make_wrapper_subclass(Wrapper, (1000, 1000), dtype=torch.float64, requires_grad=True)
    assert x.shape == (1000, 1000) and x.requires_grad and x.untyped_storage().nbytes() < 100
    with pytest.raises(TypeError, match="Length must define __torch_dispatch__"):
        torch.Tensor._make_wrapper_subclass(Length, (2,))


def test_each_method_is_an_object_of_its_own() -> None:
    functions = [
        f for name, f in vars(torch.Tensor).items() if callable(f) and name not in ("__neg__", "__pos__", "__abs__")
    ]
    assert len({id(f) for f in functions}) == len(functions)
    assert torch.Tensor.add is not torch.add
    assert torch.Tensor.clip.__name__ == "clip" and torch.Tensor.__pow__.__name__ == "pow"


def test_attributes_that_are_constant_are_read_only() -> None:
    with pytest.raises(AttributeError):
        torch.ones(1).is_cuda = True
    assert torch.ones(1).is_cpu and not torch.ones(1).is_sparse
