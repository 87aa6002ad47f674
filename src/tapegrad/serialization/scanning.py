"""Which names a pickle uses, found by a machine that makes nothing of them."""

from __future__ import annotations

from typing import Any, Final

from .allowed import allowed_by_user
from .loading import is_archive, opened
from .reading import Archive
from .rebuilding import torchs
from .unpickling import Machine, modern


class _Inert:
    """Stands for whatever a name or a call would give."""


_INERT: Final = _Inert()


class Scanner(Machine):
    """Runs a pickle with every name, call and storage replaced by something inert.

    Attributes:
        names: the full names that were used.
    """

    def __init__(self, body: bytes) -> None:
        super().__init__(body, lambda identity: _INERT)
        self.names: set[str] = set()

    def named(self, module: str, name: str) -> Any:
        """Note the name."""
        module, name = modern(module, name)
        if torchs(module, name) is None and allowed_by_user(f"{module}.{name}") is None:
            self.names.add(f"{module}.{name}")
        return _INERT

    def call(self, function: Any, arguments: Any) -> Any:
        """Nothing is called."""
        return _INERT

    def make(self, cls: Any, arguments: Any, keywords: Any = None) -> Any:
        """Nothing is made."""
        return _INERT

    def build(self, made: Any, state: Any) -> None:
        """Nothing is given a state."""

    def extend(self, target: Any, items: list[Any]) -> None:
        """Only real lists grow."""
        if target is not _INERT:
            super().extend(target, items)

    def set_items(self, target: Any, items: list[Any]) -> None:
        """Nothing is set: keys need not be hashable."""

    def add(self, target: Any, items: list[Any]) -> None:
        """Nothing is added: elements need not be hashable."""


def unsafe_globals(f: Any) -> list[str]:
    """The sorted full names that a file in the zip format uses and that are not allowed."""
    with opened(f) as file:
        if not is_archive(file):
            raise ValueError("Expected input to be a checkpoint returned by torch.save: this is no zip archive")
        scanner = Scanner(Archive(file).pickle())
    scanner.run()
    return sorted(scanner.names)
