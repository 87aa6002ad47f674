"""Which names a file may use: torch's own few, and those that the user allows."""

from __future__ import annotations

from typing import Any, Final

from .names import name_in_files

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "safe_globals",
]

# By the name under which a file may use it: classes and functions that the user has allowed.
_allowed: Final[dict[str, Any]] = {}
_given: Final[list[Any]] = []


def _name_and_object(item: Any) -> tuple[str, Any]:
    if isinstance(item, tuple):
        if len(item) != 2:
            raise ValueError(
                f"Expected tuple of length 2 (global, str of callable full path), but got tuple of length: {len(item)}"
            )
        if not isinstance(item[1], str):
            raise TypeError(f"Expected second item in tuple to be str of callable full path, but got: {type(item[1])}")
        return item[1], item[0]
    return name_in_files(item), item


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Let files use these classes and functions.

    Args:
        safe_globals: classes or functions, or tuples of one and the full name under which files know it.  They are
            called with what a file says, so allow only what does no harm whatever it is called with.

    >>> import tapegrad as torch
    >>> class Point: ...
    >>> torch.serialization.add_safe_globals([Point])
    >>> torch.serialization.clear_safe_globals()
    """
    named = [_name_and_object(item) for item in safe_globals]
    _allowed.update(named)
    _given.extend(item for item in safe_globals if item not in _given)


def get_safe_globals() -> list[Any]:
    """What `add_safe_globals` was given."""
    return list(_given)


def clear_safe_globals() -> None:
    """Take back what `add_safe_globals` allowed."""
    _allowed.clear()
    _given.clear()


class safe_globals:
    """A block in which files may use these classes and functions; see `add_safe_globals`."""

    def __init__(self, safe_globals: list[Any]) -> None:
        self.added = safe_globals

    def __enter__(self) -> None:
        self.before = dict(_allowed), list(_given)
        add_safe_globals(self.added)

    def __exit__(self, *exc: object) -> None:
        _allowed.clear()
        _allowed.update(self.before[0])
        _given[:] = self.before[1]


def allowed_by_user(name: str) -> Any:
    """The object that the user has allowed under a full name, or None."""
    return _allowed.get(name)


def is_allowed_by_user(thing: Any) -> bool:
    """Whether this class or function itself is among those that the user has allowed."""
    return any(thing is known for known in _allowed.values())


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The names that a file uses and that are not allowed; the file is not loaded.

    Args:
        f: a path or a file, in the zip format.

    Raises:
        ValueError: it has another format.

    >>> import io
    >>> import tapegrad as torch
    >>> file = io.BytesIO()
    >>> torch.save(torch.ones(2), file)
    >>> _ = file.seek(0)
    >>> torch.serialization.get_unsafe_globals_in_checkpoint(file)
    []
    """
    from .scanning import unsafe_globals

    return unsafe_globals(f)
