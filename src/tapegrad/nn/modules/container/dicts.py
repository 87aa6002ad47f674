"""`ModuleDict`: modules by name. And what the two dictionaries have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..module import Module


class ModuleDict(Module):
    """A dictionary of modules; unlike those in a Python dict, the module that has it knows them.

    Args:
        modules: a mapping or pairs to begin with.

    >>> import tapegrad as torch
    >>> choices = torch.nn.ModuleDict({"relu": torch.nn.ReLU(), "tanh": torch.nn.Tanh()})
    >>> choices["relu"](torch.tensor([-1.0, 1.0]))
    tensor([0., 1.])
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Remove all."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Remove a module and return it.

        Raises:
            KeyError: there is none of this name.
        """
        found = self[key]
        del self[key]
        return found

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def items(self) -> Any:
        """The names with the modules."""
        return self._modules.items()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add the modules of a mapping, or of pairs."""
        for key, module in pairs(modules, "ModuleDict.update", "ModuleDict", (ModuleDict,)):
            self[key] = module


def pairs(given: Any, call: str, who: str, in_order: tuple[type, ...]) -> Iterable[tuple[Any, Any]]:
    """The pairs that `update` was given, as a mapping or one by one.

    Args:
        call: what the message names if `given` is nothing of the kind.
        who: what it names if a pair is none.
        in_order: mappings that have an order of their own.
    """
    if not isinstance(given, Iterable):
        raise TypeError(f"{call} should be called with an iterable of key/value pairs, but got {type(given).__name__}")
    if isinstance(given, (Mapping, *in_order)):
        return list(given.items())  # type: ignore[attr-defined]  # both have it
    found = []
    for i, pair in enumerate(given):
        if not isinstance(pair, Iterable):
            raise TypeError(f"{who} update sequence element #{i} should be Iterable; is{type(pair).__name__}")
        pair = list(pair)
        if len(pair) != 2:
            raise ValueError(f"{who} update sequence element #{i} has length {len(pair)}; 2 is required")
        found.append((pair[0], pair[1]))
    return found


__all__ = ["ModuleDict"]
