"""GradScaler on the CPU."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest

import tapegrad as torch


def setup(**options: Any) -> tuple[Any, Any, Any]:
    w = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    return w, torch.optim.SGD([w], lr=0.1), torch.amp.GradScaler("cpu", init_scale=8.0, **options)


def test_scaled_training_is_training() -> None:
    w, optimizer, scaler = setup()
    v = torch.nn.Parameter(w.detach().clone())
    plain = torch.optim.SGD([v], lr=0.1)
    for _ in range(3):
        for p, o in ((w, optimizer), (v, plain)):
            o.zero_grad()
            loss = (p**2).sum()
            (scaler.scale(loss) if o is optimizer else loss).backward()
        scaler.step(optimizer)
        scaler.update()
        plain.step()
    assert w.tolist() == v.tolist()


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_a_step_with_a_gradient_that_is_not_finite_is_left_out(bad: float) -> None:
    w, optimizer, scaler = setup()
    scaler.scale((w**2).sum()).backward()
    w.grad[1] = bad
    scaler.step(optimizer)
    scaler.update()
    assert w.tolist() == [1.0, 2.0] and scaler.get_scale() == 4.0


def test_the_scale_grows_after_a_while() -> None:
    w, optimizer, scaler = setup(growth_interval=3)
    scales = []
    for _ in range(7):
        optimizer.zero_grad()
        scaler.scale((w**2).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
    assert scales == [8, 8, 16, 16, 16, 32, 32]


def test_the_scale_stays_finite() -> None:
    w, optimizer, scaler = setup(growth_interval=1, growth_factor=1e20)
    for _ in range(3):
        optimizer.zero_grad()
        scaler.scale((w * 1e-30).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
    assert scaler.get_scale() == pytest.approx(8e20)


def test_a_scaler_for_a_gpu_is_disabled_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="CUDA is not available"):
        scaler = torch.amp.GradScaler()
    assert not scaler.is_enabled() and scaler.get_scale() == 1.0


def test_a_scaler_is_pickled_between_steps_only() -> None:
    w, optimizer, scaler = setup()
    scaler.scale((w**2).sum()).backward()
    scaler.unscale_(optimizer)
    with pytest.raises(AssertionError, match="may only be pickled at the beginning of an iteration"):
        pickle.dumps(scaler)
    scaler.step(optimizer)
    scaler.update()
    assert pickle.loads(pickle.dumps(scaler)).get_scale() == 8.0


def test_an_optimizer_without_gradients_is_told() -> None:
    _, optimizer, scaler = setup()
    scaler.scale(torch.ones(1))
    with pytest.raises(AssertionError, match="No inf checks were recorded for this optimizer"):
        scaler.step(optimizer)
