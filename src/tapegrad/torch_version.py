"""`torch.torch_version`: a version that is a string, and compares as versions do.

Versions are those of PEP 440 (https://peps.python.org/pep-0440): epoch, release, pre-, post- and development releases,
and a local part after "+".
"""

from __future__ import annotations

import re
from typing import Any, Final

from .version import __version__ as internal_version

__all__ = ["TorchVersion"]

_FORM: Final = r"""
    v?(?:(?P<epoch>\d+)!)?
    (?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>\d*))?
    (?P<post>-(?P<post_number>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number_2>\d*))?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_number>\d*))?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?
"""
_PHASES: Final = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}


class InvalidVersion(ValueError):
    """A text that is no version."""


class Version:
    """A version by its parts.

    >>> Version("1.2rc1") < Version("1.2") < Version("1.2+cpu") < Version("1.2.post1")
    True

    Raises:
        InvalidVersion: the text is no version.
    """

    def __init__(self, version: str) -> None:
        # The pattern is compiled when the first version is compared: an import of the package has no time for it.
        found = re.fullmatch(_FORM, version.strip(), re.VERBOSE | re.IGNORECASE)
        if found is None:
            raise InvalidVersion(f"Invalid version: {version!r}")
        part = found.groupdict()
        self._text = version.strip()
        self.epoch = int(part["epoch"] or 0)
        self.release = tuple(int(number) for number in part["release"].split("."))
        self.local: str | None = part["local"]
        self._key = (self.epoch, _without_zeros(self.release), *_phase(part), _local_key(self.local))

    @property
    def major(self) -> int:
        """The first number of the release."""
        return self.release[0]

    @property
    def minor(self) -> int:
        """The second number of the release."""
        return self.release[1] if len(self.release) > 1 else 0

    @property
    def micro(self) -> int:
        """The third number of the release."""
        return self.release[2] if len(self.release) > 2 else 0

    @property
    def base_version(self) -> str:
        """The epoch and the release."""
        return (f"{self.epoch}!" if self.epoch else "") + ".".join(map(str, self.release))

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Version({self._text!r})>"

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: Version) -> bool:
        return self._key < other._key if isinstance(other, Version) else NotImplemented

    def __le__(self, other: Version) -> bool:
        return self._key <= other._key if isinstance(other, Version) else NotImplemented

    def __gt__(self, other: Version) -> bool:
        return self._key > other._key if isinstance(other, Version) else NotImplemented

    def __ge__(self, other: Version) -> bool:
        return self._key >= other._key if isinstance(other, Version) else NotImplemented


def _without_zeros(release: tuple[int, ...]) -> tuple[int, ...]:
    while release and release[-1] == 0:
        release = release[:-1]
    return release


def _phase(part: dict[str, Any]) -> tuple[tuple[float, int], float, float]:
    """What orders the versions of one release: development before pre-releases, then the release, then what follows."""
    dev = float("inf") if part["dev"] is None else int(part["dev_number"] or 0)
    post = -1 if part["post"] is None else int(part["post_number"] or part["post_number_2"] or 0)
    if part["pre"] is not None:
        pre: tuple[float, int] = (_PHASES[part["pre"].lower()], int(part["pre_number"] or 0))
    elif part["post"] is None and part["dev"] is not None:
        pre = (-1, 0)
    else:
        pre = (3, 0)
    return pre, post, dev


def _local_key(local: str | None) -> tuple[tuple[int, int, str], ...]:
    """None before all others; numbers after words."""
    if local is None:
        return ()
    parts = re.split("[-_.]", local.lower())
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)


class TorchVersion(str):
    """A version that is a string, and compares as versions do: with strings, tuples and versions.

    What is no version is compared as a string.

    >>> import tapegrad as torch
    >>> torch.__version__ >= "2.9", torch.__version__ < (2, 100)
    (True, True)
    """

    __slots__ = ()

    def _compared(self, other: Any, how: str) -> Any:
        try:
            return getattr(Version(str(self)), how)(_as_version(other))
        except InvalidVersion:
            return getattr(str(self), how)(other)

    def __lt__(self, other: Any) -> Any:
        return self._compared(other, "__lt__")

    def __le__(self, other: Any) -> Any:
        return self._compared(other, "__le__")

    def __gt__(self, other: Any) -> Any:
        return self._compared(other, "__gt__")

    def __ge__(self, other: Any) -> Any:
        return self._compared(other, "__ge__")

    def __eq__(self, other: object) -> Any:
        return self._compared(other, "__eq__")

    def __ne__(self, other: object) -> Any:
        equal = self._compared(other, "__eq__")
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash(str(self))


def _as_version(other: Any) -> Version:
    if isinstance(other, Version):
        return other
    if isinstance(other, str):
        return Version(str(other))
    if isinstance(other, (tuple, list)):
        return Version(".".join(str(part) for part in other))
    raise InvalidVersion(f"Invalid version: {other!r}")


__version__ = TorchVersion(internal_version)
