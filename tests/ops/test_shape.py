"""Shapes: which calls give views, copies or the tensor itself, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.errors import ShapeError


def matrix() -> Any:
    return torch.arange(6.0).reshape(2, 3)


def test_reshape_is_a_view_where_the_strides_allow_it() -> None:
    x = matrix().requires_grad_()
    assert x.reshape(6).grad_fn.name() == "ViewBackward0"
    assert x[:, ::2].reshape(2, 1, 2).grad_fn.name() == "ReshapeAliasBackward0"
    assert x.t().reshape(6).grad_fn.name() == "UnsafeViewBackward0"


def test_contiguous_is_the_tensor_itself_where_it_can_be() -> None:
    x = matrix()
    assert x.contiguous() is x
    assert x.t().contiguous().stride() == (2, 1)
    assert x.flatten(1) is x
    assert torch.zeros(1, 2, 3, 4).contiguous(memory_format=torch.channels_last).stride() == (24, 1, 8, 2)


@pytest.mark.parametrize("sizes", [(3, 2), ((3, 2),), ([3, 2],), (torch.Size([3, 2]),), (3, -1), (np.int64(3), 2)])
@pytest.mark.parametrize("method", ["view", "reshape"])
def test_sizes_are_given_in_any_form(method: str, sizes: Any) -> None:
    assert getattr(matrix(), method)(*sizes).shape == (3, 2)


def test_sizes_are_given_by_name() -> None:
    x = matrix()
    assert x.view(size=(3, 2)).shape == x.reshape(shape=(3, 2)).shape == (3, 2)
    assert x.expand(size=(2, 2, 3)).shape == (2, 2, 3)
    assert x.permute(dims=(1, 0)).shape == (3, 2)


def test_a_tensor_seen_as_a_narrower_type_has_more_elements() -> None:
    assert torch.tensor([1.0]).view(torch.int32).item() == 0x3F800000
    assert matrix().view(torch.int16).shape == (2, 6)
    assert matrix()[:, :2].clone().view(torch.float64).shape == (2, 1)


def test_expand_repeats_without_copying() -> None:
    x = torch.tensor([[1.0], [2.0]])
    wide = x.expand(2, 3)
    assert wide.stride() == (1, 0)
    assert wide.data_ptr() == x.data_ptr()
    assert x[:, :].expand(4, -1, 3).stride() == (0, 1, 0)


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        (lambda x: x.squeeze(), (2, 3)),
        (lambda x: x.squeeze(0), (2, 1, 3)),
        (lambda x: x.squeeze(1), (1, 2, 1, 3)),
        (lambda x: x.squeeze((0, 2)), (2, 3)),
        (lambda x: x.squeeze(()), (1, 2, 1, 3)),
        (lambda x: x.unsqueeze(-1), (1, 2, 1, 3, 1)),
        (lambda x: x.flatten(1, 2), (1, 2, 3)),
        (lambda x: x.unflatten(3, (3, -1)), (1, 2, 1, 3, 1)),
        (lambda x: x.movedim((0, 1), (-1, 0)), (2, 1, 3, 1)),
        (lambda x: torch.atleast_1d(x[0, 0, 0, 0]), (1,)),
        (lambda x: torch.atleast_2d(x[0, 0, 0]), (1, 3)),
        (lambda x: torch.atleast_3d(x[0, 0, 0]), (1, 3, 1)),
        (lambda x: x.repeat(2, 1, 1, 1, 2), (2, 1, 2, 1, 6)),
        (lambda x: x.tile(2), (1, 2, 1, 6)),
    ],
)
def test_shapes_of_results(call: Callable[[Any], Any], shape: tuple[int, ...]) -> None:
    assert call(torch.zeros(1, 2, 1, 3)).shape == shape


def test_broadcast_shapes() -> None:
    assert torch.broadcast_shapes((2, 1), 3, (1, 1, 1)) == (1, 2, 3)
    with pytest.raises(RuntimeError, match="^Attempting to broadcast a dimension of length 2 at -1!"):
        torch.broadcast_shapes((3,), (2,))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: x.view(5), "shape '[5]' is invalid for input of size 6"),
        (lambda x: x.reshape(4, -1), "shape '[4, -1]' is invalid for input of size 6"),
        (lambda x: x.view(-1, -1), "only one dimension can be inferred"),
        (lambda x: x.view(-2, 3), "invalid shape dimension -2 at index 0 of shape [-2, 3]"),
        (lambda x: x.t().view(6), "view size is not compatible with input tensor's size and stride"),
        (lambda x: torch.zeros(0).view(-1, 0), "cannot reshape tensor of 0 elements into shape [-1, 0]"),
        (lambda x: x.expand(4, 3), "The expanded size of the tensor (4) must match the existing size (2)"),
        (lambda x: x.expand(3), "expand(torch.FloatTensor{[2, 3]}, size=[3]): the number of sizes provided (1)"),
        (lambda x: x.expand(-1, 2, 3), "The expanded size of the tensor (-1) isn't allowed in a leading"),
        (lambda x: x.unflatten(1, (2, 2)), "unflatten: Provided sizes [2, 2] don't multiply up to the size of dim 1"),
        (lambda x: torch.broadcast_tensors(x, x.t()), "The size of tensor a (3) must match the size of tensor b (2)"),
        (lambda x: torch.cat([x, x.t()]), "Sizes of tensors must match except in dimension 0. Expected size 3 but got"),
        (lambda x: torch.cat([x, x[0]]), "Tensors must have same number of dimensions: got 2 and 1"),
        (lambda x: torch.cat([x.sum()]), "zero-dimensional tensor (at position 0) cannot be concatenated"),
        (lambda x: torch.stack([x, x.t()]), "stack expects each tensor to be equal size, but got [2, 3] at entry 0"),
        (lambda x: x.split([1, 2]), "split_with_sizes expects split_sizes to sum exactly to 2"),
        (lambda x: x.masked_scatter(x > 1, x[0, :2]), "Number of elements of source < number of ones in mask"),
        (lambda x: x.gather(0, torch.tensor([0])), "Index tensor must have the same number of dimensions as input"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_in_torchs_words(call: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(ShapeError) as caught:
        call(matrix())
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.transpose(0, 2),
        lambda x: x.permute(0, 2),
        lambda x: x.squeeze(-3),
        lambda x: x.unsqueeze(4),
        lambda x: x.flatten(0, 2),
        lambda x: x.unbind(2),
        lambda x: torch.stack([x, x], -4),
        lambda x: torch.cat([x, x], -3),
    ],
)
def test_dimensions_that_are_not_there_are_refused(call: Callable[[Any], Any]) -> None:
    with pytest.raises(IndexError, match="^Dimension out of range"):
        call(matrix())


def test_the_transpose_of_more_or_less_than_a_matrix_warns() -> None:
    with pytest.warns(UserWarning, match="The use of `x.T` on tensors of dimension other than 2"):
        assert torch.zeros(2, 3, 4).T.shape == (4, 3, 2)


def test_rows_along_a_diagonal() -> None:
    x = torch.zeros(5, 2)
    assert x.fill_diagonal_(1, wrap=True).tolist() == [[1, 0], [0, 1], [0, 0], [1, 0], [0, 1]]
    assert torch.tril_indices(2, 3).tolist() == [[0, 1, 1], [0, 0, 1]]
    assert torch.triu_indices(2, 3, 1).tolist() == [[0, 0, 1], [1, 2, 2]]


def test_results_given_as_out() -> None:
    x = matrix()
    out = torch.empty(4, 3)
    assert torch.cat([x, x], out=out) is out
    assert out.tolist() == [*x.tolist(), *x.tolist()]
    with pytest.raises(RuntimeError, match="^unsupported operation: some elements of the input tensor"):
        torch.cat([out[:2], out[2:]], out=out)
    with pytest.raises(RuntimeError, match="^Expected out tensor to have dtype float, but got double"):
        torch.tril(x, out=torch.empty(2, 3, dtype=torch.float64))
