"""Which line of the user's program recorded an operation: noted while somebody wants to know, and at no cost otherwise.

    with tapegrad.record_lines():
        loss = model(x)             # each new node notes this line

`origin_of(node)` then gives the line; `why`, `explain`, `find_nan` and some errors show it.  With the lines of recorded
operations come those of everything else that decides about gradients, detach, no_grad, in-place writes, backward
passes, which `detective/journal.py` keeps.
"""

from __future__ import annotations

import linecache
import os
import sys
from threading import Lock
from types import FrameType
from typing import Any, Final

from .autograd.node import Node, watchers

_PACKAGE: Final = os.path.dirname(os.path.abspath(__file__)) + os.sep
_KEY: Final = "_origin"  # in the dictionary of a node

_lock: Final = Lock()
_users = 0  # how many contexts are open, in all threads


class Origin:
    """A place in the user's program.

    Attributes:
        file: the file's name, as the code object has it.
        line: the number of the line, from 1.
        function: the name of the function, '<module>' outside of any.
    """

    __slots__ = ("file", "function", "line")

    def __init__(self, file: str, line: int, function: str) -> None:
        self.file, self.line, self.function = file, line, function

    @property
    def text(self) -> str:
        """The line itself without its indentation; empty if the file cannot be read."""
        return linecache.getline(self.file, self.line).strip()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin) and (self.file, self.line) == (other.file, other.line)

    def __hash__(self) -> int:
        return hash((self.file, self.line))

    def __str__(self) -> str:
        """'train.py:12, in step: `loss = f(x)`'."""
        where = f"{os.path.basename(self.file)}:{self.line}"
        if self.function != "<module>":
            where += f", in {self.function}"
        return f"{where}: `{self.text}`" if self.text else where

    def __repr__(self) -> str:
        return f"<{self}>"


def users_frame(frame: FrameType) -> FrameType:
    """The innermost frame, from `frame` outwards, of code that is not tapegrad's own."""
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def is_ours(file: str) -> bool:
    """Whether a file is one of tapegrad's, or code that an operator generated."""
    return file.startswith((_PACKAGE, "<tapegrad "))


def here() -> Origin:
    """The user's line that is being run."""
    frame = users_frame(sys._getframe(1))
    return Origin(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def origin_of(node: Any) -> Origin | None:
    """The line that recorded an operation; None if lines were not noted then.

    >>> import tapegrad as torch
    >>> from tapegrad.source_lines import origin_of
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.record_lines():
    ...     y = x * 2
    >>> origin_of(y.grad_fn).text
    'y = x * 2'
    >>> origin_of((y + 1).grad_fn)  # recorded when lines were not
    """
    return node.__dict__.get(_KEY) if isinstance(node, Node) else None


def recording_lines() -> bool:
    """Whether lines are being noted."""
    return _users > 0


class record_lines:
    """Within the `with` block, tapegrad notes which line of the program did what to a gradient.

    It slows the block down; everything outside runs as ever.  Contexts may be nested.

    >>> import tapegrad as torch
    >>> from tapegrad.source_lines import origin_of
    >>> w = torch.ones(2, requires_grad=True)
    >>> with torch.record_lines():
    ...     loss = (w * 3).sum()
    >>> origin_of(loss.grad_fn).text
    'loss = (w * 3).sum()'
    """

    def __enter__(self) -> None:
        global _users
        with _lock:
            if _users == 0:
                from .detective import journal

                journal.start()
                watchers.append(_note)
            _users += 1

    def __exit__(self, *exc: object) -> None:
        global _users
        with _lock:
            _users -= 1
            if _users == 0:
                from .detective import journal

                journal.stop()
                watchers.remove(_note)


def _note(node: Node) -> None:
    node.__dict__[_KEY] = here()
