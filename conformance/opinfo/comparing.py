"""Two results compared: structure, shapes, dtypes, values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from torch.testing._internal.common_device_type import precisionOverride, toleranceOverride

from .names import last
from .sides import Array, Side

Tolerance = tuple[float, float]  # relative, absolute
Check = Callable[[list[Array], list[Array]], None]

# Those of torch.testing.
_DEFAULTS: dict[str, Tolerance] = {
    "float64": (1e-7, 1e-7), "complex128": (1e-7, 1e-7), "float32": (1.3e-6, 1e-5), "complex64": (1.3e-6, 1e-5),
    "float16": (1e-3, 1e-3), "bfloat16": (1.6e-2, 1e-3),
}  # fmt: skip


class Mismatch(Exception):
    """A result is not torch's; `kind` says in which respect."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def tolerance(info: Any, dtype: Any) -> Tolerance:
    """That of torch.testing for a dtype, or what the database allows this operator on a CPU if that is more."""
    relative, absolute = _DEFAULTS.get(last(dtype), (0.0, 0.0))
    for decorator in info.decorators:
        if getattr(decorator, "device_type", None) not in (None, "cpu"):
            continue
        for item in getattr(decorator, "decorators", [decorator]):
            if isinstance(item, toleranceOverride) and dtype in item.d:
                relative, absolute = max(relative, item.d[dtype].rtol), max(absolute, item.d[dtype].atol)
            if isinstance(item, precisionOverride) and dtype in item.d:
                absolute = max(absolute, item.d[dtype])
    return relative, absolute


def for_result(allowed: Tolerance, dtype: Any) -> Tolerance:
    """The tolerance for a result of another dtype than the operands', such as float32 of integers."""
    relative, absolute = _DEFAULTS.get(last(dtype), (0.0, 0.0))
    return max(allowed[0], relative), max(allowed[1], absolute)


def _near(a: Array, b: Array, allowed: Tolerance, size: Array, elementwise: bool) -> Array:
    relative, absolute = allowed
    finite = np.isfinite(a) & np.isfinite(b)
    scale = size if elementwise else np.max(size[np.isfinite(size)], initial=0.0)
    close = finite & (np.abs(a - b) <= absolute + relative * scale)
    return np.asarray((a == b) | (np.isnan(a) & np.isnan(b)) | close)


def compare_values(
    expected: Array, got: Array, allowed: Tolerance, elementwise: bool = True, where: str = "out"
) -> None:
    """Compare two arrays of one shape.

    Where elements are not computed each for itself, they are measured by the largest: sums taken in another order
    differ by as much as their largest term is rounded.

    Raises:
        Mismatch: they differ by more than allowed.
    """
    if expected.dtype.kind in "biu":
        same = expected == got
    else:
        with np.errstate(all="ignore"):
            size = np.abs(expected).astype(np.float64)
            complex_ = expected.dtype.kind == "c"
            r, m = (x.astype(np.complex128 if x.dtype.kind == "c" else np.float64) for x in (expected, got))
            same = _near(r.real, m.real, allowed, size, elementwise)
            if complex_:
                same &= _near(r.imag, m.imag, allowed, size, elementwise)
    if not np.all(same):
        bad = np.argwhere(~same)
        at = tuple(int(i) for i in bad[0])
        found = f"at {at}: {expected[at]} expected, got {got[at]}"
        raise Mismatch("values", f"{where}: {len(bad)}/{expected.size} differ, {found}")


def _fields(x: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = getattr(type(x), "_fields", ()) or getattr(type(x), "__match_args__", ())
    return names


class Comparer:
    """Compares results of the two libraries within a tolerance."""

    def __init__(self, real: Side, mine: Side, allowed: Tolerance, elementwise: bool = False) -> None:
        self.real, self.mine, self.allowed, self.elementwise = real, mine, allowed, elementwise

    def __call__(self, expected: Any, got: Any, check: Check | None = None) -> None:
        """Structure, shapes and dtypes throughout; then values, by `check` if one is given.

        Raises:
            Mismatch: something differs.
        """
        pairs: list[tuple[str, Any, Any]] = []
        self._walk(expected, got, "out", pairs)
        arrays = [(where, self.real.numpy(r), self.mine.numpy(m)) for where, r, m in pairs]
        if check is not None:
            check([r for _, r, _ in arrays], [m for _, _, m in arrays])
            return
        for (where, r, m), (_, t, _) in zip(arrays, pairs, strict=True):
            compare_values(r, m, for_result(self.allowed, t.dtype), self.elementwise, where)

    def _walk(self, r: Any, m: Any, where: str, pairs: list[tuple[str, Any, Any]]) -> None:
        if self.real.is_tensor(r):
            if not self.mine.is_tensor(m):
                raise Mismatch("structure", f"{where}: tensor expected, got {type(m).__name__}")
            if tuple(r.shape) != tuple(m.shape):
                raise Mismatch("shape", f"{where}: {tuple(r.shape)} expected, got {tuple(m.shape)}")
            if last(r.dtype) != last(m.dtype):
                raise Mismatch("dtype", f"{where}: {last(r.dtype)} expected, got {last(m.dtype)}")
            pairs.append((where, r, m))
        elif isinstance(r, (list, tuple)):
            kind = list if isinstance(r, list) else tuple
            if not isinstance(m, kind) or len(r) != len(m):
                found = type(m).__name__ + (f" of {len(m)}" if isinstance(m, (list, tuple)) else "")
                raise Mismatch("structure", f"{where}: {kind.__name__} of {len(r)} expected, got {found}")
            for name in _fields(r):
                if not hasattr(m, name):
                    raise Mismatch("structure", f"{where}: no field {name}")
            for i, (a, b) in enumerate(zip(r, m, strict=True)):
                self._walk(a, b, f"{where}[{i}]", pairs)
        elif isinstance(r, dict):
            if not isinstance(m, dict) or list(r) != list(m):
                keys = list(m) if isinstance(m, dict) else m
                raise Mismatch("structure", f"{where}: keys {list(r)} expected, got {keys}")
            for key in r:
                self._walk(r[key], m[key], f"{where}[{key!r}]", pairs)
        elif isinstance(r, (bool, int, float, complex, str, type(None))):
            if type(r) is not type(m):
                raise Mismatch("structure", f"{where}: {type(r).__name__} expected, got {type(m).__name__}")
            if isinstance(r, (float, complex)):
                compare_values(np.asarray(r), np.asarray(m), for_result(self.allowed, "float64"), where=where)
            elif r != m:
                raise Mismatch("values", f"{where}: {r} expected, got {m}")
        elif last(r) != last(m):
            raise Mismatch("values", f"{where}: {last(r)} expected, got {last(m)}")
