"""`torch._dynamo`: private in torch, and used: to switch compiling off, to start anew, to say what is static.

All of it is accepted, and changes nothing (`compiler.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..compiler import (
    InvalidBackend,
    OptimizedModule,
    allow_in_graph,
    assume_constant_result,
    compile,
    disable,
    is_compiling,
    list_backends,
    reset,
    set_stance,
    substitute_in_graph,
)
from . import config, exc

disallow_in_graph = forbid_in_graph = run = allow_in_graph


def optimize(backend: Any = "inductor", **options: Any) -> Callable[[Any], Any]:
    """`compile` as a decorator, by its older name."""
    return lambda model: compile(model, backend=backend)


def graph_break(msg: str = "") -> None:
    """There is no graph."""


def mark_dynamic(t: Any, index: Any, **options: Any) -> None:
    """Shapes may change at any time."""


maybe_mark_dynamic = mark_dynamic


def mark_static(t: Any, index: Any = None) -> None:
    """Shapes may change at any time."""


def mark_static_address(t: Any, guard: bool = False) -> None:
    """Arrays may move at any time."""


def is_dynamo_supported() -> bool:
    """False: there is no compiler."""
    return False
