"""The examples in the modules of tapegrad.tensor run as printed."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import tapegrad
from tapegrad.ops import conversion, filling, object_protocols

# `tapegrad.tensor` is the function; the package of that name is found by its module.
PACKAGE = importlib.import_module("tapegrad.tensor.tensor").__package__
NAMES = [name for _, name, _ in pkgutil.iter_modules(importlib.import_module(PACKAGE).__path__)]
MODULES = [importlib.import_module(f"{PACKAGE}.{name}") for name in NAMES]


@pytest.mark.parametrize("module", [*MODULES, conversion, filling, object_protocols], ids=lambda m: m.__name__)
def test_examples_run_as_printed(module: object) -> None:
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS)  # type: ignore[arg-type]
    assert failed == 0


def test_some_examples_were_found() -> None:
    finder = doctest.DocTestFinder()
    assert sum(len(test.examples) for module in MODULES for test in finder.find(module)) > 50
    assert callable(tapegrad.tensor)
