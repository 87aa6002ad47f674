"""Several calls in one behaviour, each of which may fail: no behaviours themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import first_sentence


def attempt(call: Callable[[], Any]) -> Any:
    """What a call returns, or the kind and first sentence of its error."""
    try:
        return call()
    except Exception as error:
        kinds = [k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"]
        return kinds[0], first_sentence(error)


def attempts(*calls: Callable[[], Any]) -> list[Any]:
    """The same of several calls."""
    return [attempt(call) for call in calls]
