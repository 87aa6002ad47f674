"""Schedulers: their rates, state dicts, and the order of calls."""

from __future__ import annotations

import math
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.optim import lr_scheduler as schedulers
from tapegrad.optim import swa_utils


def sgd(lr: float = 1.0, **options: Any) -> Any:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, **options)


def rates(scheduler: Any, steps: int) -> list[float]:
    found = []
    for _ in range(steps):
        found.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return found


CHAINABLE: dict[str, dict[str, Any]] = {
    "StepLR": {"step_size": 3},
    "MultiStepLR": {"milestones": [2, 5]},
    "ConstantLR": {},
    "LinearLR": {},
    "ExponentialLR": {"gamma": 0.9},
    "PolynomialLR": {"power": 2.0},
    "CosineAnnealingLR": {"T_max": 5},
}


@pytest.mark.parametrize("name", CHAINABLE)
def test_the_closed_form_is_what_the_steps_come_to(name: str) -> None:
    scheduler = getattr(schedulers, name)(sgd(), **CHAINABLE[name])
    for n, lr in enumerate(rates(scheduler, 12)):
        scheduler.last_epoch = n
        assert lr == pytest.approx(scheduler._get_closed_form_lr()[0], abs=1e-12)
        scheduler.last_epoch = 12


def test_cosine_goes_down_and_up_again() -> None:
    found = rates(schedulers.CosineAnnealingLR(sgd(), 4, eta_min=0.2), 9)
    assert found == pytest.approx([0.2 + 0.8 * (1 + math.cos(math.pi * n / 4)) / 2 for n in range(9)])


def test_one_cycle_starts_low_rises_and_ends_lower() -> None:
    found = rates(schedulers.OneCycleLR(sgd(momentum=0.9), 1.0, total_steps=10), 10)
    assert found[0] == pytest.approx(1 / 25)
    assert max(found) == pytest.approx(found[2]) == pytest.approx(1.0)
    assert found[-1] == pytest.approx(1 / 25 / 1e4)


def test_a_plateau_is_waited_for() -> None:
    scheduler = schedulers.ReduceLROnPlateau(sgd(), patience=2, factor=0.5, cooldown=1)
    found = []
    for value in [3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0]:
        scheduler.step(value)
        found.append(scheduler.get_last_lr()[0])
    assert found == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25]


@pytest.mark.parametrize(
    "make",
    [
        lambda o: schedulers.SequentialLR(o, [schedulers.LinearLR(o), schedulers.ExponentialLR(o, 0.9)], [3]),
        lambda o: schedulers.ChainedScheduler([schedulers.ConstantLR(o), schedulers.ExponentialLR(o, 0.9)]),
        lambda o: schedulers.CyclicLR(o, 0.1, 1.0, 3),
        lambda o: schedulers.CosineAnnealingWarmRestarts(o, 3, 2),
        lambda o: swa_utils.SWALR(o, 0.1, anneal_epochs=4),
    ],
)
def test_a_saved_schedule_goes_on(make: Any) -> None:
    whole = rates(make(sgd(momentum=0.9)), 12)
    first = sgd(momentum=0.9)
    scheduler = make(first)
    begun = rates(scheduler, 5)
    second = sgd(momentum=0.9)
    resumed = make(second)
    state = scheduler.state_dict()
    keys = list(state)
    resumed.load_state_dict(state)
    second.load_state_dict(first.state_dict())
    assert begun + rates(resumed, 7) == pytest.approx(whole)
    assert list(state) == keys  # loading leaves the dictionary as it is


def test_the_wrong_order_of_calls_is_told_once() -> None:
    scheduler = schedulers.StepLR(sgd(), 1)
    with pytest.warns(UserWarning, match=r"Detected call of `lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
    scheduler.step()  # a second warning would be an error


def test_the_warning_points_at_the_callers_line() -> None:
    scheduler = schedulers.StepLR(sgd(), 1)
    with pytest.warns(UserWarning, match="Detected call") as caught:
        scheduler.step()
    assert caught[0].filename == __file__


def test_learning_rates_that_are_tensors_are_written_into() -> None:
    lr = torch.tensor(1.0)
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    rates(schedulers.ExponentialLR(optimizer, 0.5), 2)
    assert optimizer.param_groups[0]["lr"] is lr and lr.item() == 0.25


def test_averages_are_means_of_the_weights() -> None:
    model = torch.nn.Linear(1, 1)
    averaged = swa_utils.AveragedModel(model)
    for value in (1.0, 2.0, 6.0):
        for p in model.parameters():
            p.data.fill_(value)
        averaged.update_parameters(model)
    assert [p.item() for p in averaged.parameters()] == [3.0, 3.0]
    assert averaged.n_averaged.item() == 3


def test_batch_statistics_are_computed_anew() -> None:
    norm = torch.nn.BatchNorm1d(1, momentum=0.1)
    model = torch.nn.Sequential(norm).eval()
    swa_utils.update_bn([torch.tensor([[1.0], [3.0]]), (torch.tensor([[5.0], [7.0]]), 0)], model)
    assert norm.running_mean.item() == 4.0 and norm.running_var.item() == 2.0
    assert norm.momentum == 0.1 and not model.training
