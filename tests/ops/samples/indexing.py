"""Samples of indexing.py, slicing.py, advanced.py, gathering.py, rows.py, elements.py, masking.py and slots.py."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from . import Sample, normal

m, y, v, s = normal(3, 4), normal(2, 3, 4, seed=1), normal(5, seed=2), normal(seed=3)
rows = np.array([2, 0, 2])
places = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])
mask = np.array([[True, False, True, False], [False, False, True, True], [True, True, False, False]])


def of(name: str, call: Callable[..., Any], *inputs: Any, **settings: Any) -> Sample:
    """A call that is linear in its inputs, so that its second derivative is 0; squared, it is not."""
    return Sample(name, lambda torch, *args: call(torch, *args) ** 2, inputs, **settings)


def written(name: str, write: Callable[..., Any], *inputs: Any) -> Sample:
    """A statement that writes into a copy of the first input."""

    def call(torch: Any, x: Any, *rest: Any) -> Any:
        z = x * 1
        write(torch, z, *rest)
        return z**2

    return Sample(name, call, inputs)


def index_reduce(x: Any, *args: Any) -> Any:
    """`x.index_reduce` without the warning that it is new."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x.index_reduce(*args)


def assign(index: Any) -> Callable[..., Any]:
    """`z[index] = value`."""

    def write(torch: Any, z: Any, value: Any) -> None:
        z[index(torch) if callable(index) else index] = value

    return write


SAMPLES = [
    of("getitem: integer", lambda torch, x: x[1], y),
    of("getitem: negative", lambda torch, x: x[-1, -2], y),
    of("getitem: element", lambda torch, x: x[1, 2, 3], y),
    of("getitem: slices", lambda torch, x: x[:, 1:, ::2], y),
    of("getitem: None and Ellipsis", lambda torch, x: x[None, ..., 1], y),
    of("getitem: nothing", lambda torch, x: x[1:1], y),
    of("getitem: tensor", lambda torch, x, i: x[i], m, rows),
    of("getitem: column", lambda torch, x, i: x[:, i], m, rows),
    of("getitem: two tensors", lambda torch, x, i: x[i, :, i[:1]], y, np.array([1, 0, 1])),
    of("getitem: tensors that broadcast", lambda torch, x, i: x[i[:, None], i], m, rows),
    of("getitem: list", lambda torch, x: x[[0, -1, 0]], m),
    of("getitem: mask", lambda torch, x, b: x[b], m, mask),
    of("getitem: mask of rows", lambda torch, x, b: x[b[:, 0]], m, mask),
    of("getitem: mask and integer", lambda torch, x, b: x[0, b], y, mask),
    of("getitem: mask of two of three dimensions", lambda torch, x, b: x[b[:2, :3]], y, mask),
    of("getitem: bool", lambda torch, x: x[True], v),
    written("setitem: number", lambda torch, z: z.__setitem__(1, 2.0), m),
    written("setitem: row", assign(1), m, normal(4)),
    written("setitem: element", assign((1, 2)), m, s),
    written("setitem: slices", assign((slice(None), slice(1, 3))), m, normal(3, 1)),
    written("setitem: all", assign(...), m, normal(4)),
    written("setitem: tensor", assign(lambda torch: torch.tensor([2, 0])), m, normal(2, 4)),
    written("setitem: tensor, broadcast", assign(lambda torch: torch.tensor([2, 0])), m, s),
    written("setitem: mask", assign(lambda torch: torch.tensor(mask)), m, s),
    written("setitem: mixed", assign(lambda torch: (slice(0, 2), torch.tensor([3, 1]))), m, normal(2, 2)),
    of("select", lambda torch, x: torch.select(x, 1, -1), y),
    of("narrow", lambda torch, x: x.narrow(-1, 1, 2), y),
    of("index_put", lambda torch, x, w, i: torch.index_put(x, (i,), w), m, normal(3, 4), np.array([2, 0, 1])),
    of(
        "index_put: accumulate",
        lambda torch, x, w, i: torch.index_put(x, (i, i[:1]), w, accumulate=True),
        m,
        normal(3),
        rows,
    ),
    written(
        "index_put_",
        lambda torch, z, w, i: z.index_put_((i, i), w, accumulate=True),
        m,
        normal(3),
        rows,
    ),
    of("gather", lambda torch, x, i: torch.gather(x, 0, i), m, places),
    of("gather: last dimension", lambda torch, x, i: x.gather(1, i), m, places),
    of("gather: 1-d", lambda torch, x, i: x.gather(0, i), v, rows),
    of("gather: 0-d", lambda torch, x, i: x.gather(0, i), s, np.array(0)),
    of("gather: nothing", lambda torch, x, i: x.gather(0, i), m, np.zeros((0, 2), np.int64)),
    of("take_along_dim", lambda torch, x, i: torch.take_along_dim(x, i, 1), m, np.array([[1], [3], [0]])),
    of("take_along_dim: flat", lambda torch, x, i: x.take_along_dim(i), m, rows),
    of(
        "scatter",
        lambda torch, x, w, i: torch.scatter(x, 1, i, w),
        m,
        normal(2, 4),
        np.array([[0, 2, 1, 3], [3, 2, 0, 1]]),
    ),
    of("scatter: number", lambda torch, x, i: x.scatter(0, i, 0.5), m, places),
    written("scatter_", lambda torch, z, w, i: z.scatter_(0, i, w), v, normal(3), np.array([4, 0, 1])),
    of("scatter_add", lambda torch, x, w, i: torch.scatter_add(x, 0, i, w), m, normal(2, 4), places),
    written("scatter_add_", lambda torch, z, w, i: z.scatter_add_(0, i, w), v, normal(3), rows),
    *[
        of(
            f"scatter_reduce: {reduce}{', without self' if not own else ''}",
            lambda torch, x, w, i, reduce=reduce, own=own: torch.scatter_reduce(x, 0, i, w, reduce, include_self=own),
            normal(3, 4, seed=5),
            normal(2, 4, seed=6),
            places,
        )
        for reduce in ("sum", "mean", "prod", "amax", "amin")
        for own in (True, False)
    ],
    of(
        "scatter_reduce: product with a zero",
        lambda torch, x, w, i: torch.scatter_reduce(x, 0, i, w, "prod"),
        normal(3),
        np.array([1.5, 0.0, 2.0]),
        np.array([0, 0, 1]),
        order=1,
    ),
    *[
        of(
            f"index_reduce: {reduce}",
            lambda torch, x, w, i, reduce=reduce: index_reduce(x, 0, i, w, reduce),
            normal(3, 4, seed=5),
            normal(3, 4, seed=6),
            rows,
        )
        for reduce in ("mean", "prod", "amax", "amin")
    ],
    of("index_select", lambda torch, x, i: torch.index_select(x, 0, i), m, rows),
    of("index_select: last dimension", lambda torch, x, i: x.index_select(-1, i), y, rows),
    of("index_select: 0-d", lambda torch, x, i: x.index_select(0, i), s, np.array([0])),
    of("index_add", lambda torch, x, w, i: torch.index_add(x, 0, i, w, alpha=2), m, normal(3, 4), rows),
    of("index_add: columns", lambda torch, x, w, i: x.index_add(1, i, w), m, normal(3, 3), rows),
    of("index_copy", lambda torch, x, w, i: torch.index_copy(x, 0, i, w), m, normal(2, 4), np.array([2, 0])),
    of("index_fill", lambda torch, x, i: torch.index_fill(x, 1, i, 0.5), m, rows),
    of("index_fill: tensor", lambda torch, x, w, i: x.index_fill(0, i, w), m, s, rows),
    of("take", lambda torch, x, i: torch.take(x, i), m, np.array([[0, -1], [5, 5]])),
    of("put", lambda torch, x, w, i: torch.put(x, i, w), m, normal(3), np.array([0, 11, 5])),
    of("put: accumulate", lambda torch, x, w, i: x.put(i, w, accumulate=True), m, normal(3), rows),
    of("masked_fill", lambda torch, x, b: torch.masked_fill(x, b, 0.5), m, mask),
    of("masked_fill: broadcast", lambda torch, x, b: x.masked_fill(b, 0.5), normal(4), mask),
    of("masked_fill: tensor", lambda torch, x, w, b: x.masked_fill(b, w), m, s, mask),
    of("masked_select", lambda torch, x, b: torch.masked_select(x, b), m, mask),
    of("masked_select: broadcast", lambda torch, x, b: x.masked_select(b), normal(4), mask),
    of("masked_scatter", lambda torch, x, w, b: torch.masked_scatter(x, b, w), m, normal(2, 4), mask),
    of("select_scatter", lambda torch, x, w: torch.select_scatter(x, w, 0, -1), m, normal(4)),
    of("slice_scatter", lambda torch, x, w: torch.slice_scatter(x, w, 1, 1, 4, 2), m, normal(3, 2)),
    of("diagonal_scatter", lambda torch, x, w: torch.diagonal_scatter(x, w, 1), m, normal(3)),
]
