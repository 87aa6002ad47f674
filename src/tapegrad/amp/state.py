"""The autocast settings of each thread, and torch's functions that ask for them and change them."""

from __future__ import annotations

import threading
import warnings
from threading import get_ident
from typing import Any, Final

from ..tensor.device import device
from ..tensor.dtypes import bfloat16, dtype, float16

# The types of devices that have autocast in torch, with the precision of their regions. Only that of the CPU has an
# effect here.
_DTYPES: Final[dict[str, dtype]] = {
    "cpu": bfloat16, "cuda": float16, "xpu": float16, "mps": float16, "hpu": bfloat16, "ipu": float16,
    "xla": bfloat16, "mtia": float16, "maia": bfloat16, "privateuseone": float16,
}  # fmt: skip


class _Settings(threading.local):
    """What holds in a thread."""

    def __init__(self) -> None:
        self.enabled: set[str] = set()
        self.dtypes = dict(_DTYPES)
        self.use_cache = True
        self.nesting = 0
        # Parameters in lower precision, for as long as the outermost region lasts: by identity and dtype, the
        # parameter, which keeps the identity from being given out again, and the cast tensor.
        self.cache: dict[tuple[int, dtype], tuple[Any, Any]] = {}


settings: Final = _Settings()

# The threads in which functions cast at the moment. Empty almost always: asking costs a truth test.
casting: Final[set[int]] = set()


class _ThreadEnd:
    """Dies with its thread and takes the thread's identity, which may be given out again, off the list."""

    def __init__(self) -> None:
        self.ident = get_ident()

    def __del__(self) -> None:
        casting.discard(self.ident)


_at_thread_end: Final = threading.local()


def _kind(name: Any, function: str) -> str:
    """The type in the name of a device: "cuda" in "cuda:0".

    Raises:
        TypeError, RuntimeError: as torch words it.
    """
    if not isinstance(name, str):
        found = type(name).__name__
        raise TypeError(f"{function}(): argument 'device_type' (position 1) must be str, not {found}")
    return name if name in _DTYPES else device(name).type


def is_autocast_available(device_type: str) -> bool:
    """Whether regions can be entered for a type of device.

    >>> import tapegrad as torch
    >>> torch.amp.is_autocast_available("cpu")
    True
    """
    return _kind(device_type, "_is_autocast_available") in _DTYPES


def _known(name: Any, function: str) -> str:
    kind = _kind(name, function)
    if kind not in _DTYPES:
        raise RuntimeError("unknown device type for autocast in get_autocast_dispatch_key_from_device_type")
    return kind


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether this thread is in a region for a type of device."""
    return _known(device_type, "is_autocast_enabled") in settings.enabled


def set_autocast_enabled(device_type: Any, enabled: bool | None = None) -> None:
    """Enter a region for a type of device, or leave it; with one argument, for "cuda"."""
    if enabled is None:
        device_type, enabled = "cuda", device_type
    kind = _known(device_type, "set_autocast_enabled")
    if enabled:
        settings.enabled.add(kind)
    else:
        settings.enabled.discard(kind)
    if kind == "cpu":
        _cast_in_this_thread(bool(enabled))


def _cast_in_this_thread(on: bool) -> None:
    if not on:
        casting.discard(get_ident())
        return
    from .casting import install

    install()
    if not hasattr(_at_thread_end, "mark"):
        _at_thread_end.mark = _ThreadEnd()
    casting.add(get_ident())


def get_autocast_dtype(device_type: str) -> dtype:
    """The precision of regions for a type of device.

    >>> import tapegrad as torch
    >>> torch.get_autocast_dtype("cpu")
    torch.bfloat16
    """
    kind = _kind(device_type, "get_autocast_dtype")
    if kind not in _DTYPES:
        raise RuntimeError("unsupported scalarType")
    return settings.dtypes[kind]


def set_autocast_dtype(device_type: str, dtype: dtype) -> None:
    """Set the precision of regions for a type of device, in this thread."""
    settings.dtypes[_known(device_type, "set_autocast_dtype")] = dtype


def is_autocast_cache_enabled() -> bool:
    """Whether a region keeps parameters that it has cast."""
    return settings.use_cache


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Have regions keep parameters that they have cast, or not."""
    settings.use_cache = bool(enabled)


def clear_autocast_cache() -> None:
    """Forget the parameters that this thread's regions have cast."""
    settings.cache.clear()


def autocast_increment_nesting() -> int:
    """Note that a region was entered; returns how many there are."""
    settings.nesting += 1
    return settings.nesting


def autocast_decrement_nesting() -> int:
    """Note that a region was left; returns how many there are."""
    settings.nesting -= 1
    return settings.nesting


# -- deprecated names, one per type of device --------------------------------------------------------------------------


def _deprecated(old: str, new: str) -> None:
    warnings.warn(f"torch.{old} is deprecated. Please use torch.{new} instead.", DeprecationWarning, stacklevel=3)


def _getters(name: str, kind: str) -> tuple[Any, Any]:
    """`is_autocast_NAME_enabled` and `get_autocast_NAME_dtype`."""

    def is_enabled() -> bool:
        _deprecated(f"is_autocast_{name}_enabled()", f"is_autocast_enabled('{kind}')")
        return is_autocast_enabled(kind)

    def get_dtype() -> dtype:
        _deprecated(f"get_autocast_{name}_dtype()", f"get_autocast_dtype('{kind}')")
        return get_autocast_dtype(kind)

    is_enabled.__name__ = is_enabled.__qualname__ = f"is_autocast_{name}_enabled"
    is_enabled.__doc__ = f"Deprecated name of `is_autocast_enabled('{kind}')`."
    get_dtype.__name__ = get_dtype.__qualname__ = f"get_autocast_{name}_dtype"
    get_dtype.__doc__ = f"Deprecated name of `get_autocast_dtype('{kind}')`."
    return is_enabled, get_dtype


def _setters(name: str, kind: str) -> tuple[Any, Any]:
    """`set_autocast_NAME_enabled` and `set_autocast_NAME_dtype`."""

    def set_enabled(enabled: bool) -> None:
        _deprecated(f"set_autocast_{name}_enabled(enabled)", f"set_autocast_enabled('{kind}', enabled)")
        set_autocast_enabled(kind, enabled)

    def set_dtype(dtype: dtype) -> None:
        _deprecated(f"set_autocast_{name}_dtype(dtype)", f"set_autocast_dtype('{kind}', dtype)")
        set_autocast_dtype(kind, dtype)

    set_enabled.__name__ = set_enabled.__qualname__ = f"set_autocast_{name}_enabled"
    set_enabled.__doc__ = f"Deprecated name of `set_autocast_enabled('{kind}', enabled)`."
    set_dtype.__name__ = set_dtype.__qualname__ = f"set_autocast_{name}_dtype"
    set_dtype.__doc__ = f"Deprecated name of `set_autocast_dtype('{kind}', dtype)`."
    return set_enabled, set_dtype


is_autocast_cpu_enabled, get_autocast_cpu_dtype = _getters("cpu", "cpu")
is_autocast_ipu_enabled, get_autocast_ipu_dtype = _getters("ipu", "ipu")
is_autocast_xla_enabled, get_autocast_xla_dtype = _getters("xla", "xla")
_, get_autocast_gpu_dtype = _getters("gpu", "cuda")
set_autocast_cpu_enabled, set_autocast_cpu_dtype = _setters("cpu", "cpu")
set_autocast_ipu_enabled, set_autocast_ipu_dtype = _setters("ipu", "ipu")
set_autocast_xla_enabled, set_autocast_xla_dtype = _setters("xla", "xla")
_, set_autocast_gpu_dtype = _setters("gpu", "cuda")

__all__ = [
    "autocast_decrement_nesting", "autocast_increment_nesting", "clear_autocast_cache", "get_autocast_cpu_dtype",
    "get_autocast_dtype", "get_autocast_gpu_dtype", "get_autocast_ipu_dtype", "get_autocast_xla_dtype",
    "is_autocast_cache_enabled", "is_autocast_cpu_enabled", "is_autocast_enabled", "is_autocast_ipu_enabled",
    "is_autocast_xla_enabled", "set_autocast_cache_enabled", "set_autocast_cpu_dtype", "set_autocast_cpu_enabled",
    "set_autocast_dtype", "set_autocast_enabled", "set_autocast_gpu_dtype", "set_autocast_ipu_dtype",
    "set_autocast_ipu_enabled", "set_autocast_xla_dtype", "set_autocast_xla_enabled",
]  # fmt: skip
