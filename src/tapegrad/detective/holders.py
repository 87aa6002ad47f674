"""Who holds a graph: the variables, lists and attributes by which its nodes stay in memory."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from ..autograd.node import FREED, Node, Port
from ..source_lines import is_ours
from ..tensor.storage import owner_of
from ..tensor.tensor import Tensor
from .answers import Answer
from .graphs import nodes_behind
from .words import what

_DEPTH = 4  # containers within containers that are looked into
_MOST_ITEMS = 20_000


def holders(tensor: Tensor) -> Answer:
    """Who holds the graph behind a tensor, and the memory of what it saved.

    Looks into the variables of the running functions and of the program's modules, and into lists, dictionaries and
    objects that these hold: the classic is a list of losses, each of which holds a whole graph.

    >>> import tapegrad as torch
    >>> w = torch.ones(1000, requires_grad=True)
    >>> loss = (w.exp() * w).sum()
    >>> "8.0 kB" in torch.detective.holders(loss).facts[0]
    True
    """
    nodes = nodes_behind(tensor) if tensor.requires_grad else []
    answer = Answer(f"Who holds the graph behind {what(tensor)}?")
    if not nodes:
        answer.facts.append("There is no graph behind it.")
        return answer
    saved = _saved(nodes)
    count = "1 operation" if len(nodes) == 1 else f"{len(nodes)} operations"
    answer.facts.append(f"The graph has {count} and keeps {_bytes(sum(saved.values()))} of values for its derivatives.")
    within = set(nodes)
    paths = [path for path in _paths(within) if path]
    for path in paths[:20]:
        answer.facts.append(f"{path} holds it.")
    if len(paths) > 20:
        answer.facts.append(f"So do {len(paths) - 20} others.")
    return answer


def _saved(nodes: list[Node]) -> dict[int, int]:
    """The sizes in bytes of the memories that nodes have saved, by the address of their owner."""
    found: dict[int, int] = {}
    for node in nodes:
        if node.saved is FREED:
            continue
        for item in node.saved or ():
            array = getattr(item, "_data", item)
            for one in array if isinstance(array, tuple) else (array,):
                if isinstance(one, np.ndarray):
                    owner = owner_of(one)
                    found[id(owner)] = owner.nbytes
    return found


def _bytes(n: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return f"{n} bytes"


def _paths(within: set[Node]) -> Iterator[str]:
    """How the program names the tensors whose node is one of those, and those nodes themselves."""
    seen: set[int] = set()
    budget = [_MOST_ITEMS]
    for where, variables in _scopes():
        for name, value in list(variables.items()):
            if name.startswith("__") or isinstance(value, (ModuleType, type)):
                continue
            for path in _within(value, name, within, seen, _DEPTH, budget):
                yield f"`{path}` {where}"


def _scopes() -> Iterator[tuple[str, dict[str, Any]]]:
    """The variables of functions that run, and of the program's modules."""
    for frame in sys._current_frames().values():
        at: FrameType | None = frame
        while at is not None:
            code = at.f_code
            if not is_ours(code.co_filename) and code.co_name != "<module>" and _is_users(code.co_filename):
                yield f"in {code.co_name} ({os.path.basename(code.co_filename)}:{at.f_lineno})", at.f_locals
            elif code.co_name == "<module>" and not _is_module(at.f_globals):
                yield f"of the running code ({os.path.basename(code.co_filename)})", at.f_globals
            at = at.f_back
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(module, ModuleType) and (name == "__main__" or (file is not None and _is_users(file))):
            yield f"of module {name}", vars(module)


def _is_module(variables: dict[str, Any]) -> bool:
    """Whether these are the variables of a module, and not of text that is executed."""
    module = sys.modules.get(variables.get("__name__", ""))
    return module is not None and vars(module) is variables


def _is_users(file: str) -> bool:
    """Whether a file is the program's own: not tapegrad's, not an installed package, not Python's library."""
    return not (is_ours(file) or "site-packages" in file or file.startswith((os.path.dirname(os.__file__), "<frozen")))


def _within(value: Any, path: str, nodes: set[Node], seen: set[int], depth: int, budget: list[int]) -> Iterator[str]:
    budget[0] -= 1
    if budget[0] < 0:
        return
    if isinstance(value, Tensor):
        fn = value._fn
        if (fn.node if fn.__class__ is Port else fn) in nodes:
            yield path
        elif value._grad is not None and depth:
            yield from _within(value._grad, f"{path}.grad", nodes, seen, 0, budget)
        return
    if isinstance(value, Node):
        if value in nodes:
            yield path
        return
    if id(value) in seen or depth == 0 or isinstance(value, (str, bytes, int, float, np.ndarray, FrameType)):
        return
    if not gc.is_tracked(value) and not hasattr(value, "__dict__"):
        return
    seen.add(id(value))
    for name, one in _items(value):
        yield from _within(one, path + name, nodes, seen, depth - 1, budget)


def _items(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"[{key!r}]", one) for key, one in list(value.items())]
    if isinstance(value, (list, tuple)):
        return [(f"[{i}]", one) for i, one in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        return [("{…}", one) for one in value]
    if callable(value) and hasattr(value, "__closure__") and value.__closure__:
        cells = [(n, c) for n, c in zip(value.__code__.co_freevars, value.__closure__, strict=False)]
        return [(f" (closure: {name})", cell.cell_contents) for name, cell in cells if _filled(cell)]
    variables = getattr(value, "__dict__", None)
    if isinstance(variables, dict) and not isinstance(value, (type, ModuleType)):
        return [(f".{name}", one) for name, one in list(variables.items())]
    return []


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
