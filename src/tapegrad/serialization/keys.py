"""Keys of dictionaries and elements of sets that a file brings, checked before Python hashes them.

Three things make hashing dangerous: a tuple in a tuple in a tuple …, which CPython hashes by recursion without a limit;
one that contains itself twice at every level, whose hash takes time exponential in its depth; and many keys with the
same hash, which make a dictionary quadratic.  Strings and bytes are safe: their hashes are kept, and are salted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from .malformed import Malformed

_PLAIN: Final = frozenset((str, bytes, bool, type(None)))
_DEPTH: Final = 50
_SAME_HASH: Final = 64
_SMALL: Final = 2**61 - 1  # integers below are their own hashes


class Keys:
    """Watches the keys of one file.

    Args:
        charge: called with the cost of each check beyond the ordinary.
    """

    def __init__(self, charge: Callable[[int], None]) -> None:
        self.charge = charge
        self.met: dict[tuple[int, int], int] = {}

    def check(self, target: object, keys: Iterable[Any]) -> None:
        """Refuse what cannot be hashed quickly as keys of a container.

        Raises:
            Malformed: keys are nested too deep, or too many have the same hash.
            pickle.UnpicklingError: they cost more than the file may.
            TypeError: a key cannot be hashed.
        """
        for key in keys:
            kind = type(key)
            if kind in _PLAIN or (kind is int and 0 <= key < _SMALL):
                continue
            self._walk(key)
            place = (id(target), hash(key))
            self.met[place] = count = self.met.get(place, 0) + 1
            if count > _SAME_HASH:
                raise Malformed("many keys with the same hash")

    def _walk(self, key: Any) -> None:
        level: list[Any] = [key]
        for _ in range(_DEPTH):
            below: list[Any] = []
            for item in level:
                if isinstance(item, (tuple, frozenset)):
                    self.charge(len(item))
                    below.extend(item)
                elif isinstance(item, int):
                    self.charge(item.bit_length() // 64)
            if not below:
                return
            level = below
        raise Malformed("a key that is nested too deep")
