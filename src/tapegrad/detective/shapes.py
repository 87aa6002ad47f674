"""`check_shapes`: broadcasts that are silent and almost never meant, named with their line.

What counts as such is narrow, since an accusation of a sound program is worse than a silence:

1. *Column against row.*  Two operands of the same lengths but for dimensions of length 1, of different numbers of
   dimensions, such as (n, 1) and (n,), whose result is larger than both, (n, n).  It is meant, and not reported, if the
   axis was added in the very line that broadcasts (`x[:, None] - y`), or if both are the same memory
   (all pairs of `x`), or if both operands have the same number of dimensions ((n, 1) and (1, n)).
2. *A reduction along the wrong axis.*  In `x - x.mean(1)` with a square x, the means of the rows are subtracted from
   the columns.  Reported if an operand is a reduction of the other, without keepdim, along an axis that broadcasting
   does not put it back to; not of a symmetric matrix, where it makes no difference.
"""

from __future__ import annotations

import os
import sys
import warnings
from types import FunctionType
from typing import Any, Final

import numpy as np

from ..errors import ShapeError
from ..exchange import Layer, put, take
from ..source_lines import Origin, here, is_ours
from ..tensor.tensor import Tensor

# The outermost of all layers, so that the frame around them is the caller's.
_CHECKING: Final = Layer(6, "shapes", "_check(args)\nreturn _raw(*args, **kwargs)", ("_check",))
_NOTING: Final = Layer(6, "shapes", "return _note(args, kwargs, _raw(*args, **kwargs))", ("_note",))
_FUNCTIONAL: Final = os.path.join("nn", "functional")
_ADDED: Final = "axis_added"  # among what is rare of a tensor: the line that gave it an axis of length 1
_REDUCED: Final = "reduced"  # the shape that it is a reduction of, and the axis

_BINARY: Final = """
    add sub subtract mul multiply div divide true_divide pow maximum minimum fmax fmin eq ne lt le gt ge greater less
    not_equal greater_equal less_equal atan2 hypot remainder fmod logical_and logical_or
    __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __pow__ __rpow__ __mod__
    __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __and__ __or__
""".split()
_LOSSES: Final = "mse_loss l1_loss smooth_l1_loss huber_loss poisson_nll_loss".split()
_ADDING: Final = "unsqueeze reshape view __getitem__ expand_dims".split()
_REDUCING: Final = "mean sum std var amax amin max min norm logsumexp prod median".split()


class BroadcastWarning(UserWarning):
    """A broadcast that is almost never meant; see `check_shapes`."""


_layered: Final[dict[FunctionType, Layer]] = {}
_mode: str | None = None  # None while off, else "warn" or "raise"


class check_shapes:
    """Report silent broadcasts that are regretted, from this call on; as a context manager, until its end.

    Such as a prediction of shape (n, 1) against a target of shape (n,), whose difference is of shape (n, n). Off by
    default, and at no cost then.

    Args:
        on: False to switch it off.
        error: raise a `RuntimeError` instead of giving a `BroadcastWarning`.

    >>> import tapegrad as torch
    >>> prediction, target = torch.zeros(3, 1), torch.zeros(3)
    >>> with torch.check_shapes(error=True):
    ...     loss = ((prediction - target) ** 2).mean()
    Traceback (most recent call last):
        ...
    tapegrad.errors.ShapeError: __sub__ broadcasts shapes (3, 1) and (3,) to (3, 3)...
    """

    def __init__(self, on: bool = True, *, error: bool = False) -> None:
        self._before = _mode
        _set("raise" if error else "warn") if on else _set(None)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        _set(self._before)


def _set(mode: str | None) -> None:
    global _mode
    was, _mode = _mode, mode
    if mode is not None and was is None:
        _install()
    elif mode is None and was is not None:
        for function, layer in _layered.items():
            take(function, layer)
        _layered.clear()


def _install() -> None:
    import tapegrad

    from ..profiler.operators import functions

    for _ in functions():  # loads the modules whose functions are twins of others: a twin would inherit the layer
        pass
    functional = tapegrad.nn.functional
    for name in _BINARY:
        for function in (getattr(tapegrad, name, None), vars(Tensor).get(name)):
            _put(function, _CHECKING, _check=_checking(name))
    for name in _LOSSES:
        _put(getattr(functional, name, None), _CHECKING, _check=_checking(name))
    for names, note in ((_ADDING, _added), (_REDUCING, _reduced)):
        for name in names:
            for function in (getattr(tapegrad, name, None), vars(Tensor).get(name)):
                _put(function, _NOTING, _note=note)


def _put(function: Any, layer: Layer, **given: Any) -> None:
    if isinstance(function, FunctionType) and function not in _layered:
        put(function, layer, **given)
        _layered[function] = layer


def _checking(name: str) -> Any:
    """What looks at the operands of a function that broadcasts."""

    def check(args: Any) -> None:
        if _mode is None or len(args) < 2 or not isinstance(args[0], Tensor) or not isinstance(args[1], Tensor):
            return
        caller = sys._getframe(2).f_code.co_filename
        if is_ours(caller) and (name not in _LOSSES or _FUNCTIONAL in caller):
            return  # what tapegrad's own code broadcasts, it means to; but modules hand on what they are given
        regret = regretted(args[0], args[1])
        if regret is not None:
            _report(name, args[0], args[1], regret)

    return check


def _added(args: Any, kwargs: Any, result: Any) -> Any:
    """Note the line that gave a tensor an axis of length 1."""
    if isinstance(result, Tensor) and 1 in result._data.shape:
        result._extras()[_ADDED] = here()
    return result


def _reduced(args: Any, kwargs: Any, result: Any) -> Any:
    """Note what a tensor is a reduction of, and along which axis."""
    source = args[0] if args else None
    values = result[0] if isinstance(result, tuple) else result
    if isinstance(source, Tensor) and isinstance(values, Tensor):
        axis = kwargs.get("dim", kwargs.get("axis", args[1] if len(args) > 1 else None))
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            axis = axis[0]
        shape = tuple(source._data.shape)
        if type(axis) is int and values._data.ndim == len(shape) - 1:
            values._extras()[_REDUCED] = (shape, axis % len(shape))
    return result


# -- the rules ---------------------------------------------------------------------------------------------------------


def regretted(a: Tensor, b: Tensor) -> str | None:
    """What is to be said against broadcasting two tensors; None if nothing is.

    >>> import tapegrad as torch
    >>> regretted(torch.zeros(4, 1), torch.zeros(4))
    'one is a column where the other is a row: every element meets every other'
    >>> regretted(torch.zeros(4, 3), torch.zeros(3))  # a bias
    >>> regretted(torch.zeros(4, 1), torch.zeros(1, 4))  # all pairs, spelled out
    """
    p, q = tuple(a._data.shape), tuple(b._data.shape)
    if p == q:
        return None
    return _column_against_row(a, b, p, q) or _wrong_axis(a, b, p, q) or _wrong_axis(b, a, q, p)


def _column_against_row(a: Tensor, b: Tensor, p: tuple[int, ...], q: tuple[int, ...]) -> str | None:
    if len(p) == len(q) or [n for n in p if n != 1] != [n for n in q if n != 1]:
        return None
    result = _broadcast(p, q)
    if result is None or _size(result) <= _size(p):
        return None
    if _root(a) is _root(b) or _added_here(a) or _added_here(b):
        return None
    return "one is a column where the other is a row: every element meets every other"


def _wrong_axis(a: Tensor, b: Tensor, p: tuple[int, ...], q: tuple[int, ...]) -> str | None:
    """Whether b is a reduction of a's shape that broadcasts along another axis than it was reduced along."""
    reduced = None if b._x is None else b._x.get(_REDUCED)
    if reduced is None or reduced[0] != p:
        return None
    axis = reduced[1]
    if axis == 0 or _broadcast(p, q) != p or q != p[:axis] + p[axis + 1 :]:
        return None
    if p[0] == p[axis] and np.array_equal(a._data, a._data.swapaxes(0, axis)):
        return None
    return f"the second is a reduction along dimension {axis}, but is laid along the last: pass keepdim=True to it"


def _broadcast(p: tuple[int, ...], q: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape that two shapes broadcast to, None if they do not."""
    n = max(len(p), len(q))
    p, q = (1,) * (n - len(p)) + p, (1,) * (n - len(q)) + q
    if any(x != y and x != 1 and y != 1 for x, y in zip(p, q, strict=True)):
        return None
    return tuple(y if x == 1 else x for x, y in zip(p, q, strict=True))


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def _root(t: Tensor) -> Tensor:
    return t if t._view is None else t._view[0]


def _added_here(t: Tensor) -> bool:
    """Whether the line that is being run gave the tensor an axis of length 1."""
    added: Origin | None = None if t._x is None else t._x.get(_ADDED)
    return added is not None and added == here()


def _report(name: str, a: Tensor, b: Tensor, regret: str) -> None:
    p, q = tuple(a._data.shape), tuple(b._data.shape)
    text = f"{name} broadcasts shapes {p} and {q} to {_broadcast(p, q)}"
    hint = f"Found at {here()}: {regret}. Give both one shape: x.squeeze(-1), y.unsqueeze(-1) or y.view_as(x)."
    if _mode == "raise":
        raise ShapeError(text, hint)
    line = here()
    warnings.warn_explicit(f"{text}\n  {hint}", BroadcastWarning, line.file, line.line)
