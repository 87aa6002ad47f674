"""`tapegrad.summary`."""

from __future__ import annotations

from typing import Any

import pytest

import tapegrad as torch
from tapegrad.nn.modules.module import hooks

nn = torch.nn


def test_multiply_adds_are_weights_as_often_as_they_are_used() -> None:
    counted = {
        "linear": (nn.Linear(4, 3), (5, 4), 5 * 4 * 3),
        "conv": (nn.Conv2d(2, 6, 3, groups=2, padding=1), (1, 2, 5, 5), 25 * 6 * 1 * 9),
        "transposed": (nn.ConvTranspose1d(2, 3, 4), (1, 2, 5), 5 * 2 * 3 * 4),
        "lstm": (nn.LSTM(3, 4), (5, 2, 3), 5 * 2 * 4 * (3 * 4 + 4 * 4)),
        "relu": (nn.ReLU(), (5,), 0),
    }
    for name, (layer, shape, expected) in counted.items():
        assert torch.summary(layer, input_size=shape).multiply_adds == expected, name


def test_shared_layers_count_once_in_parameters_and_each_time_in_computation() -> None:
    shared = nn.Linear(2, 2)
    found = torch.summary(nn.Sequential(shared, nn.ReLU(), shared), torch.ones(1, 2))
    assert found.parameters == 6
    assert found.multiply_adds == 8
    assert "(again)" in str(found)


def test_frozen_parameters_are_told() -> None:
    m = nn.Linear(2, 2)
    m.bias.requires_grad_(False)
    found = torch.summary(m)
    assert (found.parameters, found.trainable) == (6, 4)
    assert "Parameters: 6, of which 2 frozen" in str(found)


def test_the_model_is_left_as_it_was() -> None:
    m = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout())
    m[1].eval()
    was = hooks.in_use.any
    torch.summary(m, torch.ones(3, 2))
    assert (m.training, m[0].training, m[1].training) == (True, True, False)
    assert m[0].num_batches_tracked == 0
    assert not m[0]._forward_hooks
    assert hooks.in_use.any == was


def test_hooks_are_taken_away_when_the_model_fails() -> None:
    m = nn.Linear(2, 2)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        torch.summary(m, torch.ones(1, 3))
    assert not m._forward_hooks
    assert m.training


def test_inputs_may_be_several_or_named() -> None:
    class Mix(nn.Module):
        def forward(self, a: Any, b: Any) -> Any:
            return a + b, {"b": b}

    for given in ((torch.ones(2), torch.ones(2)), {"a": torch.ones(2), "b": torch.ones(2)}):
        assert torch.summary(Mix(), given).layers[0].output is not None
    assert "2, 2" in str(torch.summary(Mix(), input_size=[(2,), (2,)]))
    with pytest.raises(ValueError, match="give input or input_size, not both"):
        torch.summary(Mix(), torch.ones(2), input_size=(2,))


def test_depth_hides_what_is_deeper() -> None:
    m = nn.Sequential(nn.Sequential(nn.Linear(1, 1)))
    assert "Linear" not in str(torch.summary(m, depth=1))
    assert torch.summary(m, depth=1).parameters == 2


def test_a_notebook_gets_a_table() -> None:
    html = torch.summary(nn.Linear(1, 1))._repr_html_()
    assert html.startswith("<table>")
    assert "Linear" in html
