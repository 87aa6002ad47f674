"""What takes a way of its own for few elements: the same numbers as for many, and nothing that is kept gives way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tapegrad as torch

F = torch.nn.functional

SPECIAL = [[1.0, -2.0, 0.5], [0.0, -0.0, -1.0], [np.inf, 1.0, -np.inf], [np.nan, 1.0, 2.0], [1e-40, -1e-40, 3e38]]

# Calls of a vector; that of a matrix which has it as its rows goes the general way.
VECTORS: dict[str, Callable[[Any], Any]] = {
    "softmax": lambda x: torch.softmax(x, -1),
    "log_softmax": lambda x: torch.log_softmax(x, -1),
    "amax": lambda x: torch.amax(x, -1),
    "amin": lambda x: torch.amin(x, -1),
    "var": lambda x: torch.var(x, -1),
    "std": lambda x: torch.std(x, -1),
}


@pytest.mark.parametrize("numbers", SPECIAL)
@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_gives_what_it_gives_as_a_row(name: str, numbers: list[float]) -> None:
    call = VECTORS[name]
    x = torch.tensor(numbers)
    rows = call(torch.stack((x, x)))
    np.testing.assert_array_equal(call(x).numpy(), rows[0].numpy())


@pytest.mark.parametrize("numbers", SPECIAL)
@pytest.mark.parametrize("slope", [0.01, 1.0, 0.0, 1.5, -0.5])
def test_leaky_relu_chooses_by_the_sign_for_any_slope(numbers: list[float], slope: float) -> None:
    x = np.array(numbers, "f4")
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        wanted = np.where(x > 0, x, x * np.float32(slope))
    got = F.leaky_relu(torch.from_numpy(x), slope).numpy()
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(wanted))


def test_triangles_are_as_numpys_and_writing_into_one_leaves_the_next_as_it_is() -> None:
    x = np.arange(1.0, 13.0, dtype="f4").reshape(3, 4)
    for array in (x, x.T, x[:, ::2], np.full((3, 3), np.inf, "f4")):
        for diagonal in (-4, -1, 0, 2, 5):
            for ours, numpys in ((torch.triu, np.triu), (torch.tril, np.tril)):
                for _ in range(2):
                    y = ours(torch.from_numpy(array), diagonal)
                    np.testing.assert_array_equal(y.numpy(), numpys(array, diagonal))
                    assert y.is_contiguous()
                    y.fill_(7)


@pytest.mark.parametrize("dim", [True, None, 0.5])
@pytest.mark.parametrize("join", [torch.cat, torch.stack])
def test_joining_along_what_is_no_dimension_is_refused(join: Any, dim: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{join.__name__}\(\): argument 'dim' \(position 2\) must be int, not "):
        join((torch.ones(2, 2), torch.ones(2, 2)), dim)


def test_joining_arrays_of_other_layouts_gives_elements_in_order() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    for join in (torch.cat, torch.stack):
        for dim in (0, 1, -1):
            y = join((x.t(), x.t()), dim)
            assert y.is_contiguous()
            assert y.tolist() == join((x.t().contiguous(), x.t().contiguous()), dim).tolist()


def test_a_target_that_is_changed_later_leaves_the_gradient_as_it_is() -> None:
    x, target = torch.zeros(2, 3, requires_grad=True), torch.tensor([0, 2])
    loss = F.nll_loss(x, target)
    target.fill_(1)
    loss.backward()
    assert x.grad.tolist() == [[-0.5, 0, 0], [0, 0, -0.5]]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_of_classes_are_the_same_when_all_weights_are_one(reduction: str) -> None:
    values = np.random.default_rng(0).standard_normal((5, 4)).astype("f4")
    target = torch.tensor([3, 0, 1, 1, 2])
    found = []
    for weight in (None, torch.ones(4)):
        x = torch.tensor(values, requires_grad=True)
        loss = F.nll_loss(x, target, weight, reduction=reduction)
        loss.sum().backward()
        found.append((loss.detach().numpy(), x.grad.numpy()))
    for plain, weighted in zip(*found, strict=True):
        np.testing.assert_array_equal(plain, weighted)


def test_a_class_that_is_ignored_may_be_one_of_the_classes() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert F.nll_loss(x, torch.tensor([0, 1]), ignore_index=1).item() == -1
    for wrong in (2, -1):
        with pytest.raises(IndexError, match=f"^Target {wrong} is out of bounds"):
            F.nll_loss(x, torch.tensor([0, wrong]))


def test_einsum_of_one_equation_follows_the_shapes() -> None:
    for n in (1, 2, 3, 2):
        a, b = np.arange(2.0 * n).reshape(2, n), np.arange(3.0 * n).reshape(n, 3)
        got = torch.einsum("ij,jk->ik", torch.from_numpy(a), torch.from_numpy(b))
        np.testing.assert_array_equal(got.numpy(), a @ b)
    with pytest.raises(RuntimeError, match="^einsum\\(\\): subscript j has size 3"):
        torch.einsum("ij,jk->ik", torch.ones(2, 2), torch.ones(3, 2))


def test_an_index_along_either_dimension_of_a_matrix() -> None:
    x = torch.arange(12).reshape(3, 4)
    assert x.gather(0, torch.tensor([[2, 0], [1, 1]])).tolist() == [[8, 1], [4, 5]]
    assert x.gather(1, torch.tensor([[2, 0], [1, 1]])).tolist() == [[2, 0], [5, 5]]
    for dim, index in ((0, [[0, 0, 0, 0, 0]]), (1, [[0], [0], [0], [0]])):
        with pytest.raises(RuntimeError, match="^Size does not match at dimension"):
            x.gather(dim, torch.tensor(index))


def test_memory_with_gaps_and_of_half_precision_is_expanded_as_a_view() -> None:
    for x in (torch.arange(8.0).reshape(4, 2)[:, :1], torch.ones(4, 1, dtype=torch.bfloat16), torch.ones(1, 4).t()):
        y = x.expand(4, 3)
        assert y.shape == (4, 3) and y.stride()[1] == 0
        assert y.tolist() == [[v] * 3 for (v,) in x.tolist()]
        x.fill_(5)
        assert y.tolist() == [[5.0] * 3] * 4
