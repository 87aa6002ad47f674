"""Memory that work of one kind needs again and again, kept for the next who does it in the same thread."""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any, Final, Protocol, TypeVar

MOST_KEPT: Final = 16  # how many are kept
LARGEST_KEPT: Final = 1 << 22  # bytes of one that is kept


class Workplace(Protocol):
    """What is borrowed: made from options, and large."""

    @property
    def options(self) -> tuple[Any, ...]: ...

    @property
    def nbytes(self) -> int: ...


_Place = TypeVar("_Place", bound=Workplace)
# By thread, class and options; the one that has not been used for longest is the first.
_kept: Final[dict[Any, Workplace]] = {}


def borrow(make: Callable[..., _Place], *options: Any) -> _Place:
    """An instance of a class for some options, that nobody else uses until it is given back."""
    found: Any = _kept.pop((get_ident(), make, options), None)
    return make(*options) if found is None else found


def give_back(place: Workplace) -> None:
    """Keep it for the next who wants the same in this thread."""
    if place.nbytes > LARGEST_KEPT:
        return
    _kept[get_ident(), place.__class__, place.options] = place
    if len(_kept) > MOST_KEPT:
        _kept.pop(next(iter(_kept)), None)
