"""Which modules and names the real torch has: facts about the version that tapegrad follows.

They separate what tapegrad lacks from what nobody has. The list is `torch_names.txt`, written from the pinned torch by
`conformance/torch_names.py`, and is read when something is missing, never by `import tapegrad`.
"""

from __future__ import annotations

import functools
import os

ANY = frozenset({"*"})
"""The names of a module that the list has without its names."""


@functools.cache
def modules() -> dict[str, frozenset[str]]:
    """torch's modules by their full names, each with the names in it that are not modules.

    >>> "relu" in modules()["torch.nn.functional"], "torch.nn.funktional" in modules()
    (True, False)
    """
    return {module: names for module, names in _table().items() if module != "torch.Tensor"}


def tensor_attributes() -> frozenset[str]:
    """The methods and attributes of class torch.Tensor, but for those with two underscores.

    >>> "backward" in tensor_attributes()
    True
    """
    return _table()["torch.Tensor"]


def has_name(module: str, name: str) -> bool:
    """Whether torch's `module` has `name`; true as well where the list does not say.

    >>> has_name("torch", "cholesky_inverse"), has_name("torch", "cholesky_reverse")
    (True, False)
    >>> has_name("torch.nn", "functional"), has_name("torch._C", "anything")
    (True, True)
    """
    names = modules().get(module, frozenset())
    return name in names or names == ANY or f"{module}.{name}" in modules()


@functools.cache
def _table() -> dict[str, frozenset[str]]:
    table: dict[str, list[str]] = {}
    with open(os.path.join(os.path.dirname(__file__), "torch_names.txt"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    for line in lines:
        if line.startswith("#"):
            continue
        if not line.startswith(" "):
            module, _, line = line.partition(":")
            names = table[module] = []
        names += line.split()
    return {module: frozenset(names) for module, names in table.items()}
