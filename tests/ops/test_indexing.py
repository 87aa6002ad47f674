"""x[…] and x[…] = value: every form against NumPy, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.errors import OutOfRangeError

ARRAY = np.arange(24.0).reshape(2, 3, 4)
MASK = np.array([[True, False, True], [False, True, False]])

# Indices that mean the same to NumPy.
FORMS: list[Any] = [
    1,
    -2,
    (0, 1),
    (1, -1, 2),
    slice(None),
    slice(1, None),
    slice(5, 9),
    (slice(None), slice(0, 3, 2)),
    ...,
    (..., 1),
    (0, ..., slice(1, 3)),
    None,
    (None, 0, None),
    (),
    [1, 0, 1],
    np.array([-1, 0]),
    np.int64(1),
    (slice(None), [2, 0]),
    ([0, 1], [1, 2]),
    ([0, 1], slice(None), [1, 2]),
    (np.array([[0], [1]]), np.array([2, 0])),
    (..., np.array([3, 3, 0])),
    MASK,
    (MASK, slice(0, 2)),
    (MASK, 1),
    (slice(None), np.array([True, False, True])),
    ARRAY > 10,
    [],
    True,
    False,
]


def as_tensors(index: Any) -> Any:
    """The index with tensors in place of arrays."""
    if isinstance(index, tuple):
        return tuple(as_tensors(item) for item in index)
    return torch.from_numpy(index) if isinstance(index, np.ndarray) else index


@pytest.mark.parametrize("index", FORMS, ids=repr)
@pytest.mark.parametrize("convert", [lambda index: index, as_tensors], ids=["arrays", "tensors"])
def test_reading_gives_numpys_elements(index: Any, convert: Any) -> None:
    got = torch.from_numpy(ARRAY.copy())[convert(index)]
    np.testing.assert_array_equal(got.numpy(), ARRAY[index])
    assert got.numpy().shape == ARRAY[index].shape


@pytest.mark.parametrize("index", FORMS, ids=repr)
@pytest.mark.parametrize("recorded", [False, True])
def test_writing_changes_numpys_elements(index: Any, recorded: bool) -> None:
    expected = ARRAY.copy()
    expected[index] = -1
    x = torch.from_numpy(ARRAY.copy()).requires_grad_(recorded)
    y = x * 1
    before = y._version
    y[as_tensors(index)] = -1
    np.testing.assert_array_equal(y.detach().numpy(), expected)
    assert y._version == before + (index is not False)
    if recorded:
        y.sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), expected != -1)


@pytest.mark.parametrize("index", FORMS, ids=repr)
def test_an_assigned_value_receives_the_gradient_of_every_place_named(index: Any) -> None:
    value = torch.tensor(7.0, dtype=torch.float64, requires_grad=True)
    y = torch.from_numpy(ARRAY.copy())
    y[as_tensors(index)] = value
    assert y.requires_grad == (index is not False)
    if y.requires_grad:
        (y * 3).sum().backward()
        assert value.grad == 3 * np.size(ARRAY[index])


@pytest.mark.parametrize("index", [0, (0, 1), (slice(None), 1), None, slice(1, None), (0, 1, 2), ...])
def test_basic_indices_make_views(index: Any) -> None:
    x = torch.from_numpy(ARRAY.copy())
    x[index].zero_()
    expected = ARRAY.copy()
    expected[index] = 0
    np.testing.assert_array_equal(x.numpy(), expected)


@pytest.mark.parametrize("index", [[0, 1], np.array([0]), MASK, True, ([0], slice(None))])
def test_advanced_indices_make_copies(index: Any) -> None:
    x = torch.from_numpy(ARRAY.copy())
    x[as_tensors(index)].zero_()
    np.testing.assert_array_equal(x.numpy(), ARRAY)


def test_new_dimensions_have_the_strides_of_a_tensor_in_order() -> None:
    assert torch.from_numpy(ARRAY)[:, None].stride() == (12, 12, 4, 1)


def test_each_index_is_a_node_of_its_own() -> None:
    x = torch.from_numpy(ARRAY).requires_grad_()
    names, node = [], x[1:, None, ..., 0].grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    assert names == [
        "SelectBackward0",
        "UnsqueezeBackward0",
        "SliceBackward0",
        "torch::autograd::AccumulateGrad",
    ]


def test_gradients_of_elements_that_are_read_twice_add_up() -> None:
    x = torch.zeros(3, requires_grad=True)
    (x[torch.tensor([2, 0, 2])] * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [10, 0, 101]


def test_iteration_gives_views_of_one_node() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    w, b = x
    assert w.grad_fn is b.grad_fn
    assert (w.output_nr, b.output_nr) == (0, 1)
    (w * 3 + b).backward()
    assert x.grad.tolist() == [3, 1]


X = torch.arange(6.0).reshape(2, 3)
V = torch.arange(3.0)


@pytest.mark.parametrize(
    ("read", "kind", "says"),
    [
        (lambda: V[5], IndexError, "index 5 is out of bounds for dimension 0 with size 3"),
        (lambda: V[-4], IndexError, "index -4 is out of bounds for dimension 0 with size 3"),
        (lambda: X[0, 3], IndexError, "index 3 is out of bounds for dimension 1 with size 3"),
        (lambda: V[torch.tensor([5])], IndexError, "index 5 is out of bounds for dimension 0 with size 3"),
        (lambda: torch.tensor(1.0)[0], IndexError, "invalid index of a 0-dim tensor"),
        (lambda: torch.tensor(1.0)[:], IndexError, "slice() cannot be applied to a 0-dim tensor"),
        (lambda: X[0, 0, 0], IndexError, "too many indices for tensor of dimension 2"),
        (lambda: X[[0], [0], [0]], IndexError, "too many indices for tensor of dimension 2"),
        (lambda: X[1.5], IndexError, "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables"),
        (lambda: X[torch.tensor([1.0])], IndexError, "tensors used as indices must be long, int, byte or bool tensors"),
        (lambda: X["a"], TypeError, "new(): invalid data type 'str'"),
        (lambda: X[::-1], ValueError, "step must be greater than zero"),
        (lambda: X[::0], ValueError, "slice step cannot be zero"),
        (lambda: X[0.5:], TypeError, "slice indices must be integers or None or have an __index__ method"),
        (
            lambda: V[torch.tensor([True, False])],
            IndexError,
            "The shape of the mask [2] at index 0 does not match the shape of the indexed tensor [3] at index 0",
        ),
        (
            lambda: X[torch.tensor([0, 1]), torch.tensor([0, 1, 2])],
            IndexError,
            "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]",
        ),
        (lambda: X.__setitem__(0, [1, 2, 3]), TypeError, "can't assign a list to a torch.FloatTensor"),
        (lambda: X.__setitem__(0, torch.ones(2)), RuntimeError, "The expanded size of the tensor (3) must match"),
        (
            lambda: X.__setitem__([0], torch.ones(2)),
            RuntimeError,
            "shape mismatch: value tensor of shape [2] cannot be",
        ),
        (lambda: X.__setitem__([0], torch.arange(3)), RuntimeError, "Index put requires the source and destination"),
        (lambda: X.__setitem__(0, 1j), RuntimeError, "value cannot be converted to type float without overflow"),
        (lambda: X.__delitem__(0), TypeError, "Tensor does not support deleting items"),
    ],
)
@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
def test_what_cannot_be_indexed_is_refused_in_torchs_words(read: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind) as caught:
        read()
    assert str(caught.value).startswith(says)


def test_an_index_out_of_range_is_an_error_of_ours() -> None:
    with pytest.raises(OutOfRangeError, match="Valid are -3 to 2"):
        V[3]


def test_masks_of_uint8_are_taken_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="indexing with dtype torch.uint8 is now deprecated"):
        assert V[torch.tensor([1, 0, 1], dtype=torch.uint8)].tolist() == [0, 2]


def test_a_list_of_lists_stands_for_several_indices_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="Using a non-tuple sequence for multidimensional indexing"):
        assert X[[[0, 1], [1, 2]]].tolist() == [1, 5]


def test_the_elements_named_twice_receive_all_values_if_accumulated() -> None:
    x = torch.zeros(3)
    x.index_put_((torch.tensor([0, 0, 2]),), torch.tensor([1.0, 2.0, 4.0]), accumulate=True)
    assert x.tolist() == [3, 0, 4]
