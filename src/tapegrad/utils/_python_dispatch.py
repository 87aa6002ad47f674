"""`torch.utils._python_dispatch`: private in torch, and asked whether anything stands below autograd. Nothing does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from ..errors import unsupported


class TorchDispatchMode:
    """Refused where one is made: operators have no second level of dispatch here.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise unsupported("TorchDispatchMode", "torch.overrides.TorchFunctionMode sees the functions that are called")


def is_traceable_wrapper_subclass(t: object) -> bool:
    """False: no tensor wraps others below autograd."""
    return False


def is_traceable_wrapper_subclass_type(t: type) -> bool:
    """False: no tensor wraps others below autograd."""
    return False


def is_in_torch_dispatch_mode(include_infra_modes: bool = True) -> bool:
    """False: there are no such modes."""
    return False


def _get_current_dispatch_mode() -> None:
    """None: there are no such modes."""


def _get_current_dispatch_mode_stack() -> list[NoReturn]:
    """Empty: there are no such modes."""
    return []


@contextmanager
def _disable_current_modes() -> Iterator[list[NoReturn]]:
    """A block without modes, which is as any other."""
    yield []
