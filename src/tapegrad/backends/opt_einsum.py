"""`torch.backends.opt_einsum`: einsum contracts from left to right, as in a torch that has no opt_einsum."""

from __future__ import annotations

from contextlib import AbstractContextManager

from .flags import block, change

enabled: bool = False
strategy: str | None = None


def is_available() -> bool:
    """False."""
    return False


def get_opt_einsum() -> None:
    """None: there is no library."""


def set_flags(_enabled: bool | None = None, _strategy: str | None = None) -> tuple[bool, str | None]:
    """Set switches; gives back what they were."""
    was_enabled, was_strategy = change(globals(), enabled=_enabled, strategy=_strategy)
    return was_enabled, was_strategy


def flags(enabled: bool | None = None, strategy: str | None = None) -> AbstractContextManager[None]:
    """Switches for the extent of a `with` block."""
    return block(globals(), enabled=enabled, strategy=strategy)
