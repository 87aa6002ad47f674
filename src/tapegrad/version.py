"""The version: that of the torch that is the specification, with tapegrad's own as its local part."""

from __future__ import annotations

import re
from typing import Any

own = "0.1.0"


class TorchVersion(str):
    """A version that prints as a string and compares by its numbers, with strings and tuples alike.

    >>> import tapegrad as torch
    >>> torch.__version__ >= "2.9", torch.__version__ < (2, 100)
    (True, True)
    """

    __slots__ = ()

    def _numbers(self) -> tuple[int, ...]:
        return _numbers(str(self))

    def __lt__(self, other: Any) -> bool:
        return self._numbers() < _numbers(other)

    def __le__(self, other: Any) -> bool:
        return self._numbers() <= _numbers(other)

    def __gt__(self, other: Any) -> bool:
        return self._numbers() > _numbers(other)

    def __ge__(self, other: Any) -> bool:
        return self._numbers() >= _numbers(other)

    def __eq__(self, other: object) -> bool:
        return str(self) == other if isinstance(other, str) and "+" in other else self._numbers() == _numbers(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(str(self))


def _numbers(version: Any) -> tuple[int, ...]:
    """The release numbers of a version, without trailing zeros: '2.13.0+cpu' -> (2, 13)."""
    if isinstance(version, (tuple, list)):
        parts = [int(part) for part in version if str(part).isdigit()]
    else:
        match = re.match(r"v?\d+(?:\.\d+)*", str(version))
        parts = [int(part) for part in match[0].lstrip("v").split(".")] if match else []
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


__version__ = TorchVersion(f"2.13.0+tapegrad.{own}")
cuda = None
