"""Containers of modules and parameters."""

from __future__ import annotations

from typing import Any

import pytest

import tapegrad as torch

nn = torch.nn


def three() -> Any:
    return nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid())


def kinds(modules: Any) -> list[str]:
    return [type(m).__name__ for m in modules]


def test_a_sequential_passes_results_on() -> None:
    m = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    x = torch.randn(4, 2)
    assert torch.equal(m(x), m[2](m[0](x).relu()))


def test_a_sequential_changes_like_a_list() -> None:
    m = three()
    m.append(nn.ELU()).insert(1, nn.SELU())
    m[0] = nn.GELU()
    del m[-2]
    assert kinds(m) == ["GELU", "SELU", "Tanh", "ELU"]
    assert list(m._modules) == ["0", "1", "2", "3"]
    assert kinds(m[1:3]) == ["SELU", "Tanh"]
    assert kinds(m.pop(0) for _ in range(2)) == ["GELU", "SELU"]


def test_a_sequential_can_be_extended_by_itself() -> None:
    m = three()
    assert len(m.extend(m)) == 6


@pytest.mark.parametrize("container", [nn.Sequential, lambda *m: nn.ModuleList(m)])
def test_indices_out_of_range_are_refused(container: Any) -> None:
    with pytest.raises(IndexError, match="index 2 is out of range"):
        container(nn.ReLU(), nn.Tanh())[2]


def test_equal_neighbours_of_a_list_are_shown_once() -> None:
    m = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1), nn.ReLU()])
    assert repr(m) == ("ModuleList(\n  (0-1): 2 x Linear(in_features=1, out_features=1, bias=True)\n  (2): ReLU()\n)")


def test_a_list_of_modules_has_their_parameters() -> None:
    m = nn.ModuleList(nn.Linear(1, 1) for _ in range(2))
    assert [name for name, _ in m.named_parameters()] == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_a_dict_of_modules_refuses_names_of_methods() -> None:
    with pytest.raises(KeyError, match="attribute 'keys' already exists"):
        nn.ModuleDict({"keys": nn.ReLU()})


def test_tensors_become_parameters_in_a_list_of_parameters() -> None:
    m = nn.ParameterList([torch.ones(2), 3])
    assert isinstance(m[0], nn.Parameter)
    assert list(m.state_dict()) == ["0"]
    (m[0] * m[1]).sum().backward()
    assert m[0].grad.tolist() == [3.0, 3.0]


def test_a_dict_of_parameters_sorts_a_plain_dict_and_keeps_other_orders() -> None:
    t = torch.ones(1)
    assert list(nn.ParameterDict({"b": t, "a": t})) == ["a", "b"]
    assert list(nn.ParameterDict([("b", t), ("a", t)])) == ["b", "a"]


@pytest.mark.parametrize("holder", [nn.ParameterList([torch.ones(1)]), nn.ParameterDict({"a": torch.ones(1)})])
def test_holders_of_parameters_cannot_be_called(holder: Any) -> None:
    with pytest.raises(RuntimeError, match="should not be called"):
        holder(torch.ones(1))
