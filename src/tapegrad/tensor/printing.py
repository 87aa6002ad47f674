"""The text of a tensor, character for character torch's: `repr(t)`, `format(t)` and the options that shape them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .dtypes import bool_, complex64, complex128, float64, get_default_dtype, int64
from .number_format import write_elements
from .tensor import TANGENT, Parameter, Tensor

if TYPE_CHECKING:
    from .dtypes import Array, dtype

# -- options ---------------------------------------------------------------------------------------------------------


class PrintOptions:
    """What `set_printoptions` sets; a new instance holds torch's defaults."""

    def __init__(self) -> None:
        self.precision = 4
        self.threshold: float = 1000
        self.edgeitems = 3
        self.linewidth = 80
        self.sci_mode: bool | None = None


PRINT_OPTS: Final = PrintOptions()

# What each profile changes in the defaults.
_PROFILES: Final[dict[str, dict[str, Any]]] = {
    "default": {},
    "short": {"precision": 2, "edgeitems": 2},
    "full": {"threshold": math.inf},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed, for the whole process.

    As in torch, an option that is not given keeps its value, but for `sci_mode`, which returns to None.

    Args:
        precision: digits after the point of floating-point numbers (4 by default).
        threshold: number of elements above which only the edges are printed (1000 by default).
        edgeitems: how many items such a summary shows at both ends of a dimension (3 by default).
        linewidth: columns after which lines are broken (80 by default).
        profile: `'default'`, `'short'` (2 digits, 2 edge items) or `'full'` (never a summary); the other arguments
            are applied on top.
        sci_mode: whether to write exponents; None decides for each tensor by the range of its elements.

    >>> import tapegrad as torch
    >>> torch.set_printoptions(precision=2, threshold=5)
    >>> torch.tensor([1.12345]), torch.arange(10)
    (tensor([1.12]), tensor([0, 1, 2,  ..., 7, 8, 9]))
    >>> torch.set_printoptions(profile="default")
    """
    if profile in _PROFILES:
        vars(PRINT_OPTS).update(vars(PrintOptions()) | _PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    vars(PRINT_OPTS).update({name: value for name, value in given.items() if value is not None})
    PRINT_OPTS.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The current options by name; `set_printoptions(**options)` brings them back.

    >>> get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return dict(vars(PRINT_OPTS))


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Set options as `set_printoptions` does and bring the old ones back at the end of the `with` block.

    >>> with printoptions(precision=2):
    ...     get_printoptions()["precision"]
    2
    >>> get_printoptions()["precision"]
    4
    """
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


# -- the text of a tensor --------------------------------------------------------------------------------------------


def tensor_repr(t: Tensor, *, tensor_contents: str | None = None) -> str:
    """What `repr(t)` and `print(t)` show.

    Args:
        t: the tensor, of any shape; above `threshold` elements only those at the edges are read.
        tensor_contents: stands in for the text of the elements, as in torch's `Tensor.__repr__`.

    >>> import tapegrad as torch
    >>> torch.tensor([1.5, 2.0], requires_grad=True)
    tensor([1.5000, 2.0000], requires_grad=True)
    >>> torch.zeros(0, 3, dtype=torch.float64)
    tensor([], size=(0, 3), dtype=torch.float64)
    """
    if t._data.__class__ is not np.ndarray and hasattr(t._data, "level"):
        from ..func.showing import batched_repr

        return batched_repr(t)
    cls = type(t)
    plain = cls is Tensor or cls is Parameter
    opening = "tensor(" if plain else cls.__name__ + "("
    if tensor_contents is None:
        tensor_contents = _write_array(t._data, len(opening))
    text = _add_suffixes(opening + tensor_contents, _suffixes(t), len(opening)) + ")"
    if not plain and isinstance(t, Parameter):
        text = f"Parameter({text})"
    return "Parameter containing:\n" + text if issubclass(cls, Parameter) else text


def tensor_format(t: Tensor, spec: str) -> str:
    """What `format(t, spec)` gives: a 0-d tensor formats as the Python number it holds, any other as its `repr`.

    Raises:
        TypeError: `spec` is not empty and `t` has dimensions or is of a subclass, such as `Parameter`.

    >>> import tapegrad as torch
    >>> f"loss {torch.tensor(0.12345):.3f}"
    'loss 0.123'
    """
    if t._data.ndim == 0 and type(t) is Tensor and t._data.__class__ is np.ndarray:
        return format(t._data.tolist(), spec)
    return object.__format__(t, spec)


# -- elements --------------------------------------------------------------------------------------------------------


def _write_array(array: Array, indent: int) -> str:
    """The elements in nested brackets, as they stand after a prefix of `indent` columns."""
    if array.size == 0:
        return "[]"
    summarize = array.size > PRINT_OPTS.threshold
    if summarize and array.ndim and not PRINT_OPTS.edgeitems:
        return "[...]"
    elided = [summarize and length > 2 * PRINT_OPTS.edgeitems for length in array.shape]
    if any(elided):
        array = array[np.ix_(*map(_kept_indices, array.shape, elided))]
    texts, width = write_elements(array.ravel().tolist(), PRINT_OPTS.precision, PRINT_OPTS.sci_mode)
    # From the innermost dimension outwards, each turn joins the texts of one dimension into those of the next.
    for axis in reversed(range(array.ndim)):
        innermost = axis == array.ndim - 1
        column = indent + axis  # of the bracket that opens this dimension
        length = array.shape[axis]
        rows = [texts[start : start + length] for start in range(0, len(texts), length)]
        if elided[axis]:
            for row in rows:
                row.insert(length // 2, " ..." if innermost else "...")
        if innermost:
            per_line = max(1, math.floor((PRINT_OPTS.linewidth - column) / (width + len(", "))))
            texts = [_break_lines(row, per_line, column) for row in rows]
        else:
            separator = "," + "\n" * (array.ndim - 1 - axis) + " " * (column + 1)
            texts = [f"[{separator.join(row)}]" for row in rows]
    return texts[0]


def _kept_indices(length: int, elided: bool) -> list[int]:
    indices = range(length)
    edge = PRINT_OPTS.edgeitems
    return [*indices[:edge], *indices[-edge:]] if elided else [*indices]


def _break_lines(texts: list[str], per_line: int, column: int) -> str:
    lines = [", ".join(texts[start : start + per_line]) for start in range(0, len(texts), per_line)]
    return "[" + (",\n" + " " * (column + 1)).join(lines) + "]"


# -- suffixes --------------------------------------------------------------------------------------------------------


def _suffixes(t: Tensor) -> list[str]:
    suffixes = []
    if t.device.type != "cpu":
        suffixes.append(f"device='{t.device}'")
    empty = t._data.size == 0
    # An empty tensor says its size unless that is (0,), which the brackets show.
    if (t._data.ndim != 1) if empty else not PRINT_OPTS.edgeitems:
        suffixes.append(f"size={tuple(t.shape)}")
    if not (t.dtype is get_default_dtype() or (not empty and _shows_in_elements(t.dtype))):
        suffixes.append(f"dtype={t.dtype}")
    history = _history(t)
    if history:
        suffixes.append(history)
    if t._flags & TANGENT:
        from ..autograd.forward_ad import shown_tangent

        tangent = shown_tangent(t)
        if tangent is not None:
            suffixes.append(f"tangent={tangent}")
    return suffixes


def _shows_in_elements(of: dtype) -> bool:
    """Whether the elements alone tell the type to a reader who knows the default one."""
    # complex64 goes with every default but float64, half precision included
    return of is int64 or of is bool_ or of is (complex128 if get_default_dtype() is float64 else complex64)


def _history(t: Tensor) -> str:
    try:
        grad_fn = t.grad_fn
    except RuntimeError:
        # A view made under no_grad and then written to has no history that could be told; printing still works.
        return "grad_fn=<Invalid>"
    if grad_fn is not None:
        return f"grad_fn=<{type(grad_fn).__name__}>"
    return "requires_grad=True" if t.requires_grad else ""


def _add_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    # torch counts two columns more than the last line has, which is where a suffix moves down a little early.
    used = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if used + len(suffix) + len(", ") > PRINT_OPTS.linewidth:
            text += ",\n" + " " * indent + suffix
            used = indent + len(suffix)
        else:
            text += ", " + suffix
            used += len(", ") + len(suffix)
    return text
