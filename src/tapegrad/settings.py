"""torch's process-wide switches; most have no effect here and are remembered, for code that sets and asks."""

from __future__ import annotations

import os
import warnings
from typing import Any, Final


def _processors() -> int:
    """The number of threads to begin with: OMP_NUM_THREADS if that is set, else of processors there are for us."""
    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_settings: Final[dict[str, Any]] = {
    "deterministic": 0,  # 0, 1 (warn) or 2 (error), as torch counts
    "interop threads": 1,
    "matmul precision": "highest",
    "threads": _processors(),
    "warn always": False,
}

_MODES: Final = ("default", "warn", "error")


def _positive(function: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RuntimeError(f"{function} expects an int, but got {type(value).__name__}")
    if value <= 0:
        raise RuntimeError(f"{function} expects a positive integer: got {value}")
    return value


def get_num_threads() -> int:
    """How many threads share the work on large arrays: as last set, at first as OMP_NUM_THREADS says or as there are
    processors.  NumPy's BLAS decides on its own."""
    return int(_settings["threads"])


def set_num_threads(num: int) -> None:
    """Have so many threads share the work on large arrays; results do not depend on it.

    Products of matrices have the threads of NumPy's BLAS: for these set OMP_NUM_THREADS before NumPy is imported, or
    use threadpoolctl.

    Raises:
        RuntimeError: not a positive integer.
    """
    _settings["threads"] = _positive("set_num_threads", num)


def get_num_interop_threads() -> int:
    """The number last set."""
    return int(_settings["interop threads"])


def set_num_interop_threads(num: int) -> None:
    """Accepted without effect.

    Raises:
        RuntimeError: not a positive integer.
    """
    _settings["interop threads"] = _positive("set_num_interop_threads", num)


def set_flush_denormal(mode: bool) -> bool:
    """Accepted without effect; True, as on a processor that could.

    Raises:
        RuntimeError: not a bool.
    """
    if not isinstance(mode, bool):
        raise RuntimeError(f"flush_denormal expects a bool, but got {type(mode).__name__}")
    return True


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted: everything here is deterministic.

    Raises:
        TypeError: not a bool.

    >>> use_deterministic_algorithms(True)
    >>> are_deterministic_algorithms_enabled()
    True
    >>> use_deterministic_algorithms(False)
    """
    if not isinstance(mode, bool):
        raise TypeError(
            "_set_deterministic_algorithms(): argument 'mode' (position 1) must be bool, not " + type(mode).__name__
        )
    _settings["deterministic"] = (1 if warn_only else 2) if mode else 0


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms(True)` was called last."""
    return bool(_settings["deterministic"])


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether that was with `warn_only=True`."""
    return bool(_settings["deterministic"] == 1)


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """The same switch: 0 or 'default', 1 or 'warn', 2 or 'error'.

    Raises:
        RuntimeError: none of these.
        TypeError: neither an integer nor a string.
    """
    if isinstance(debug_mode, str):
        if debug_mode not in _MODES:
            raise RuntimeError(
                "invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got " + debug_mode
            )
        debug_mode = _MODES.index(debug_mode)
    elif not isinstance(debug_mode, int):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    _settings["deterministic"] = debug_mode


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2: see `set_deterministic_debug_mode`."""
    return int(_settings["deterministic"])


def get_float32_matmul_precision() -> str:
    """The precision last set; products are of full precision regardless."""
    return str(_settings["matmul precision"])


def set_float32_matmul_precision(precision: str) -> None:
    """Accepted without effect; warns, as torch does, if it is not 'highest', 'high' or 'medium'."""
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current setFloat32MatmulPrecision call has"
            " no effect.",
            UserWarning,
            stacklevel=2,
        )
        return
    _settings["matmul precision"] = precision


def is_warn_always_enabled() -> bool:
    """The value last set."""
    return bool(_settings["warn always"])


def set_warn_always(b: bool, /) -> None:
    """Accepted without effect.

    Raises:
        RuntimeError: not a bool.
    """
    if not isinstance(b, bool):
        raise RuntimeError(f"setWarnOnlyOnce expects a bool, but got {type(b).__name__}")
    _settings["warn always"] = b


__all__ = [
    "are_deterministic_algorithms_enabled", "get_deterministic_debug_mode", "get_float32_matmul_precision",
    "get_num_interop_threads", "get_num_threads", "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled", "set_deterministic_debug_mode", "set_float32_matmul_precision", "set_flush_denormal",
    "set_num_interop_threads", "set_num_threads", "set_warn_always", "use_deterministic_algorithms",
]  # fmt: skip
