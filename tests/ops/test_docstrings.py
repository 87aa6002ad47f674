"""The examples in the docstrings of public functions run as printed."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.ops.deferred import FAMILY_OF


def functions() -> Iterator[tuple[str, Any]]:
    """The public functions that have an example, by name."""
    of_modules = [(module, module.__all__) for module in (torch.linalg, torch.special)]
    for module, names in [(torch, FAMILY_OF), *of_modules]:
        for name in names:
            function = getattr(module, name)
            if ">>>" in (getattr(function, "__doc__", None) or ""):
                yield f"{module.__name__}.{name}", function


@pytest.mark.parametrize(("name", "function"), [pytest.param(n, f, id=n) for n, f in functions()])
def test_example_runs_as_printed(name: str, function: Any) -> None:
    scope = dict(getattr(function, "__globals__", {}), __name__="doctest")  # not None, which silences warnings
    test = doctest.DocTestParser().get_doctest(function.__doc__, scope, name, None, None)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


def test_every_special_function_has_an_example() -> None:
    composed_elsewhere = {"log_softmax", "softmax", "logsumexp"}
    without = [n for n in torch.special.__all__ if ">>>" not in (getattr(torch.special, n).__doc__ or "")]
    assert set(without) <= composed_elsewhere
