"""What is said of an array: its shape, its range, how its numbers are spread, and which of them are no numbers."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from ..tensor.dtypes import from_numpy_dtype
from .model import Histogram, Summary, json_number

Array = np.ndarray[Any, Any]

MOST_BINS: Final = 24
MOST_CHARACTERS: Final = 200
_MOST_SAMPLED: Final = 2**18
_SMALL: Final = 8  # arrays up to here are summed up by Python, which is quicker
_SHOWN: Final = 24  # how many numbers of an array are printed


def summarize(array: Array) -> Summary:
    """The summary of an array of any dtype.

    >>> import numpy as np
    >>> found = summarize(np.array([1.0, 2.0, np.inf]))
    >>> found["text"], found["max"], found["mean"], found["inf"]
    ('[1, 2, inf]', 'inf', 1.5, 1)
    """
    array = np.asarray(array)
    dtype = str(from_numpy_dtype(array.dtype)).removeprefix("torch.")
    found: Summary = {
        "shape": list(array.shape), "dtype": dtype, "numel": array.size, "text": number_text(array),
        "min": None, "max": None, "mean": None, "std": None, "nan": 0, "inf": 0, "zero": 0, "histogram": None,
    }  # fmt: skip
    if array.size > _SMALL:
        _fill(found, array)
    elif array.size:
        _fill_small(found, array)
    return found


def rearranged(summary: Summary, array: Array) -> Summary:
    """The summary of an array that has the elements of one already summarised, in another order or shape."""
    return {**summary, "shape": list(array.shape), "text": number_text(array)}


def same_elements(a: Any, b: Any) -> bool:
    """Whether two arrays show the same memory, each element once: a transposed gradient, or one in another shape.

    >>> import numpy as np
    >>> a = np.arange(6.0).reshape(2, 3)
    >>> same_elements(a, a.T), same_elements(a, a.copy()), same_elements(a[0], a[1])
    (True, False, False)
    """
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return False
    whole = a if a.base is None else a.base
    shown = b if b.base is None else b.base
    if whole is not shown or not isinstance(whole, np.ndarray) or not (whole.size == a.size == b.size):
        return False
    return a.dtype == b.dtype == whole.dtype and not _repeats(a) and not _repeats(b)


def _repeats(array: Array) -> bool:
    """Whether an array shows elements more than once."""
    return any(stride == 0 and n > 1 for stride, n in zip(array.strides, array.shape, strict=True))


def _fill_small(found: Summary, array: Array) -> None:
    values = [abs(v) if isinstance(v, complex) else float(v) for v in _plain(array).ravel().tolist()]
    numbers = [v for v in values if v == v]
    finite = [v for v in numbers if not math.isinf(v)]
    found["nan"], found["inf"] = len(values) - len(numbers), len(numbers) - len(finite)
    found["zero"] = sum(v == 0 for v in finite)
    if numbers:
        found["min"], found["max"] = json_number(min(numbers)), json_number(max(numbers))
    if finite:
        mean = math.fsum(finite) / len(finite)
        found["mean"] = json_number(mean)
        found["std"] = json_number(math.hypot(*[v - mean for v in finite]) / math.sqrt(len(finite)))


def _fill(found: Summary, array: Array) -> None:
    values = _plain(array)
    with np.errstate(all="ignore"):
        if values.dtype.kind == "c":
            values = np.abs(values)
        values = values.ravel(order="K")
        low, high = float(values.min()), float(values.max())
        finite = values
        if not (math.isfinite(low) and math.isfinite(high)):
            known = values[~np.isnan(values)]
            finite = known[np.isfinite(known)]
            found["nan"], found["inf"] = values.size - known.size, known.size - finite.size
            if known.size == 0:
                return
            low, high = float(known.min()), float(known.max())
        found["min"], found["max"] = json_number(low), json_number(high)
        found["zero"] = int(finite.size - np.count_nonzero(finite))
        if finite.size:
            found["mean"] = json_number(float(finite.mean(dtype=np.float64)))
            sample = finite[:: -(-finite.size // _MOST_SAMPLED)].astype(np.float64, copy=False)
            found["std"] = json_number(float(sample.std()))
            found["histogram"] = _histogram(sample)


def _histogram(finite: Array) -> Histogram | None:
    """The histogram of at least one finite number; None if they are all the same."""
    low, high = float(finite.min()), float(finite.max())
    width = high - low
    if not width > 0 or math.isinf(width):
        return None
    bins = min(MOST_BINS, max(4, finite.size // 2))
    # The scale may overflow for a width that is nearly zero; all numbers are then in the first bin or the last.
    places = np.minimum(((finite - low) / width * bins).astype(np.int64), bins - 1)
    return {"low": json_number(low), "high": json_number(high), "counts": np.bincount(places, minlength=bins).tolist()}


def _plain(array: Array) -> Array:
    """The array in a dtype that NumPy computes with: bfloat16 and its like are none."""
    return array if array.dtype.kind in "fciub" else array.astype(np.float64)


def number_text(array: Array, most: int = _SHOWN) -> str:
    """The numbers of an array in a line, rows in brackets; of a long one the first.

    >>> import numpy as np
    >>> number_text(np.array([[1.0, 0.25], [1 / 3, 1e-9]]))
    '[[1, 0.25], [0.3333, 1e-09]]'
    >>> number_text(np.arange(100.0), most=3)
    '[0, 1, 2, …]'
    """
    array = np.asarray(array)
    if array.size == 0:
        return "[]"
    if array.size > most or array.ndim > 2:
        first = _plain(array.reshape(-1)[:most] if array.flags.c_contiguous else array.flat[:most])
        text = "[" + ", ".join(map(_number, first.tolist()))
        text += ", …]" if array.size > most else "]"
    else:
        text = _nested(_plain(array).tolist())
    if len(text) <= MOST_CHARACTERS:
        return text
    cut = text[: MOST_CHARACTERS - 5].rpartition(",")[0] + ", …"
    return cut + "]" * (cut.count("[") - cut.count("]"))


def _nested(value: Any) -> str:
    return "[" + ", ".join(map(_nested, value)) + "]" if isinstance(value, list) else _number(value)


def _number(value: Any) -> str:
    if isinstance(value, complex):
        return f"{value.real + 0.0:.4g}{value.imag:+.4g}j"
    return f"{value + 0.0:.4g}" if isinstance(value, float) else str(value)  # without the sign of −0
