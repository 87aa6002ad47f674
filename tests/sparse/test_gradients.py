"""Sparse gradients: of look-ups with `sparse=True`, through the backward pass, into steps and files."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.serialization.malformed import Malformed
from tapegrad.serialization.sparse import indices_checked, rebuild_sparse
from tapegrad.tensor.coordinates import Coordinates, NeedsAllElements, meeting

INDEX = torch.tensor([[1, 2], [4, 1]])
REFUSING = ("Adadelta", "Adam", "AdamW", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop", "Adafactor", "Muon")


def table(sparse: bool = True, **kwargs: Any) -> Any:
    rows = torch.arange(15.0, dtype=torch.float64).view(5, 3) / 7 - 1
    return torch.nn.Embedding.from_pretrained(rows, freeze=False, sparse=sparse, **kwargs)


def bags(sparse: bool, mode: str, **kwargs: Any) -> Any:
    rows = torch.arange(15.0, dtype=torch.float64).view(5, 3) / 7 - 1
    return torch.nn.EmbeddingBag.from_pretrained(rows, freeze=False, sparse=sparse, mode=mode, **kwargs)


def look_up(layer: Any, index: Any = INDEX) -> Any:
    (layer(index) ** 2).sum().backward()
    return layer.weight.grad


@pytest.mark.parametrize("kwargs", [{}, {"padding_idx": 1}])
def test_a_table_has_the_gradient_of_the_dense_one(kwargs: dict[str, Any]) -> None:
    g, dense = look_up(table(**kwargs)), look_up(table(sparse=False, **kwargs))
    assert g.layout is torch.sparse_coo and not g.is_coalesced()
    assert torch.equal(g.to_dense(), dense)


@pytest.mark.parametrize("kwargs", [{}, {"padding_idx": 1}])
@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_bags_have_the_gradient_of_the_dense_ones(mode: str, kwargs: dict[str, Any]) -> None:
    index, offsets = torch.tensor([1, 2, 1, 4]), torch.tensor([0, 3, 3])
    sparse, dense = bags(True, mode, **kwargs), bags(False, mode, **kwargs)
    for layer in (sparse, dense):
        (layer(index, offsets) ** 2).sum().backward()
    assert sparse.weight.grad.is_sparse
    torch.testing.assert_close(sparse.weight.grad.to_dense(), dense.weight.grad)


def test_weighted_bags_have_the_gradients_of_the_dense_ones() -> None:
    found = []
    for sparse in (True, False):
        layer, p = bags(sparse, "sum"), torch.tensor([0.5, 2.0, 3.0, 0.25], dtype=torch.float64, requires_grad=True)
        (layer(INDEX.view(-1), torch.tensor([0, 3]), per_sample_weights=p) ** 2).sum().backward()
        found.append((layer.weight.grad.to_dense(), p.grad))
    torch.testing.assert_close(found[0], found[1])


def test_passes_add_up_in_place() -> None:
    layer = table()
    g = look_up(layer)
    assert look_up(layer, torch.tensor([0, 4])) is g
    dense = table(sparse=False)
    look_up(dense)
    assert torch.equal(g.to_dense(), look_up(dense, torch.tensor([0, 4])))


@pytest.mark.parametrize("sparse_first", [True, False])
def test_sparse_and_dense_gradients_of_one_leaf_add_up(sparse_first: bool) -> None:
    layer = table()
    steps: list[Callable[[], Any]] = [lambda: look_up(layer), lambda: layer.weight.sum().backward()]
    for step in steps if sparse_first else reversed(steps):
        step()
    expected = look_up(table(sparse=False)) + 1
    assert not layer.weight.grad.is_sparse
    assert torch.equal(layer.weight.grad, expected)


def test_the_gradient_that_another_pass_keeps_is_not_written_into() -> None:
    w = torch.ones(3, 2, requires_grad=True)
    rows = torch.nn.functional.embedding(torch.tensor([0, 1]), w, sparse=True)
    cotangent = torch.ones(2, 2)
    rows.backward(cotangent)
    w.grad.mul_(5)
    assert torch.equal(cotangent, torch.ones(2, 2))


def test_it_can_be_differentiated_again() -> None:
    layer = table()
    (g,) = torch.autograd.grad((layer(INDEX) ** 3).sum(), layer.weight, create_graph=True)
    (h,) = torch.autograd.grad(g.to_dense().sum(), layer.weight)
    dense = table(sparse=False)
    (gd,) = torch.autograd.grad((dense(INDEX) ** 3).sum(), dense.weight, create_graph=True)
    (hd,) = torch.autograd.grad(gd.sum(), dense.weight)
    torch.testing.assert_close((g.to_dense(), h.to_dense()), (gd, hd))


def test_it_passes_through_pointwise_operators() -> None:
    w, dense = table().weight, table().weight
    for x, sparse in ((w, True), (dense, False)):
        torch.nn.functional.embedding(INDEX, -x.exp() / 3 + 1, sparse=sparse).sum().backward()
    assert w.grad.is_sparse
    torch.testing.assert_close(w.grad.to_dense(), dense.grad)


def test_what_needs_all_elements_is_refused_by_name_and_with_advice() -> None:
    w = table().weight
    rows = torch.nn.functional.embedding(INDEX, w.view(5, 3), sparse=True)
    with pytest.raises(RuntimeError, match="reshape is not implemented for sparse tensors.*sparse=False"):
        rows.sum().backward()
    assert w.grad is None


def test_an_array_by_coordinates_never_passes_for_an_array() -> None:
    g = Coordinates(np.array([[0, 2]]), np.ones((2, 3)), (4, 3))
    for use in (np.asarray, np.sum, np.exp, lambda a: a.reshape(-1), lambda a: np.add(a, 1, out=np.ones((4, 3)))):
        with pytest.raises(NeedsAllElements):
            use(g)
    assert not hasattr(g, "anything")


def test_gradients_by_frequency_are_refused() -> None:
    with pytest.raises(RuntimeError, match="scale_grad_by_freq not supported with sparse gradients"):
        look_up(table(scale_grad_by_freq=True))


def test_a_hook_may_not_change_the_layout() -> None:
    layer = table()
    layer.weight.register_hook(lambda g: g.to_dense())
    with pytest.raises(RuntimeError, match=r"was torch.sparse.DoubleTensor got torch.DoubleTensor"):
        look_up(layer)


def test_zeroing_leaves_no_values() -> None:
    layer = table()
    look_up(layer)
    torch.optim.SGD(layer.parameters(), lr=0.1).zero_grad(set_to_none=False)
    assert layer.weight.grad._nnz() == 0 and layer.weight.grad.is_sparse


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [
        ([1, 3], [2, 3], ([0, 2], [1, 2], 3)),
        ([4, 1], [4, 2], ([0, 1], [0, 2], 3)),  # 4 and 4 meet, then 1 comes before 2
        ([4, 1], [1, 4], ([1, 2], [0, 1], 3)),  # 1 goes first, the two 4 meet, and the other 1 is left
        ([], [2], ([], [0], 1)),
    ],
)
def test_lists_of_places_are_merged_as_if_they_were_sorted(p: list[int], q: list[int], expected: Any) -> None:
    a, b = (Coordinates(np.array([x], np.int64), np.ones(len(x)), (9,)) for x in (p, q))
    where = meeting(a, b)
    assert where is not None
    assert (where[0].tolist(), where[1].tolist(), where[2]) == expected


# -- steps -----------------------------------------------------------------------------------------------------------


def trained(name: str, sparse: bool, **kwargs: Any) -> Any:
    """A table after three steps, always along the same rows."""
    layer = table(sparse)
    optimizer = getattr(torch.optim, name)(layer.parameters(), lr=0.1, **kwargs)
    for _ in range(3):
        optimizer.zero_grad()
        look_up(layer)
        optimizer.step()
    return layer.weight.detach()


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("SGD", {}),
        ("SGD", {"maximize": True}),
        ("SGD", {"momentum": 0.9}),
        ("SGD", {"momentum": 0.9, "nesterov": True}),
        ("Adagrad", {}),
        ("Adagrad", {"maximize": True}),
        ("Adagrad", {"lr_decay": 0.1}),
        ("Adagrad", {"initial_accumulator_value": 0.5}),
    ],
)
def test_steps_are_those_along_the_dense_gradient(name: str, kwargs: dict[str, Any]) -> None:
    torch.testing.assert_close(trained(name, True, **kwargs), trained(name, False, **kwargs))


def test_sparse_adam_is_adam_on_rows_that_always_come_and_leaves_the_others() -> None:
    sparse = trained("SparseAdam", True)
    torch.testing.assert_close(sparse, trained("Adam", False))
    assert torch.equal(sparse[0], table().weight.detach()[0])


@pytest.mark.parametrize("name", REFUSING)
def test_other_optimizers_refuse_by_their_names(name: str) -> None:
    layer = table()
    look_up(layer)
    said = "Adam" if name == "AdamW" else name
    optimizer = getattr(torch.optim, name)(layer.parameters())
    with pytest.raises(RuntimeError, match=rf"^{said} does not support sparse gradients"):
        optimizer.step()
    assert not optimizer.state[layer.weight]


def test_a_class_derived_from_an_optimizer_refuses_by_the_optimizers_name() -> None:
    class Mine(torch.optim.RMSprop):
        pass

    layer = table()
    look_up(layer)
    with pytest.raises(RuntimeError, match="^RMSprop does not support sparse gradients"):
        Mine(layer.parameters()).step()


@pytest.mark.parametrize(
    ("name", "kwargs", "says"),
    [
        ("SGD", {"weight_decay": 0.1}, r"add\(sparse, dense\) is not supported"),
        ("SGD", {"fused": True}, "`_fused_sgd` does not support sparse gradients"),
        ("Adagrad", {"weight_decay": 0.1}, "weight_decay option is not compatible with sparse gradients"),
        ("Adagrad", {"fused": True}, "`fused` does not support sparse grad or complex param"),
    ],
)
def test_options_that_do_not_go_with_sparse_gradients(name: str, kwargs: dict[str, Any], says: str) -> None:
    layer = table()
    look_up(layer)
    with pytest.raises(RuntimeError, match=says):
        getattr(torch.optim, name)(layer.parameters(), **kwargs).step()


def test_clipping_by_the_norm_says_what_to_do_instead() -> None:
    layer = table()
    look_up(layer)
    with pytest.raises(NotImplementedError, match="aten::linalg_vector_norm.*grad.values"):
        torch.nn.utils.clip_grad_norm_(layer.parameters(), 1.0)


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda: look_up(table()), lambda: rows_of_eye()], ids=["coo", "csr"])
@pytest.mark.parametrize("legacy", [False, True])
def test_sparse_tensors_come_back_from_files_copies_and_pickles(make: Callable[[], Any], legacy: bool) -> None:
    t = make()
    file = io.BytesIO()
    torch.save(t, file, _use_new_zipfile_serialization=not legacy)
    file.seek(0)
    for found in (torch.load(file), copy.deepcopy(t), pickle.loads(pickle.dumps(t))):
        assert repr(found) == repr(t)
        assert type(found) is type(t)


def rows_of_eye() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the first one says that they are new
        return torch.sparse_csr_tensor([0, 1, 2], [1, 0], [5.0, 6.0])


INT = torch.tensor([[0, 2]])


@pytest.mark.parametrize(
    "parts",
    [
        (INT, torch.ones(2), (2,), False),  # a coordinate outside
        (-INT, torch.ones(2), (3,), False),
        (INT, torch.ones(3), (3,), False),
        (INT, torch.ones(2), (3, 1), False),
        (INT.float(), torch.ones(2), (3,), False),
        (INT, torch.ones(2), (-3,), False),
        ([[0, 2]], torch.ones(2), (3,), False),
        (INT, torch.tensor(1.0), (3,), False),
        (),
    ],
)
def test_impossible_coordinates_in_a_file_are_refused(parts: Any) -> None:
    with pytest.raises(Malformed), indices_checked():
        rebuild_sparse(torch.sparse_coo, parts)


@pytest.mark.parametrize(
    "parts",
    [
        (torch.tensor([0, 2]), torch.tensor([0]), torch.ones(1), (1, 1)),
        (torch.tensor([0, 1]), torch.tensor([1]), torch.ones(1), (1, 1)),
        (torch.tensor([0, 1, 0, 1]), torch.tensor([0]), torch.ones(1), (3, 1)),
        (torch.tensor([0, 1]), torch.tensor([0]), torch.ones(2), (1, 1)),
        (torch.tensor([0.0, 1]), torch.tensor([0]), torch.ones(1), (1, 1)),
    ],
)
def test_impossible_rows_in_a_file_are_refused(parts: Any) -> None:
    with pytest.raises(Malformed, match="sparse tensor without"), indices_checked():
        rebuild_sparse(torch.sparse_csr, parts)
