"""Random functions inside of `vmap`, whose `randomness` says what they do."""

from __future__ import annotations

import functools
from collections.abc import Callable
from threading import get_ident
from typing import Any

from ..tensor.rows import running


def mapped(kind: str) -> Callable[[Any], Any]:
    """Decorate a random function.

    Args:
        kind: how its numbers come to have rows: "size" if it takes a shape, "permutation" likewise, "like" if the shape
            of a tensor, "tensors" if tensors as parameters, "in place" if it overwrites its first argument.
    """

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if running and get_ident() in running:
                from ..func.randomness import draw

                return draw(kind, function, args, kwargs)
            return function(*args, **kwargs)

        return wrapper

    return decorate
