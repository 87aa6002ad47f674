"""`torch._utils`, as far as programs import from it: exceptions that travel between processes."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any, NoReturn

__all__ = ["ExceptionWrapper", "KeyErrorMessage", "cpu_count"]


class KeyErrorMessage(str):
    """A text that a KeyError shows as it is; it shows the repr of any other string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class ExceptionWrapper:
    """An exception with its traceback as text, to be raised again in another process or thread.

    Args:
        exc_info: what `sys.exc_info()` returned; None for the exception being handled.
        where: where it was caught, for the message.

    >>> try:
    ...     {}["apple"]
    ... except KeyError:
    ...     caught = ExceptionWrapper(where="in the cellar")
    >>> try:
    ...     caught.reraise()
    ... except KeyError as error:
    ...     print(str(error).splitlines()[0])
    Caught KeyError in the cellar.
    """

    def __init__(self, exc_info: Any = None, where: str = "in background") -> None:
        kind, error, trace = sys.exc_info() if exc_info is None else exc_info
        assert kind is not None, "no exception is being handled"
        self.exc_type: type[BaseException] = kind
        # The text only: a traceback cannot be pickled, and would keep all the frames alive.
        self.exc_msg = "".join(traceback.format_exception(kind, error, trace))
        self.where = where

    def reraise(self) -> NoReturn:
        """Raise an exception of the same type, whose message holds the original traceback.

        Raises:
            RuntimeError: with that message, if the type cannot be made from one text.
        """
        text = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        if self.exc_type is KeyError:
            raise KeyError(KeyErrorMessage(text))
        if getattr(self.exc_type, "message", None):
            raise self.exc_type(message=text)  # type: ignore[call-arg]  # it says that it has such a field
        try:
            error = self.exc_type(text)
        except Exception:
            raise RuntimeError(text) from None
        raise error


def cpu_count() -> int | None:
    """The number of processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()
