"""Backward graphs as trees of text."""

import tapegrad as torch
from tapegrad.tour.tree import draw


def test_a_chain_is_drawn_from_the_result_to_the_leaf() -> None:
    x = torch.ones(2, requires_grad=True)
    assert draw(x.exp().sum().grad_fn, {"x": x}).splitlines() == [
        "SumBackward0",
        "└─ ExpBackward0",
        "   └─ AccumulateGrad → x.grad",
    ]


def test_a_shared_node_is_followed_once() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x + 2
    assert draw((y * y).grad_fn, {"x": x}).splitlines() == [
        "MulBackward0",
        "├─ AddBackward0",
        "│  └─ AccumulateGrad → x.grad",
        "└─ AddBackward0 (again)",
    ]


def test_a_leaf_without_a_name_is_shown_by_its_shape() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    assert draw((x * 1).grad_fn, {}).splitlines()[-1] == "└─ AccumulateGrad → a leaf of shape (2, 3).grad"


def test_what_wants_no_gradient_is_left_out() -> None:
    x, data = torch.ones(2, requires_grad=True), torch.ones(2)
    assert draw((data * x).grad_fn, {"x": x}).splitlines() == ["MulBackward0", "└─ AccumulateGrad → x.grad"]


def test_a_long_graph_is_cut_off_and_says_so() -> None:
    x = torch.ones(1, requires_grad=True)
    y = x
    for _ in range(5000):
        y = y * 2
    lines = draw(y.grad_fn, {"x": x}, most_lines=3).splitlines()
    assert len(lines) == 4
    assert lines[-1].strip() == "… and so on"
