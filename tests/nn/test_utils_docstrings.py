"""The examples in the docstrings of nn.init, nn.utils, recurrent layers, attention and transformers run as printed."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

MODULES = (
    "init", "modules.activation.attention", "modules.rnn.cells", "modules.rnn.layers", "modules.transformer.layers",
    "modules.transformer.stacks", "modules.transformer.whole",
    "utils.clip_grad", "utils.convert_parameters", "utils.fusion", "utils.init", "utils.memory_format",
    "utils.parametrizations", "utils.parametrize", "utils.prune.functions", "utils.rnn", "utils.spectral_norm",
)  # fmt: skip


def documented() -> Iterator[tuple[str, Any]]:
    """The classes, functions and methods with an example."""
    for name in MODULES:
        for found in vars(import_module(f"tapegrad.nn.{name}")).values():
            if not callable(found) or found.__module__.split(".")[-1] not in name.split("."):
                continue
            for member in (found, *(vars(found).values() if inspect.isclass(found) else ())):
                function = getattr(member, "__func__", member)
                if callable(function) and ">>>" in (function.__doc__ or ""):
                    yield f"{name}.{function.__qualname__}", function


@pytest.mark.parametrize(("name", "member"), [pytest.param(n, m, id=n) for n, m in documented()])
def test_example_runs_as_printed(name: str, member: Any) -> None:
    test = doctest.DocTestParser().get_doctest(member.__doc__, {}, name, None, None)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0
