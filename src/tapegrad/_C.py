"""Names of torch's C++ half that programs use: whether `__torch_function__` is asked, what is traced, an error."""

from __future__ import annotations

from threading import get_ident

from .errors import LinAlgError as _LinAlgError
from .tensor.torch_function import DISABLED as _disabled_torch_function_impl
from .tensor.torch_function import DisableTorchFunction, DisableTorchFunctionSubclass, classes_off, modes_off


def _is_torch_function_enabled() -> bool:
    """Whether classes are asked, in this thread."""
    return get_ident() not in classes_off


def _is_torch_function_all_disabled() -> bool:
    """Whether neither classes nor modes are asked, in this thread."""
    return get_ident() in modes_off


def _log_api_usage_once(event: str) -> None:
    """Nothing is logged."""


def _get_tracing_state() -> None:
    """None: nothing is traced by TorchScript here."""


__all__ = [
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "_LinAlgError",
    "_disabled_torch_function_impl",
    "_get_tracing_state",
    "_log_api_usage_once",
]
