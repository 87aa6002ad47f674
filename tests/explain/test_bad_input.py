"""What `explain` says where there is nothing to explain, or too much."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.errors import FreedGraphError, NoGradientError, NonScalarError, SavedTensorModifiedError

from .graphs import leaf

NOT_RECORDED = "element 0 of tensors does not require grad and does not have a grad_fn"


def test_a_tensor_without_a_graph_is_refused_in_torchs_words_with_what_to_do() -> None:
    with pytest.raises(NoGradientError, match=NOT_RECORDED) as caught:
        torch.explain(torch.ones(2).sum())
    assert "tensor without history" in str(caught.value)
    assert "requires_grad=True before" in str(caught.value)


def test_an_integer_tensor_is_told_apart() -> None:
    with pytest.raises(NoGradientError, match=NOT_RECORDED) as caught:
        torch.explain(leaf(1.0, 3.0, 2.0).argmax())
    assert "torch.int64, and integers have no derivative" in str(caught.value)
    with pytest.raises(NoGradientError, match="torch.bool, and integers"):
        torch.explain(leaf(1.0)[0] > 0)


def test_what_is_no_tensor_is_named() -> None:
    with pytest.raises(TypeError, match="explain.. takes a tensor, or a sequence of tensors, not float"):
        torch.explain(1.5)


def test_several_elements_need_a_cotangent() -> None:
    with pytest.raises(NonScalarError, match="grad can be implicitly created only for scalar outputs"):
        torch.explain(leaf(1.0, 2.0) * 2)


def test_a_freed_graph_is_refused_and_says_when_to_explain() -> None:
    loss = leaf(1.0, 2.0).exp().sum()
    loss.backward()
    with pytest.raises(FreedGraphError, match="second time") as caught:
        torch.explain(loss)
    assert caught.value.__notes__ == [
        "explain(loss) goes before loss.backward(), which frees the graph. To do it afterwards, keep the graph:"
        " loss.backward(retain_graph=True)."
    ]


def test_an_overwritten_value_is_reported_with_the_node() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    loss = (y * y).sum()
    y.detach().zero_()
    with pytest.raises(SavedTensorModifiedError) as caught:
        torch.explain(loss)
    assert caught.value.__notes__ == ["explain() was running MulBackward0"]


def test_a_leaf_is_a_graph_of_one_step() -> None:
    x = leaf(2.0)[0].detach().requires_grad_()
    model = torch.explain(x).json()
    assert [node["kind"] for node in model["nodes"]] == ["leaf"]
    assert model["roots"] == [0]
    assert model["nodes"][0]["gradient"]["text"] == "1"
    assert "1 leaf" in torch.explain(x).text()


def test_a_tensor_inside_of_vmap_is_refused() -> None:
    def per_row(x: torch.Tensor) -> torch.Tensor:
        torch.explain((x * w).sum())
        return x

    w = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="explain.. cannot look into vmap"):
        torch.vmap(per_row)(torch.ones(3, 2, dtype=torch.float64))


def test_empty_tensors_and_infinities_are_described() -> None:
    x = leaf()
    model = torch.explain(x.sum()).json()
    assert model["nodes"][-1]["gradient"]["numel"] == 0
    z = leaf(0.0, 1.0)
    explanation = torch.explain((z.sqrt() * torch.tensor([np.inf, 1.0])).sum())
    (gradient,) = [node["gradient"] for node in explanation.json()["nodes"] if node["label"] == "z"]
    assert gradient["max"] == "inf" and gradient["inf"] == 1
    assert "⚠ 1 inf" in explanation.text()
    json.loads(json.dumps(explanation.json(), allow_nan=False))


def test_of_a_hundred_thousand_operations_the_first_are_described_and_leaves_completely() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(50_000):
        y = y * 1.0 + x
    explanation = torch.explain(y.sum(), names={"x": x})
    model = explanation.json()
    operations = [node for node in model["nodes"] if node["kind"] == "operation"]
    assert len(operations) == 6_000
    assert model["truncated"] == (
        "The pass runs 100,001 operations. Described are the 6,000 that run first; the gradients of leaves are"
        " complete."
    )
    assert model["nodes"][-1]["gradient"]["text"] == "[5e+04]"
    assert model["nodes"][-1]["notes"] == ["47,001 contributions come from operations that are not described"]
    assert all(0 <= edge["to"] < len(model["nodes"]) for edge in model["edges"])
    assert model["truncated"] in explanation.text()
