"""copy, deepcopy and pickle."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import tapegrad as torch


def test_deepcopy_takes_gradient_attributes_and_strides_along() -> None:
    x = torch.ones(2, 3).t().requires_grad_()
    x.grad = torch.full((3, 2), 2.0)
    x.note = [1]
    y = copy.deepcopy(x)
    assert y.requires_grad and y.is_leaf and y.stride() == x.stride() and y.data_ptr() != x.data_ptr()
    assert y.grad.tolist() == x.grad.tolist() and y.grad is not x.grad
    assert y.note == [1] and y.note is not x.note


def test_tensors_that_shared_memory_share_it_after_a_deepcopy() -> None:
    base = torch.arange(6.0)
    part = base[2:4]
    base_copy, part_copy, again = copy.deepcopy([base, part, base])
    part_copy.zero_()
    assert base_copy.tolist() == [0, 1, 0, 0, 4, 5] and base.tolist() == [0, 1, 2, 3, 4, 5]
    assert again is base_copy and part_copy.storage_offset() == 2


def test_only_leaves_can_be_deepcopied() -> None:
    y = torch.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user .graph leaves. support the"):
        copy.deepcopy(y)
    assert copy.deepcopy(y.detach()).tolist() == [2, 2]


def test_copy_shares_memory_but_not_the_gradient() -> None:
    x = torch.ones(2, requires_grad=True)
    x.grad = torch.ones(2)
    y = copy.copy(x)
    assert y is not x and y.data_ptr() == x.data_ptr() and y.requires_grad and y.grad is None


def test_parameter_copies_are_parameters() -> None:
    p = torch.nn.Parameter(torch.ones(2))
    for made in (copy.copy(p), copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert type(made) is torch.nn.Parameter and made.requires_grad and made.tolist() == [1, 1]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.complex128, torch.bool, torch.int8])
def test_pickle_brings_tensors_back(protocol: int, dtype: torch.dtype) -> None:
    t = torch.arange(6).reshape(2, 3).to(dtype).t()[1:]
    made = pickle.loads(pickle.dumps(t, protocol))
    assert made.tolist() == t.tolist() and made.dtype is dtype
    assert (made.stride(), made.storage_offset()) == (t.stride(), t.storage_offset())
    made.zero_()


def test_pickle_keeps_requires_grad_and_attributes() -> None:
    x = torch.ones(2, requires_grad=True)
    x.note = "kept"
    made = pickle.loads(pickle.dumps(x))
    assert made.requires_grad and made.note == "kept" and made.grad is None
    assert pickle.loads(pickle.dumps(x * 2)).is_leaf


def test_pickle_leaves_hooks_behind_with_a_warning() -> None:
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda g: g)
    with pytest.warns(UserWarning, match="backward hook .* on tensor will not be serialized"):
        pickle.dumps(x)


@pytest.mark.parametrize(
    "value",
    [
        torch.float32, torch.bool, torch.complex32, torch.device("cuda:1"), torch.Size([2, 3]), torch.strided,
        torch.channels_last,
    ],
)  # fmt: skip
def test_what_describes_tensors_can_be_pickled_and_copied(value: object) -> None:
    for made in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert made == value and repr(made) == repr(value) and type(made) is type(value)


def test_types_stay_the_same_objects() -> None:
    assert pickle.loads(pickle.dumps(torch.bool)) is torch.bool
    assert copy.deepcopy({"dtype": torch.float64})["dtype"] is torch.float64


def test_subclasses_are_restored() -> None:
    class Marked(torch.Tensor):
        pass

    class Made(torch.Tensor):
        def new_empty(self, *args: Any, **kwargs: Any) -> torch.Tensor:
            return super().new_empty(*args, **kwargs).as_subclass(Made)

    assert type(copy.copy(torch.ones(2).as_subclass(Marked))) is Marked
    assert type(copy.deepcopy(torch.ones(2).as_subclass(Made))) is Made
    with pytest.raises(RuntimeError, match=r"only works for subclass types that implement new_empty\(\)"):
        copy.deepcopy(torch.ones(2).as_subclass(Marked))
