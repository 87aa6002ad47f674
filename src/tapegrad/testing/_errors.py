"""What a comparison raises inside, before the place of the failure is known."""

from __future__ import annotations

from typing import Any


class ErrorMeta(Exception):
    """An error still to be raised: its type, its message, and which item of nested containers it is about.

    >>> ErrorMeta(ValueError, "Too large.", id=("a", 0)).to_error()
    ValueError("Too large.\\n\\nThe failure occurred for item ['a'][0]")
    """

    def __init__(self, type: type[Exception], msg: str, *, id: tuple[Any, ...] = ()) -> None:
        super().__init__(f"This stands for a {type.__name__}; raise its to_error(): {msg}")
        self.type = type
        self.msg = msg
        self.id = id

    def to_error(self, msg: Any = None) -> Exception:
        """The error.

        Args:
            msg: a message instead of its own, or a function that makes one from its own.
        """
        place = "".join(f"[{item!r}]" for item in self.id)
        text = f"{self.msg}\n\nThe failure occurred for item {place}" if place else self.msg
        if callable(msg):
            return self.type(msg(text))
        return self.type(msg if isinstance(msg, str) else text)


class UnsupportedInputs(Exception):
    """The two objects are not of the kind that a pair compares."""
