"""Gathering, scattering and masks against plain loops; dtypes, in-place forms, what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapegrad as torch

RNG = np.random.default_rng(0)
SHAPES = [((4,), (6,), 0), ((3, 4), (5, 4), 0), ((3, 4), (2, 6), 1), ((2, 3, 4), (2, 5, 3), 1)]


def case(shape: tuple[int, ...], places: tuple[int, ...], dim: int) -> tuple[Any, Any, Any]:
    """An array, values and an index into it along a dimension."""
    index = RNG.integers(0, shape[dim], places)
    return RNG.standard_normal(shape), RNG.standard_normal(places), index


def walk(index: Any, dim: int) -> Any:
    """Each place of an index with the place in the other tensor that it stands for."""
    for at in itertools.product(*map(range, index.shape)):
        yield at, (*at[:dim], index[at], *at[dim + 1 :])


@pytest.mark.parametrize(("shape", "places", "dim"), SHAPES)
def test_gather_reads_along_a_dimension(shape: Any, places: Any, dim: int) -> None:
    x, _, index = case(shape, places, dim)
    expected = np.empty(places)
    for at, there in walk(index, dim):
        expected[at] = x[there]
    got = torch.gather(torch.from_numpy(x), dim, torch.from_numpy(index))
    np.testing.assert_array_equal(got.numpy(), expected)


REDUCE: dict[str, Callable[[Any], float]] = {
    "sum": np.sum,
    "prod": np.prod,
    "mean": np.mean,
    "amax": np.max,
    "amin": np.min,
}


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("reduce", REDUCE)
@pytest.mark.parametrize(("shape", "places", "dim"), SHAPES)
def test_scatter_reduce_combines_what_meets(shape: Any, places: Any, dim: int, reduce: str, own: bool) -> None:
    x, values, index = case(shape, places, dim)
    met: dict[Any, list[float]] = {}
    for at, there in walk(index, dim):
        met.setdefault(there, [x[there]] if own else []).append(values[at])
    expected = x.copy()
    for there, numbers in met.items():
        expected[there] = REDUCE[reduce](numbers)
    args = (dim, torch.from_numpy(index), torch.from_numpy(values), reduce)
    got = torch.from_numpy(x).scatter_reduce(*args, include_self=own)
    np.testing.assert_allclose(got.numpy(), expected)
    in_place = torch.from_numpy(x.copy())
    assert in_place.scatter_reduce_(*args, include_self=own) is in_place
    np.testing.assert_array_equal(in_place.numpy(), got.numpy())


def test_scatter_puts_values_and_numbers() -> None:
    x, index = torch.zeros(2, 3), torch.tensor([[2, 0]])
    assert x.scatter(1, index, torch.tensor([[5.0, 6.0]])).tolist() == [[6, 0, 5], [0, 0, 0]]
    assert x.scatter(1, index, value=7).tolist() == [[7, 0, 7], [0, 0, 0]]
    assert x.scatter_(1, index, 1, reduce="add").scatter_(1, index, 3, reduce="multiply").tolist()[0] == [3, 0, 3]


def test_scatter_with_a_reduction_has_no_derivative() -> None:
    x = torch.zeros(3, requires_grad=True)
    y = x.scatter(0, torch.tensor([0]), 2.0, reduce="add")
    with pytest.raises(RuntimeError, match="^derivative for aten::scatter is not implemented"):
        y.sum().backward()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "int32", "bool", "complex64"])
def test_dtypes_are_kept(dtype: str) -> None:
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0]]).to(getattr(torch, dtype))
    index = torch.tensor([1, 0, 1])
    results = [
        x[index],
        x[x != 0],
        x.index_select(0, index),
        x.index_add(0, index, x[index]),
        x.gather(0, index[:2][None]),
        x.scatter_add(0, index[:2][None], x),
        x.masked_fill(x != 0, 0),
        x.take(index),
        torch.cat([x, x]),
        torch.stack([x, x]),
        x.expand(2, 2, 2),
        x.flip(0),
        x.tril(),
    ]
    assert {r.dtype for r in results} == {x.dtype}
    assert results[3].tolist() == ([[1, 0], [1, 1]] if dtype == "bool" else [[2, 0], [3, 3]])


def test_indices_of_32_bits_are_taken() -> None:
    index = torch.tensor([1, 0], dtype=torch.int32)
    x = torch.tensor([1.0, 2.0])
    assert x[index].tolist() == x.gather(0, index).tolist() == x.index_select(0, index).tolist() == [2, 1]


X = torch.arange(6.0).reshape(2, 3)
I = torch.tensor([[0, 1, 0]])


@pytest.mark.parametrize(
    ("call", "kind", "says"),
    [
        (lambda: X.gather(0, I + 2), RuntimeError, "index 2 is out of bounds for dimension 0 with size 2"),
        (lambda: X.gather(0, I - 1), RuntimeError, "index -1 is out of bounds for dimension 0 with size 2"),
        (lambda: X.gather(0, I.float()), RuntimeError, "gather(): Expected dtype int32/int64 for index"),
        (lambda: X.scatter(0, I, X.long()), RuntimeError, "scatter(): Expected self.dtype to be equal to src.dtype"),
        (lambda: X.scatter_reduce(0, I, X, "max"), RuntimeError, "reduce argument must be either sum, prod, mean,"),
        (lambda: X.index_select(0, torch.tensor([2])), IndexError, "index out of range in self"),
        (lambda: X.index_select(0, I), IndexError, "index_select(): Index is supposed to be a vector"),
        (lambda: X.index_add(0, I[0, :1], X), RuntimeError, "index_add_(): Number of indices (1) should be equal to"),
        (lambda: X.take(torch.tensor([6])), IndexError, "out of range: tried to access index 6 on a tensor of 6"),
        (lambda: X.masked_fill(X.long(), 0), RuntimeError, "masked_fill_ only supports boolean masks, but got mask"),
        (lambda: X.masked_fill(X > 0, X[0]), RuntimeError, "masked_fill_ only supports a 0-dimensional value tensor"),
        (
            lambda: X[0].clone().masked_fill_(X > 0, 0),
            RuntimeError,
            "output with shape [3] doesn't match the broadcast",
        ),
        (lambda: X.long().masked_fill(X > 0, 1j), RuntimeError, "value cannot be converted to type int64_t without"),
        (lambda: X.select_scatter(X, 0, 0), RuntimeError, "expected src to have a size equal to the slice of self."),
    ],
)
def test_what_does_not_fit_is_refused_in_torchs_words(call: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value).startswith(says)


def test_nonzero_gives_rows_or_a_tuple() -> None:
    x = torch.tensor([[0, 3], [4, 0]])
    assert torch.nonzero(x).tolist() == torch.argwhere(x).tolist() == [[0, 1], [1, 0]]
    assert [i.tolist() for i in x.nonzero(as_tuple=True)] == [[0, 1], [1, 0]]
    assert torch.tensor(1.0).nonzero().shape == (1, 0)
    assert torch.nonzero_static(x, size=3).tolist() == [[0, 1], [1, 0], [-1, -1]]


def test_parts_share_memory_and_copies_do_not() -> None:
    x = torch.arange(4.0)
    x.split(2)[0].zero_()
    torch.split_copy(x, 2)[1].zero_()
    x.flip(0).zero_()
    assert x.tolist() == [0, 0, 2, 3]


def test_chunks_of_nothing_keep_their_number() -> None:
    assert len(torch.zeros(0).chunk(3)) == 3
    assert [len(part) for part in torch.arange(10).chunk(4)] == [3, 3, 3, 1]
    assert [len(part) for part in torch.arange(10).tensor_split(4)] == [3, 3, 2, 2]


def test_meshgrid_wants_to_know_its_indexing() -> None:
    v = torch.arange(2)
    with pytest.warns(UserWarning, match="it will be required to pass the indexing argument"):
        torch.meshgrid(v, v)
    assert torch.meshgrid(v, torch.arange(3), indexing="xy")[0].shape == (3, 2)


def test_writes_into_memory_that_is_read_are_refused() -> None:
    x, i = torch.arange(4.0), torch.tensor([0, 1])
    for write in (
        lambda: x.scatter_(0, i, x),
        lambda: x.index_add_(0, i, x[2:]),
        lambda: x.index_copy_(0, i, x[:2]),
        lambda: x.put_(i, x[:2]),
        lambda: x.index_put_((i,), x[:2]),
    ):
        with pytest.raises(RuntimeError, match="^unsupported operation: some elements of the input tensor"):
            write()
