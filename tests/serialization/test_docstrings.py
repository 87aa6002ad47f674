"""The examples in the modules about files run as printed."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from tapegrad import interchange, npz, safetensors, serialization
from tapegrad.utils import dlpack

NAMES = [name for _, name, _ in pkgutil.iter_modules(serialization.__path__)]
MODULES = [serialization, *(importlib.import_module(f"tapegrad.serialization.{name}") for name in NAMES)]


@pytest.mark.parametrize("module", [*MODULES, interchange, npz, safetensors, dlpack], ids=lambda m: m.__name__)
def test_examples_run_as_printed(module: object) -> None:
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS)  # type: ignore[arg-type]
    assert failed == 0


def test_some_examples_were_found() -> None:
    finder = doctest.DocTestFinder()
    assert sum(len(test.examples) for module in MODULES for test in finder.find(module)) > 20
