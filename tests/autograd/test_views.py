"""Views and in-place writes: one memory, several tensors, one history."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.errors import InPlaceError, SavedTensorModifiedError

VIEWS: dict[str, Callable[[Any], Any]] = {
    "alias": lambda y: y[...],
    "as_strided": lambda y: y.as_strided((2, 2), (3, 1), 1),
    "diagonal": lambda y: y.diagonal(),
    "flatten": lambda y: y.flatten(),
    "integer": lambda y: y[1],
    "element": lambda y: y[1, 2],
    "None": lambda y: y[None],
    "slices": lambda y: y[:, ::2],
    "movedim": lambda y: y.movedim(0, 1),
    "narrow": lambda y: y.narrow(1, 1, 2),
    "permute": lambda y: y.permute(1, 0),
    "reshape": lambda y: y.reshape(3, 2),
    "squeeze": lambda y: y[:1].squeeze(),
    "T": lambda y: y.T,
    "transpose": lambda y: y.transpose(0, 1),
    "unbind": lambda y: y.tensor_split(2)[1],
    "unflatten": lambda y: y.unflatten(1, (3, 1)),
    "unfold": lambda y: y.unfold(1, 2, 2),
    "unsqueeze": lambda y: y.unsqueeze(1),
    "view": lambda y: y.view(-1),
}
views = pytest.mark.parametrize("make", VIEWS.values(), ids=list(VIEWS))


def matrix() -> tuple[Any, Any]:
    """A leaf, and a (2, 3) matrix computed from it that is not a view."""
    x = torch.arange(6.0).requires_grad_()
    return x, x.reshape(2, 3) * 1


def places(make: Callable[[Any], Any]) -> np.ndarray[Any, Any]:
    """Which of the six elements a view shows."""
    return np.asarray(make(torch.arange(6).reshape(2, 3)).numpy())


@views
def test_a_view_shares_memory_version_and_base(make: Callable[[Any], Any]) -> None:
    _, y = matrix()
    v = make(y)
    assert v._is_view()
    assert v._base is y
    y.detach().mul_(2)
    assert v._version == y._version == 1
    np.testing.assert_array_equal(v.detach().numpy(), 2 * places(make))


@views
def test_the_gradient_of_a_view_lies_where_its_elements_lie(make: Callable[[Any], Any]) -> None:
    x, y = matrix()
    make(y).sum().backward()
    expected = np.bincount(places(make).ravel(), minlength=6)
    np.testing.assert_array_equal(x.grad.numpy(), expected)


@views
def test_a_write_into_a_view_becomes_part_of_the_history_of_its_base(make: Callable[[Any], Any]) -> None:
    x, y = matrix()
    v = make(y)
    v.mul_(3)
    assert y.grad_fn.name() == "torch::autograd::CopySlices"
    assert v.grad_fn.name() == "AsStridedBackward0"
    y.sum().backward()
    expected = np.ones(6)
    expected[places(make)] = 3
    np.testing.assert_array_equal(x.grad.numpy(), expected)


@views
def test_a_view_follows_a_write_into_its_base(make: Callable[[Any], Any]) -> None:
    x, y = matrix()
    v = make(y)
    y.mul_(3)
    assert v.grad_fn.name() == "AsStridedBackward0"
    v.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 3 * np.bincount(places(make).ravel(), minlength=6))


@views
def test_a_write_can_be_differentiated_twice(make: Callable[[Any], Any]) -> None:
    x, y = matrix()
    v = make(y)
    v.mul_(x[1] + 1)
    (g,) = torch.autograd.grad((y * y).sum(), x, create_graph=True)
    (gg,) = torch.autograd.grad(g[1], x)
    inside = np.isin(np.arange(6), places(make))
    # the sum of x_i² (x_1 + 1)² over the elements inside, and of x_i² outside
    values = np.arange(6.0)
    others = (values**2)[inside & (values != 1)].sum()
    own = 12 * 1 + 12 * 1 + 2 if inside[1] else 2  # of x² (x + 1)² at 1
    expected = np.where(inside, 4 * values * 2, 0)
    expected[1] = own + 2 * others
    np.testing.assert_allclose(gg.numpy(), expected)


def test_a_write_of_a_recorded_value_makes_a_plain_base_require_a_gradient() -> None:
    x = torch.ones(3, requires_grad=True)
    plain = torch.zeros(2, 3)
    other = plain[0]
    plain[1] = x * 2
    assert plain.requires_grad
    assert other.requires_grad
    assert plain.grad_fn.next_functions[0] == (None, 0)
    plain.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.mul_(2),
        lambda x: x[0].mul_(2),
        lambda x: x.view(3, 2)[0].zero_(),
        lambda x: x.__setitem__(0, 1),
        lambda x: x.t_(),
        lambda x: x.unbind()[0].mul_(2),
    ],
)
def test_leaves_and_their_views_are_not_written_into(write: Callable[[Any], Any]) -> None:
    with pytest.raises(InPlaceError):
        write(torch.zeros(2, 3, requires_grad=True))


@pytest.mark.parametrize(
    ("parts", "node"),
    [
        (lambda y: y.unbind(), "Unbind"),
        (lambda y: y.split(1), "Split"),
        (lambda y: y.chunk(2), "Split"),
        (lambda y: y.split([1, 1]), "SplitWithSizes"),
    ],
)
def test_one_of_several_views_of_an_operation_is_not_written_into(parts: Callable[[Any], Any], node: str) -> None:
    _, y = matrix()
    with pytest.raises(InPlaceError, match=f"^Output 1 of {node} is a view and is being modified inplace"):
        parts(y)[1].add_(1)
    part = parts(y)[0]
    y.add_(1)
    with pytest.raises(InPlaceError, match="its base or another view of its base has been modified"):
        part * 2


def test_a_view_made_under_no_grad_is_written_into_only_there() -> None:
    _, y = matrix()
    with torch.no_grad():
        v = y[0]
        v.mul_(2)
    with pytest.raises(InPlaceError, match="^A view was created in no_grad mode and is being modified"):
        v.mul_(2)


def test_writes_into_parameters_under_no_grad_keep_them_leaves() -> None:
    w = torch.zeros(2, 3, requires_grad=True)
    with torch.no_grad():
        w[0] -= 1
        w[:, 1] = 5
        w[1].copy_(torch.ones(3))
    assert w.is_leaf
    assert w._version == 4  # of the first line, torch counts both the subtraction and the assignment
    assert w.tolist() == [[-1, 5, -1], [1, 1, 1]]


def test_a_saved_view_that_was_overwritten_is_an_error_with_both_versions() -> None:
    _, y = matrix()
    q = y[0] ** 2
    y[1].add_(1)
    with pytest.raises(SavedTensorModifiedError, match="is at version 1; expected version 0"):
        q.sum().backward()


def test_the_values_a_write_saved_are_given_up_after_a_backward_pass() -> None:
    x, y = matrix()
    y[0].mul_(x[:3])
    y.sum().backward()
    with pytest.raises(RuntimeError, match="^Trying to backward through the graph a second time"):
        y.sum().backward()


def test_writes_into_different_parts_add_up() -> None:
    x, y = matrix()
    y[0].mul_(2)
    y[1, 1:].mul_(5)
    y[:, 0].zero_()
    y.sum().backward()
    assert x.grad.tolist() == [0, 2, 2, 0, 5, 5]


def test_a_base_that_is_not_laid_out_in_order_takes_writes() -> None:
    x = torch.arange(6.0).requires_grad_()
    y = (x.reshape(2, 3) * 1).t().clone()
    assert y.stride() == (1, 3)
    y[1].mul_(4)
    (y * torch.arange(6.0).reshape(3, 2)).sum().backward()
    assert x.grad.tolist() == [0, 8, 4, 1, 12, 5]


def test_the_real_part_of_a_result_is_written_into() -> None:
    x = torch.ones(2, requires_grad=True)
    z = x * torch.tensor(1 + 1j)
    z.real.mul_(3)
    torch.view_as_real(z).sum().backward()
    assert z.tolist() == [3 + 1j, 3 + 1j]
    assert x.grad.tolist() == [4, 4]


def test_an_expanded_tensor_is_not_written_into() -> None:
    wide = torch.zeros(1).expand(3)
    with pytest.raises(RuntimeError, match="^unsupported operation: more than one element"):
        wide.add_(1)
    wide[1] = 4
    assert wide.tolist() == [4, 4, 4]


def test_a_shifted_copy_of_a_tensor_into_itself_is_refused() -> None:
    x = torch.arange(4.0)
    with pytest.raises(RuntimeError, match="^unsupported operation: some elements of the input tensor"):
        x[1:] = x[:-1]
    x[:] = x
    assert x.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("change", "shape", "node"),
    [
        (lambda y: y.t_(), (3, 2), "TBackward1"),
        (lambda y: y.transpose_(0, 1), (3, 2), "TransposeBackward1"),
        (lambda y: y.swapaxes_(0, 1), (3, 2), "TransposeBackward1"),
        (lambda y: y.squeeze_(), (2, 3), "SqueezeBackward3"),
        (lambda y: y.squeeze_(0), (2, 3), "SqueezeBackward4"),
        (lambda y: y.squeeze_((0, 1)), (2, 3), "SqueezeBackward5"),
        (lambda y: y.unsqueeze_(0), (1, 2, 3), "UnsqueezeBackward1"),
        (lambda y: y.as_strided_((2,), (3,)), (2,), "AsStridedBackward1"),
    ],
)
def test_a_tensor_takes_another_shape_in_place(change: Callable[[Any], Any], shape: Any, node: str) -> None:
    x, y = matrix()
    assert change(y) is y
    assert (tuple(y.shape), y.grad_fn.name(), y._version) == (shape, node, 1)
    y.mul_(2)
    y.sum().backward()
    assert set(x.grad.tolist()) <= {0, 2}
    assert x.grad.sum() == 2 * y.numel()


def test_a_retained_gradient_moves_to_the_new_history() -> None:
    _, y = matrix()
    v = y[0]
    y.retain_grad()
    v.mul_(2)
    y.sum().backward()
    assert y.grad.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_detached_tensors_share_the_version_and_are_no_views() -> None:
    _, y = matrix()
    d = y.detach()
    assert not d._is_view()
    d[0].mul_(2)
    assert y._version == 1
    assert y.data._version == 0


def test_a_view_as_another_type_has_no_history() -> None:
    _, y = matrix()
    bits = y.view(torch.int32)
    assert not bits.requires_grad
    bits.zero_()
    assert y.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_a_graph_with_writes_into_views_dies_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        x, y = matrix()
        y[0].mul_(x[:3])
        y[1] = y[0] * 2
        watched = weakref.ref(y.grad_fn)
        y.sum().backward()
        del y
        assert watched() is None
    finally:
        gc.enable()
