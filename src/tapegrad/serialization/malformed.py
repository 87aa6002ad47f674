"""Files that say something impossible."""

from __future__ import annotations


class Malformed(Exception):
    """A file says something that makes no sense."""


def need(fits: bool, what: str) -> None:
    """Refuse a file that says something impossible."""
    if not fits:
        raise Malformed(what)
