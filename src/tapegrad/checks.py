"""Assertions by which libraries check arguments: `torch._assert`, `torch._check` and its kin."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

from .tensor.tensor import Tensor

__all__ = [
    "_assert", "_assert_async", "_check", "_check_index", "_check_is_size", "_check_not_implemented", "_check_type",
    "_check_value", "_check_with",
]  # fmt: skip

_UNEXPLAINED: Final = (
    "Expected cond to be True, but got False. (Could this error message be improved? If so, please report an"
    " enhancement request to PyTorch.)"
)
_Message = Callable[[], object] | None


def _assert(condition: Any, message: Any) -> None:
    """`assert condition, message`, as a function.

    Raises:
        AssertionError: the condition is false.
    """
    if not condition:
        raise AssertionError(message)


def _assert_async(input: Tensor, assert_msg: str | None = None) -> None:
    """Assert that the one element of a tensor is not zero.

    Raises:
        RuntimeError: it is, or there are several elements.
    """
    if not input:
        raise RuntimeError(
            "Expected Tensor with single nonzero value, but got zero" if assert_msg is None else assert_msg
        )


def _check_with(error_type: type[Exception], cond: bool, message: _Message) -> None:
    """Raise an error of a type, with the message that a function makes, unless a condition holds.

    Raises:
        TypeError: the condition is no bool.
    """
    if not isinstance(cond, bool):
        if isinstance(cond, Tensor):
            raise TypeError(
                "cond must be a bool, but got a Tensor. For tensor conditions, use torch._check_tensor_all() to assert"
                " that all elements are true."
            )
        raise TypeError(f"cond must be a bool, but got {type(cond)}")
    if cond:
        return
    if message is None:
        raise error_type(_UNEXPLAINED)
    if not callable(message):
        raise TypeError("message must be a callable")
    raise error_type(str(message()))


def _check(cond: bool, message: _Message = None) -> None:
    """Raise RuntimeError unless a condition holds.

    >>> import tapegrad as torch
    >>> torch._check(1 < 2, lambda: "numbers are out of order")
    """
    _check_with(RuntimeError, cond, message)


def _check_index(cond: bool, message: _Message = None) -> None:
    """Raise IndexError unless a condition holds."""
    _check_with(IndexError, cond, message)


def _check_value(cond: bool, message: _Message = None) -> None:
    """Raise ValueError unless a condition holds."""
    _check_with(ValueError, cond, message)


def _check_type(cond: bool, message: _Message = None) -> None:
    """Raise TypeError unless a condition holds."""
    _check_with(TypeError, cond, message)


def _check_not_implemented(cond: bool, message: _Message = None) -> None:
    """Raise NotImplementedError unless a condition holds."""
    _check_with(NotImplementedError, cond, message)


def _check_is_size(i: int, message: _Message = None, *, max: int | None = None) -> None:
    """Raise RuntimeError unless a number could be a size."""
    warnings.warn(
        "_check_is_size will be removed in a future PyTorch release along with guard_size_oblivious. Use _check(i >= 0)"
        " instead.",
        FutureWarning,
        stacklevel=2,
    )
    _check(i >= 0 and (max is None or i <= max), message)
