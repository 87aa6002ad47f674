"""`vmap`: a function of single examples made one of batches.

The function is called once.  Its tensors look like single examples, and below them every operation computes all rows
(see `batched.py`).  Where the function looks at a value (`if x > 0`, `x.item()`), which is not the same for all rows,
it is called once per row instead, with a warning that says where.
"""

from __future__ import annotations

import functools
import linecache
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any, Final

from ..autograd.batching import Unbatchable
from ..tensor.tensor import Tensor
from ..utils import _pytree as pytree
from ..utils._pytree.walking import _broadcast_to_and_flatten
from . import batched_operators  # noqa: F401 - the functions of NumPy on batched arrays
from .levels import Level, enter, has_rows, leave

InDims = Any  # an integer, None, or nested containers of them
_PACKAGE: Final = str(Path(__file__).parent.parent)


def vmap(
    func: Callable[..., Any],
    in_dims: InDims = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that applies `func` to each row of a batch, and stacks the results.

    Args:
        func: takes and returns tensors, or nested containers of them; keyword arguments are passed to every call.
        in_dims: for each argument, in its structure, the dimension to take rows from; None for what all rows share.
        out_dims: for each result, the dimension to stack the rows in; None for a tensor that is no different by row.
        randomness: what random functions inside do: "error", "same" numbers for all rows, or "different" ones.
        chunk_size: how many rows to compute at once, which bounds the memory used; None for all.

    Returns:
        A function of the same arguments.

    Raises:
        ValueError: `in_dims`, `out_dims` or `chunk_size` do not make sense for the arguments or the results.
        RuntimeError: something random was called with randomness "error".

    >>> import tapegrad as torch
    >>> torch.vmap(torch.dot)(torch.ones(3, 2), torch.arange(6.0).reshape(3, 2))
    tensor([1., 5., 9.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        size, dims, leaves, spec = _inputs(func, in_dims, args)
        if chunk_size is None or chunk_size >= size:
            return _mapped(func, size, dims, leaves, spec, out_dims, randomness, kwargs)
        return _in_chunks(func, size, dims, leaves, spec, out_dims, randomness, kwargs, chunk_size)

    return wrapped


def _name(func: Any) -> str:
    return getattr(func, "__name__", None) or repr(func)


# -- arguments ---------------------------------------------------------------------------------------------------------


def _inputs(func: Any, in_dims: InDims, args: tuple[Any, ...]) -> tuple[int, list[int | None], list[Any], Any]:
    """The number of rows, and for each leaf of the arguments the dimension that is mapped; the leaves; their structure.

    Raises:
        ValueError: as torch words it.
    """
    name = _name(func)
    if not isinstance(in_dims, (int, tuple, list)) or isinstance(in_dims, bool):
        raise ValueError(
            f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): expected `in_dims` to be int or a (potentially nested)"
            f" tuple matching the structure of inputs, got: {type(in_dims)}."
        )
    if len(args) == 0:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a"
            " function with no inputs. The latter is unsupported."
        )
    leaves, spec = pytree.tree_flatten(args)
    flat = _broadcast_to_and_flatten(in_dims, spec)
    if flat is None:
        raise ValueError(
            f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): in_dims is not compatible with the structure of `inputs`."
            f" in_dims has structure {pytree.tree_flatten(in_dims)[1]} but inputs has structure {spec}."
        )
    dims = [_in_dim(name, in_dims, leaf, dim) for leaf, dim in zip(leaves, flat, strict=True)]
    sizes = [leaf._data.shape[dim] for leaf, dim in zip(leaves, dims, strict=True) if dim is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if any(size != sizes[0] for size in sizes):
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the"
            " mapped dimension"
        )
    return sizes[0], dims, leaves, spec


def _in_dim(name: str, in_dims: InDims, leaf: Any, dim: Any) -> int | None:
    """The mapped dimension of an argument, counted from the front."""
    where = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): Got in_dim={dim} for"
    if dim is None:
        return None
    if not isinstance(dim, int):
        raise ValueError(f"{where} an input but in_dim must be either an integer dimension or None.")
    if not isinstance(leaf, Tensor):
        raise ValueError(
            f"{where} an input but the input is of type {type(leaf)}. We cannot vmap over non-Tensor arguments, please"
            " use None as the respective in_dim"
        )
    ndim = leaf._data.ndim
    if not -ndim <= dim < ndim:
        raise ValueError(
            f"{where} some input, but that input is a Tensor of dimensionality {ndim} so expected in_dim to satisfy"
            f" -{ndim} <= in_dim < {ndim}."
        )
    return dim % ndim


# -- the call ----------------------------------------------------------------------------------------------------------


def _mapped(
    func: Any,
    size: int,
    dims: list[int | None],
    leaves: list[Any],
    spec: Any,
    out_dims: Any,
    randomness: str,
    kwargs: dict[str, Any],
) -> Any:
    """All rows at once; row by row if that cannot be."""
    shared = [leaf for leaf, dim in zip(leaves, dims, strict=True) if dim is None]
    if kwargs:
        shared += pytree.tree_leaves(kwargs)
    tensors = tuple([leaf for leaf in shared if isinstance(leaf, Tensor)])
    state = _generator_state(randomness)
    try:
        with Level(size, randomness, func, tensors) as level:
            given = [leaf if dim is None else enter(leaf, level, dim) for leaf, dim in zip(leaves, dims, strict=True)]
            result = func(*pytree.tree_unflatten(given, spec), **kwargs)
            return _outputs(func, result, out_dims, level)
    except Unbatchable as reason:
        if size == 0:
            raise RuntimeError(
                f"vmap: {reason.wanted} was asked for, and there are no rows to ask. Give at least one row."
            ) from reason
        _tell(func, reason)
    _restore(state)
    return _row_by_row(func, size, dims, leaves, spec, out_dims, randomness, kwargs)


def _outputs(func: Any, result: Any, out_dims: Any, level: Level) -> Any:
    """The results with their rows as a dimension."""
    leaves, spec = pytree.tree_flatten(result)
    dims = _out_dims(func, out_dims, leaves, spec)
    found = [_output(func, leaf, dim, level) for leaf, dim in zip(leaves, dims, strict=True)]
    return pytree.tree_unflatten(found, spec)


def _output(func: Any, leaf: Any, dim: int | None, level: Level) -> Any:
    if dim is None:
        if isinstance(leaf, Tensor) and has_rows(leaf, level):
            raise ValueError(
                f"vmap({_name(func)}, ...): `{_name(func)}` can not return a BatchedTensor when out_dim is None"
            )
        return leaf
    return leave(leaf, level, _out_dim(dim, leaf))


def _out_dim(dim: int, leaf: Tensor) -> int:
    """Where the rows go, counted from the front.

    Raises:
        IndexError: the result has no such dimension.
    """
    ndim = leaf._data.ndim + 1
    if not -ndim <= dim < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}], but got {dim})")
    return dim % ndim


def _out_dims(func: Any, out_dims: Any, leaves: list[Any], spec: Any) -> list[int | None]:
    """For each leaf of the results the dimension that its rows become.

    Raises:
        ValueError: as torch words it.
    """
    name = _name(func)
    flat: Any
    if isinstance(out_dims, int):  # the usual case
        flat = [out_dims] * len(leaves)
    elif isinstance(out_dims, tuple) and len(out_dims) == 1 and spec.is_leaf():
        _check_out_dims(name, out_dims)
        flat = out_dims
    else:
        _check_out_dims(name, out_dims)
        flat = _broadcast_to_and_flatten(out_dims, spec)
    if flat is None:
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of"
            f" `outputs`. out_dims has structure {pytree.tree_flatten(out_dims)[1]} but outputs has structure {spec}."
        )
    for leaf, dim in zip(leaves, flat, strict=True):
        if not isinstance(leaf, Tensor) and dim is not None:
            raise ValueError(
                f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(leaf)}. Did you mean to set"
                " out_dims= to None for output?"
            )
    return list(flat)


def _check_out_dims(name: str, out_dims: Any) -> None:
    if not all(isinstance(dim, int) or dim is None for dim in pytree.tree_leaves(out_dims)):
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of ints"
            " representing where in the outputs the vmapped dimension should appear."
        )


# -- in chunks ---------------------------------------------------------------------------------------------------------


def _in_chunks(
    func: Any,
    size: int,
    dims: list[int | None],
    leaves: list[Any],
    spec: Any,
    out_dims: Any,
    randomness: str,
    kwargs: dict[str, Any],
    chunk_size: int,
) -> Any:
    """So many rows at once, the results joined."""
    state = _generator_state(randomness)
    found: list[list[Any]] = []
    result_spec: Any = None
    for start in range(0, size, chunk_size):
        if randomness == "same" and start:
            _restore(state)
        count = min(chunk_size, size - start)
        part = [leaf if dim is None else leaf.narrow(dim, start, count) for leaf, dim in zip(leaves, dims, strict=True)]
        result = _mapped(func, count, dims, part, spec, out_dims, randomness, kwargs)
        parts, result_spec = pytree.tree_flatten(result)
        found.append(parts)
    return pytree.tree_unflatten(_joined(found, out_dims, result_spec, "cat"), result_spec)


def _joined(rows: list[list[Any]], out_dims: Any, spec: Any, how: str) -> list[Any]:
    """The results of several calls joined with `cat` or `stack`, each in its dimension; what has none as it is."""
    from ..ops import joining

    join = getattr(joining, how)
    for column in zip(*rows, strict=True) if how == "stack" else ():
        shapes = {tuple(x._data.shape) for x in column if isinstance(x, Tensor)}
        if len(shapes) > 1:
            raise RuntimeError(
                "vmap: We do not support batching operators that can output dynamic shape. Found: results of the shapes"
                f" {sorted(shapes)} for different rows, which cannot be stacked."
            )
    dims: Any = [out_dims] if spec.is_leaf() and not isinstance(out_dims, tuple) else None
    dims = _broadcast_to_and_flatten(out_dims, spec) if dims is None else dims
    if dims is None:  # one result, and its dimension in a tuple
        dims = list(out_dims)
    return [
        column[0] if dim is None else join(column, dim)
        for column, dim in zip([list(c) for c in zip(*rows, strict=True)], dims, strict=True)
    ]


# -- row by row --------------------------------------------------------------------------------------------------------


def _row_by_row(
    func: Any,
    size: int,
    dims: list[int | None],
    leaves: list[Any],
    spec: Any,
    out_dims: Any,
    randomness: str,
    kwargs: dict[str, Any],
) -> Any:
    """The function called once per row."""
    state = _generator_state(randomness)
    rows: list[list[Any]] = []
    result_spec: Any = None
    with Level(size, randomness, func, looping=True):
        for i in range(size):
            if randomness == "same" and i:
                _restore(state)
            part = [leaf if dim is None else leaf.select(dim, i) for leaf, dim in zip(leaves, dims, strict=True)]
            result = func(*pytree.tree_unflatten(part, spec), **kwargs)
            found, result_spec = pytree.tree_flatten(result)
            _out_dims(func, out_dims, found, result_spec)
            rows.append(found)
    return pytree.tree_unflatten(_joined(rows, out_dims, result_spec, "stack"), result_spec)


_told: Final[set[tuple[CodeType | None, str, int]]] = set()


def _tell(func: Any, reason: Unbatchable) -> None:
    """Warn, once for each place, that a function is called row by row, and why."""
    file, line = _place(reason)
    key = (getattr(func, "__code__", None), file, line)
    if key in _told:
        return
    _told.add(key)
    text = linecache.getline(file, line).strip()
    where = f" at line {line} of {file}" + (f": {text}" if text else "")
    warnings.warn(
        f"vmap: {_name(func)} needs {reason.wanted}{where}\n  This is not the same for all rows, so the function is"
        " called once per row, which is slow. To have all rows computed at once, keep tensors (x instead of x.item()),"
        " write torch.where(condition, a, b) instead of if, and masks multiplied instead of x[mask].",
        UserWarning,
        stacklevel=_frames_inside(),
    )


def _place(reason: BaseException) -> tuple[str, int]:
    """The file and line of the user's that was running when an exception was raised."""
    place = ("<unknown>", 0)
    traceback = reason.__traceback__
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not file.startswith((_PACKAGE, "<tapegrad")):
            place = (file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return place


def _frames_inside() -> int:
    """The stack level of the caller of the mapped function, for a warning of our caller's."""
    frame: Any = sys._getframe(2)
    count = 2
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, count = frame.f_back, count + 1
    return count


# -- random numbers ----------------------------------------------------------------------------------------------------


def _generator_state(randomness: str) -> Any:
    """The state of the default generator, to be able to draw the same numbers again."""
    if randomness == "error":  # none are drawn
        return None
    from ..random import default_generator

    return default_generator.get_state()


def _restore(state: Any) -> None:
    if state is not None:
        from ..random import default_generator

        default_generator.set_state(state)


__all__ = ["vmap"]
