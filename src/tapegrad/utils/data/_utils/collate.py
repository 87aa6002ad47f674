"""A batch of samples: tensors stacked, numbers made tensors, containers taken apart and put together again."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from ....ops.joining import stack
from ....tensor import dtypes
from ....tensor.creation import as_tensor, tensor
from ....tensor.tensor import Tensor

__all__ = [
    "collate", "collate_float_fn", "collate_int_fn", "collate_numpy_array_fn", "collate_numpy_scalar_fn",
    "collate_str_fn", "collate_tensor_fn", "default_collate", "default_collate_err_msg_format",
    "default_collate_fn_map", "default_convert", "np_str_obj_array_pattern",
]  # fmt: skip

# The kinds of NumPy arrays that hold no numbers: bytes, strings, objects.
np_str_obj_array_pattern = re.compile(r"[SaUO]")

default_collate_err_msg_format = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)


def rebuilt_mapping(old: Any, items: dict[Any, Any]) -> Any:
    """A mapping of the type of `old`, with its other attributes, that holds `items`; a dict if that cannot be made."""
    try:
        if isinstance(old, MutableMapping):
            new = copy.copy(old)
            new.update(items)
            return new
        return type(old)(items)
    except TypeError:
        return items


def rebuilt_sequence(old: Any, items: list[Any]) -> Any:
    """The same of a sequence; a list if its type cannot be made (`range`)."""
    try:
        if isinstance(old, MutableSequence):
            new = copy.copy(old)
            for i, item in enumerate(items):
                new[i] = item
            return new
        return type(old)(items)
    except TypeError:
        return items


def default_convert(data: Any) -> Any:
    """NumPy arrays and numbers in nested containers as tensors; all else is left as it is.

    This is what happens to samples when a loader makes no batches (`batch_size=None`).

    >>> default_convert({"x": np.array([0.5, 1.5]), "name": "a"})
    {'x': tensor([0.5000, 1.5000], dtype=torch.float64), 'name': 'a'}
    """
    kind = type(data)
    if isinstance(data, Tensor):
        return data
    if kind.__module__ == "numpy" and kind.__name__ not in ("str_", "string_"):
        if isinstance(data, np.ndarray) and np_str_obj_array_pattern.search(data.dtype.str):
            return data
        return as_tensor(data)
    if isinstance(data, Mapping):
        return rebuilt_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple):
        items = [default_convert(item) for item in data]
        return kind(*items) if hasattr(data, "_fields") else items
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return rebuilt_sequence(data, [default_convert(item) for item in data])
    return data


CollateMap = dict[Any, Callable[..., Any]]


def collate(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Make one of many: the elements of `batch` must be alike, and the first decides how.

    Args:
        batch: a sequence of samples.
        collate_fn_map: for types, or tuples of types, functions of a batch and of this dictionary
            (`collate_fn_map=`, by name). The exact type is looked for first, then the first entry that it is an
            instance of.

    Raises:
        TypeError: nothing is known about the type.
        RuntimeError: sequences of different lengths.
    """
    first = batch[0]
    kind = type(first)
    if collate_fn_map is not None:
        function = collate_fn_map.get(kind)
        if function is None:
            function = next((f for types, f in collate_fn_map.items() if isinstance(first, types)), None)
        if function is not None:
            return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(first, Mapping):
        columns = {key: collate([d[key] for d in batch], collate_fn_map=collate_fn_map) for key in first}
        return rebuilt_mapping(first, columns)
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return kind(*(collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch, strict=False)))
    if isinstance(first, Sequence):
        sizes = [len(sample) for sample in batch]
        if any(size != sizes[0] for size in sizes):
            raise RuntimeError(
                f"each element in list of batch should be of equal size: found sizes {sorted(set(sizes))}"
            )
        parts = [collate(column, collate_fn_map=collate_fn_map) for column in zip(*batch, strict=True)]
        return parts if isinstance(first, tuple) else rebuilt_sequence(first, parts)
    raise TypeError(default_collate_err_msg_format.format(kind))


def collate_tensor_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Tensors of one shape, stacked along a new first dimension."""
    return stack(batch, 0)


def collate_numpy_array_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Arrays as tensors, stacked."""
    if np_str_obj_array_pattern.search(batch[0].dtype.str):
        raise TypeError(default_collate_err_msg_format.format(batch[0].dtype))
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_scalar_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """NumPy's numbers, as a tensor of their type."""
    return as_tensor(batch)


def collate_float_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Python's floats, which have double precision."""
    return tensor(batch, dtype=dtypes.float64)


def collate_int_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Tensor:
    """Integers or truth values."""
    return tensor(batch)


def collate_str_fn(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Texts stay what they are."""
    return batch


default_collate_fn_map: CollateMap = {
    Tensor: collate_tensor_fn,
    np.ndarray: collate_numpy_array_fn,
    (np.bool_, np.number, np.object_): collate_numpy_scalar_fn,
    float: collate_float_fn,
    int: collate_int_fn,
    str: collate_str_fn,
    bytes: collate_str_fn,
}
"""How `default_collate` treats the types that are not containers; programs add their own types to it."""


def default_collate(batch: Any) -> Any:
    """Make a batch of samples: tensors with a new first dimension, in the same nested containers.

    Tensors and NumPy arrays are stacked; numbers become tensors; dictionaries, named tuples, tuples and lists hold a
    batch of each of their elements (a tuple becomes a list); texts stay a list.

    Raises:
        TypeError: samples of another type.
        RuntimeError: lists of different lengths, or tensors of different shapes.

    >>> default_collate([{"x": 1.0, "label": "a"}, {"x": 2.0, "label": "b"}])
    {'x': tensor([1., 2.], dtype=torch.float64), 'label': ['a', 'b']}
    >>> default_collate([(0, 1), (2, 3)])
    [tensor([0, 2]), tensor([1, 3])]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)
