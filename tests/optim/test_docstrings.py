"""The examples in the modules of tapegrad.optim and tapegrad.amp run as printed."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import tapegrad.amp
import tapegrad.optim

MODULES = [
    importlib.import_module(found.name)
    for package in (tapegrad.optim, tapegrad.amp)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_examples_run_as_printed(module: object) -> None:
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS)  # type: ignore[arg-type]
    assert failed == 0


def test_every_optimizer_has_an_example() -> None:
    finder = doctest.DocTestFinder()
    for name in tapegrad.optim.__all__:
        kind = getattr(tapegrad.optim, name)
        if isinstance(kind, type) and name != "SparseAdam":  # which makes no steps here
            assert any(test.examples for test in finder.find(kind)), name
