"""Packages load what is in them when it is first used, and are otherwise as if all of it were there."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

import tapegrad as torch
from tapegrad import first_use

from .processes import in_a_new_process

PACKAGES = (torch.autograd, torch.nn, torch.nn.modules, torch.optim)


def test_the_example_runs_as_printed() -> None:
    found = doctest.testmod(first_use)
    assert found.attempted and not found.failed


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_all_names_are_found_and_listed(package: Any) -> None:
    listed = dir(package)
    assert set(package.__all__) <= set(listed)
    assert [name for name in listed if not hasattr(package, name)] == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_a_name_that_is_not_there_is_named(package: Any) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Linaer'"):
        package.Linaer  # noqa: B018 - looking it up is the test


def test_an_optimizer_loads_no_other() -> None:
    assert in_a_new_process(
        "import tapegrad as torch\n"
        "torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)\n"
        "print(json.dumps([f'tapegrad.optim.{name}' in sys.modules for name in ('sgd', 'adam', 'lr_scheduler')]))"
    ) == [True, False, False]
