"""Shapes of results when sizes differ from call to call: what NumPy's functions give, as expressions of sizes.

Only what is certain: of other functions nothing is known, and the program is made for the sizes of this run.  On the
way it is asked whether the operands fit, so that where they do is a condition of the program.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from .symbolic import isinstance_of_symbolic

Dims = tuple[Any, ...]


class Unknown(Exception):
    """Nothing is known of the shape."""


def result_shape(form: str, what: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The shape of a step's result; for several results a list of shapes.

    Raises:
        Unknown: there is no rule, or the step does not fit it.
    """
    if form == "getitem":
        return indexed(args[0].shape, args[1])
    if form == "setitem":
        return _fits(args[2], indexed(args[0].shape, args[1]))
    if form == "draw":  # (stream, shape, ...)
        return tuple(args[1])
    if form == "attribute":
        return _ATTRIBUTES[what](args[0].shape) if what in _ATTRIBUTES else _unknown()
    if form == "method":
        rule = _METHODS.get(what) or _FUNCTIONS.get(what)
        return rule(*args, **kwargs) if rule is not None else _unknown()
    owner, name = getattr(what, "__self__", None), getattr(what, "__name__", "")
    if what is np.matmul:
        return _product(*args)
    if isinstance(what, np.ufunc) and what.signature is None:
        shape = broadcast(*[_shape(x) for x in (*args, *_masks(kwargs))])
        return [shape] * what.nout if what.nout > 1 else shape
    if isinstance(owner, np.ufunc) and name in ("reduce", "accumulate", "at"):
        if name == "at":
            return _fits(args[2], indexed(args[0].shape, args[1])) if len(args) == 3 else _unknown()
        if name == "accumulate":
            return _shape(args[0])
        return _reduced(*args, **(kwargs if len(args) > 1 else {"axis": 0, **kwargs}))
    if getattr(what, "__module__", None) in ("numpy", "numpy.linalg") and name in _FUNCTIONS:
        return _FUNCTIONS[name](*args, **kwargs)
    return _unknown()


def _unknown() -> Any:
    raise Unknown


def _shape(x: Any) -> Dims:
    shape = getattr(x, "shape", None) if not isinstance_of_symbolic(x) else ()
    if shape is not None:
        return tuple(shape)
    if isinstance(x, (bool, int, float, complex)):
        return ()
    return tuple(np.shape(x))


def _masks(kwargs: dict[str, Any]) -> list[Any]:
    out = kwargs.get("out")
    return [x for x in (kwargs.get("where"), *(out if isinstance(out, tuple) else (out,))) if x is not None]


def broadcast(*shapes: Dims) -> Dims:
    """The shape that shapes are broadcast to."""
    found: list[Any] = []
    for i in range(max((len(s) for s in shapes), default=0), 0, -1):
        size: Any = 1
        for s in shapes:
            if len(s) >= i and s[-i] != 1:
                if not isinstance_of_symbolic(size) and size == 1:
                    size = s[-i]
                elif size != s[-i]:
                    raise Unknown
        found.append(size)
    return tuple(found)


def _fits(value: Any, shape: Dims) -> Dims:
    """A shape into which a value is written: the value may not be larger."""
    if broadcast(_shape(value), shape) != shape:
        raise Unknown
    return shape


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return tuple([a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))])


def _reduced(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Dims:
    shape = _shape(x)
    axes = _axes(axis, len(shape))
    if keepdims is True:
        return tuple([1 if i in axes else n for i, n in enumerate(shape)])
    return tuple([n for i, n in enumerate(shape) if i not in axes])


def _along(x: Any, axis: Any = None, *args: Any, **kwargs: Any) -> Dims:
    """Functions along one dimension, which keep the shape, or make one dimension of all."""
    shape = _shape(x)
    return shape if axis is not None else (math.prod(shape),)


def _arg(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Dims:
    return _reduced(x, axis, keepdims=keepdims)


def _same(x: Any, *args: Any, **kwargs: Any) -> Dims:
    return _shape(x)


def _product(a: Any, b: Any, out: Any = None, **more: Any) -> Dims:
    x, y = _shape(a), _shape(b)
    if not x or not y:
        raise Unknown
    if x[-1] != (y[-2] if len(y) > 1 else y[0]):
        raise Unknown
    batch = broadcast(x[:-2], y[:-2])
    return (*batch, *x[-2:-1], *(y[-1:] if len(y) > 1 else ()))


def _dot(a: Any, b: Any, out: Any = None) -> Dims:
    if len(_shape(a)) > 2 or len(_shape(b)) > 2:
        raise Unknown
    return _product(a, b)


def _reshaped(x: Any, *sizes: Any, **more: Any) -> Dims:
    if len(sizes) > 1 and isinstance(sizes[1], str):
        sizes = sizes[:1]
    given = more.get("shape", more.get("newshape", sizes))
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = given[0]
    given = tuple(given)
    total = math.prod(_shape(x))
    free = [i for i, n in enumerate(given) if not isinstance_of_symbolic(n) and n == -1]
    known = math.prod([n for i, n in enumerate(given) if i not in free])
    if free:
        if total % known != 0:
            raise Unknown
        return tuple([total // known if i in free else n for i, n in enumerate(given)])
    if total != known:
        raise Unknown
    return given


def _turned(x: Any, *axes: Any, **more: Any) -> Dims:
    shape = _shape(x)
    given = more.get("axes", axes)
    if len(given) == 1 and (given[0] is None or isinstance(given[0], (tuple, list))):
        given = given[0]
    return tuple([shape[a] for a in given]) if given else shape[::-1]


def _swapped(x: Any, a: int, b: int) -> Dims:
    shape = list(_shape(x))
    shape[a], shape[b] = shape[b], shape[a]
    return tuple(shape)


def _moved(x: Any, source: Any, destination: Any) -> Dims:
    shape = _shape(x)
    taken, put = _axes(source, len(shape)), _axes(destination, len(shape))
    order = [i for i in range(len(shape)) if i not in taken]
    for d, s in sorted(zip(put, taken, strict=True)):
        order.insert(d, s)
    return tuple([shape[i] for i in order])


def _squeezed(x: Any, axis: Any = None) -> Dims:
    shape = _shape(x)
    if axis is None:
        return tuple([n for n in shape if n != 1])
    axes = _axes(axis, len(shape))
    return tuple([n for i, n in enumerate(shape) if i not in axes])


def _expanded(x: Any, axis: Any) -> Dims:
    shape = list(_shape(x))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for a in sorted([a % (len(shape) + len(axes)) for a in axes]):
        shape.insert(a, 1)
    return tuple(shape)


def _joined(arrays: Any, axis: Any = 0, out: Any = None, **more: Any) -> Dims:
    shapes = [_shape(x) for x in arrays]
    if axis is None:
        raise Unknown
    axis %= len(shapes[0])
    first = [n for i, n in enumerate(shapes[0]) if i != axis]
    for shape in shapes[1:]:
        if any(n != m for n, m in zip([n for i, n in enumerate(shape) if i != axis], first, strict=True)):
            raise Unknown
    size = shapes[0][axis]
    for shape in shapes[1:]:
        size = size + shape[axis]
    return tuple([size if i == axis else n for i, n in enumerate(shapes[0])])


def _stacked(arrays: Any, axis: int = 0, **more: Any) -> Dims:
    shapes = [_shape(x) for x in arrays]
    if any(n != m for shape in shapes[1:] for n, m in zip(shape, shapes[0], strict=True)):
        raise Unknown
    shape = list(shapes[0])
    shape.insert(axis % (len(shape) + 1), len(shapes))
    return tuple(shape)


def _like(x: Any, *args: Any, shape: Any = None, **more: Any) -> Dims:
    return _shape(x) if shape is None else tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)


def _to(x: Any, shape: Any, **more: Any) -> Dims:
    given: Dims = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    return _fits(x, given)


def _chosen(*operands: Any) -> Dims:
    return broadcast(*[_shape(x) for x in operands]) if len(operands) == 3 else _unknown()


def _taken(x: Any, indices: Any, axis: Any = None, **more: Any) -> Dims:
    shape, places = _shape(x), _shape(indices)
    if axis is None:
        return places
    axis %= len(shape)
    return (*shape[:axis], *places, *shape[axis + 1 :])


def _taken_along(x: Any, indices: Any, axis: Any = -1, **more: Any) -> Dims:
    shape, places = list(_shape(x)), list(_shape(indices))
    if axis is None or len(shape) != len(places):
        raise Unknown
    size = places[axis]
    shape[axis] = places[axis] = 1
    found = list(broadcast(tuple(shape), tuple(places)))
    found[axis] = size
    return tuple(found)


def _put_along(x: Any, indices: Any, values: Any, axis: Any = -1) -> Dims:
    return _fits(values, _taken_along(x, indices, axis))


def _contracted(subscripts: Any, *operands: Any, **more: Any) -> Dims:
    if not isinstance(subscripts, str) or "..." in subscripts or "->" not in subscripts:
        raise Unknown
    given, _, wanted = subscripts.replace(" ", "").partition("->")
    sizes: dict[str, Any] = {}
    for letters, x in zip(given.split(","), operands, strict=True):
        for letter, n in zip(letters, _shape(x), strict=True):
            if sizes.setdefault(letter, n) != n:
                raise Unknown
    return tuple([sizes[letter] for letter in wanted])


# -- indexing ----------------------------------------------------------------------------------------------------------


def indexed(shape: Dims, index: Any) -> Dims:
    """The shape of x[index]."""
    parts = list(index) if isinstance(index, tuple) else [index]
    used = sum(part is not None and part is not Ellipsis for part in parts)
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    at = next(i for i, part in enumerate(parts) if part is Ellipsis)
    parts[at : at + 1] = [slice(None)] * (len(shape) - used)
    found: list[Any] = []
    places: list[Any] = []  # the shapes of index arrays
    begun = ended = False
    where = 0
    axis = 0
    for part in parts:
        if part is None:
            found.append(1)
            ended = begun
            continue
        if isinstance(part, slice):
            found.append(_length(part, shape[axis]))
            ended = begun
        elif isinstance_of_symbolic(part) or isinstance(part, (int, np.integer)):
            if isinstance(part, (bool, np.bool_)) or not (-shape[axis] <= part < shape[axis]):
                raise Unknown
            if places:
                raise Unknown
        else:
            if getattr(part, "dtype", None) is None or part.dtype.kind not in "iu" or ended:
                raise Unknown
            if not begun:
                begun, where = True, len(found)
            places.append(_shape(part))
        axis += 1
    if begun and any(isinstance(part, (int, np.integer)) for part in parts):
        raise Unknown
    return (*found[:where], *broadcast(*places), *found[where:]) if begun else tuple(found)


def _length(part: slice, size: Any) -> Any:
    """How many elements a slice takes of a dimension."""
    if part.step is not None and part.step != 1:
        if part.start is None and part.stop is None and part.step == -1:
            return size
        if isinstance_of_symbolic(size) or isinstance_of_symbolic(part.start) or isinstance_of_symbolic(part.stop):
            raise Unknown
        return len(range(*part.indices(size)))
    start = _bound(part.start, size, 0)
    stop = _bound(part.stop, size, size)
    length = stop - start
    return length if length >= 0 else 0


def _bound(given: Any, size: Any, default: Any) -> Any:
    if given is None:
        return default
    if given < 0:
        given = given + size
        return given if given >= 0 else 0
    return given if given <= size else size


_ATTRIBUTES: Final[dict[str, Callable[[Dims], Dims]]] = {
    "T": lambda s: s[::-1],
    "mT": lambda s: (*s[:-2], s[-1], s[-2]),
    "real": lambda s: s,
    "imag": lambda s: s,
}
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **dict.fromkeys("sum mean max min amax amin prod any all std var".split(), _reduced),
    **dict.fromkeys("argmax argmin".split(), _arg),
    **dict.fromkeys("cumsum cumprod".split(), _along),
    **dict.fromkeys(
        """copy astype clip round conj conjugate ascontiguousarray asarray nan_to_num flip isnan isinf isfinite sort
        argsort roll tril triu""".split(),
        _same,
    ),
    **dict.fromkeys("empty_like zeros_like ones_like full_like".split(), _like),
    "matmul": _product, "dot": _dot, "reshape": _reshaped, "transpose": _turned, "permute_dims": _turned,
    "swapaxes": _swapped, "moveaxis": _moved, "squeeze": _squeezed, "expand_dims": _expanded,
    "concatenate": _joined, "stack": _stacked, "broadcast_to": _to, "where": _chosen, "take": _taken,
    "take_along_axis": _taken_along, "put_along_axis": _put_along, "einsum": _contracted,
    "searchsorted": lambda x, values, *side, **more: _shape(values),
    "copyto": lambda target, value, **more: _fits(value, _shape(target)),
}  # fmt: skip
_METHODS: Final[dict[str, Callable[..., Any]]] = {
    "ravel": lambda x, *order: (math.prod(_shape(x)),),
    "flatten": lambda x, *order: (math.prod(_shape(x)),),
    "fill": lambda x, value: (),
    "item": lambda x, *at: (),
}

__all__ = ["Unknown", "broadcast", "indexed", "result_shape"]
