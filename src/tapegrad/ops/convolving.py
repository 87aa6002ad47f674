"""Convolution and transposed convolution, in any number of dimensions.

Three operators are linear in each of two arrays, and each gives the gradients of the others: with x the images, w the
weights and y the results,

    correlated(x, w) -> y        correlated_input(y, w) -> x        correlated_weight(x, y) -> w

so all derivatives of any order are among them. A transposed convolution is `correlated_input`.

The work is one matrix product per group. Its one side are the *patches* of the images, (N, C, *kernel, *out): a view,
laid out in memory once.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .op import operator
from .vocabulary import conj, phrase, summed

Ints = tuple[int, ...]


def patches_of(x: Array, kernel: Ints, stride: Ints, dilation: Ints, out: Ints) -> Array:
    """A view (N, C, *kernel, *out) of padded images (N, C, *size)."""
    lead, steps = x.shape[:2], x.strides[2:]
    strides = (
        *x.strides[:2],
        *[s * d for s, d in zip(steps, dilation, strict=True)],
        *[s * d for s, d in zip(steps, stride, strict=True)],
    )
    return np.lib.stride_tricks.as_strided(x, (*lead, *kernel, *out), strides)


def padded(x: Array, padding: Ints) -> Array:
    """Images with zeros around them."""
    if not any(padding):
        return x
    size = [n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True)]
    y = np.zeros((*x.shape[:2], *size), x.dtype)
    inside: Any = (..., *[slice(p, p + n) for n, p in zip(x.shape[2:], padding, strict=True)])
    y[inside] = x
    return y


def output_size(size: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Ints:
    """The size of the results of a convolution."""
    return tuple(
        [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
        ]
    )


def _columns(x: Array, kernel: Ints, out: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int) -> Array:
    """The patches as matrices (N, groups, C / groups · kernel, out)."""
    n, c = x.shape[:2]
    view = patches_of(padded(x, padding), kernel, stride, dilation, out)
    return view.reshape(n, groups, c // groups * prod(kernel), prod(out))


def _wide(x: Array) -> Array:
    """Halves are added up in single precision."""
    return x.astype(np.float32) if x.itemsize == 2 and x.dtype.kind in "fV" else x


@operator(node="ConvolutionBackward0")
def correlated(
    x: Array, w: Array, b: Array | None = None, /,
    stride: Ints = (), padding: Ints = (), dilation: Ints = (), groups: int = 1, out: Ints = (),
) -> Array:  # fmt: skip
    """The results (N, O, *out) of weights (O, C / groups, *kernel) on images (N, C, *size).

    `out` may leave out some at the end.
    """
    kernel, o = w.shape[2:], w.shape[0]
    columns = _columns(_wide(x), kernel, out, stride, padding, dilation, groups)
    y = np.matmul(_wide(w).reshape(groups, o // groups, -1), columns).reshape(x.shape[0], o, *out)
    if b is not None:
        y += b.reshape(-1, *(1,) * len(out))
    return y.astype(x.dtype, copy=False)


@operator(node="ConvolutionBackward0")
def correlated_input(
    y: Array, w: Array, b: Array | None = None, /,
    stride: Ints = (), padding: Ints = (), dilation: Ints = (), groups: int = 1, size: Ints = (),
) -> Array:  # fmt: skip
    """The transpose of `correlated`: images (N, C, *size), to which every result adds its weights."""
    n, o, *out = y.shape
    kernel = w.shape[2:]
    each = w.shape[1]
    wide = _wide(w).reshape(groups, o // groups, each * prod(kernel))
    columns = np.matmul(wide.swapaxes(1, 2), _wide(y).reshape(n, groups, o // groups, prod(out)))
    columns = columns.reshape(n, groups * each, *kernel, *out)
    whole = np.zeros((n, groups * each, *[s + 2 * p for s, p in zip(size, padding, strict=True)]), columns.dtype)
    for at in np.ndindex(*kernel):
        part = tuple(
            [slice(k * d, k * d + (m - 1) * s + 1, s) for k, d, m, s in zip(at, dilation, out, stride, strict=True)]
        )
        strided: Any = (..., *part)
        whole[strided] += columns[(slice(None), slice(None), *at)]
    inside: Any = (..., *[slice(p, p + s) for s, p in zip(size, padding, strict=True)])
    x = whole[inside]
    if b is not None:
        x = x + b.reshape(-1, *(1,) * len(size))
    return np.ascontiguousarray(x.astype(y.dtype, copy=False))


@operator(node="ConvolutionBackwardBackward0")
def correlated_weight(
    x: Array, y: Array, /, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Array:
    """The sums over samples and places of products of results and patches: (O, C / groups, *kernel)."""
    n, o, *out = y.shape
    columns = _columns(_wide(x), kernel, tuple(out), stride, padding, dilation, groups)
    rows = _wide(y).reshape(n, groups, o // groups, prod(out))
    if n == 1:
        w = np.matmul(rows[0], columns[0].swapaxes(1, 2))
    else:
        # One product over samples and places together; patches of several samples are made adjacent for it.
        flat = rows.transpose(1, 2, 0, 3).reshape(groups, o // groups, -1)
        w = np.matmul(flat, columns.transpose(1, 0, 3, 2).reshape(groups, -1, columns.shape[2]))
    return w.reshape(o, x.shape[1] // groups, *kernel).astype(x.dtype, copy=False)


@phrase
def bias_sum(g: Any) -> Any:
    """The sum over samples and places, for each channel."""
    return summed(g, (0, *range(2, g.ndim)), False)


correlated.linear_in("x", "w", plus=("b",)).with_rules(
    x=lambda g, w, x_shape, stride, padding, dilation, groups: correlated_input(
        g, conj(w), None, stride, padding, dilation, groups, x_shape[2:]
    ),
    w=lambda g, x, w_shape, stride, padding, dilation, groups: correlated_weight(
        conj(x), g, w_shape[2:], stride, padding, dilation, groups
    ),
    b=lambda g: bias_sum(g),
)
correlated_input.linear_in("y", "w", plus=("b",)).with_rules(
    y=lambda g, w, y_shape, stride, padding, dilation, groups: correlated(
        g, conj(w), None, stride, padding, dilation, groups, y_shape[2:]
    ),
    w=lambda g, y, w_shape, stride, padding, dilation, groups: correlated_weight(
        g, conj(y), w_shape[2:], stride, padding, dilation, groups
    ),
    b=lambda g: bias_sum(g),
)
correlated_weight.linear_in("x", "y").with_rules(
    x=lambda g, y, x_shape, stride, padding, dilation, groups: correlated_input(
        conj(y), g, None, stride, padding, dilation, groups, x_shape[2:]
    ),
    y=lambda g, x, y_shape, stride, padding, dilation, groups: correlated(
        conj(x), g, None, stride, padding, dilation, groups, y_shape[2:]
    ),
)


@operator(name="unfolded", node="Im2ColBackward0")
def unfolded(x: Array, /, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Array:
    """The patches of images (…, C, H, W) as columns (…, C · kernel, places), with or without samples."""
    out = output_size(x.shape[-2:], kernel, stride, padding, dilation)
    images = x.reshape(-1, *x.shape[-3:])
    columns = _columns(images, kernel, out, stride, padding, dilation, 1)
    return columns.reshape(*x.shape[:-3], *columns.shape[2:]).copy()


@operator(name="folded", node="Col2ImBackward0")
def folded(x: Array, /, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, size: Ints) -> Array:
    """The transpose of `unfolded`: columns added up in images."""
    out = output_size(size, kernel, stride, padding, dilation)
    n, c = prod(x.shape[:-2]), x.shape[-2] // prod(kernel)
    columns = x.reshape(n, c, *kernel, *out)
    whole = np.zeros((n, c, *[s + 2 * p for s, p in zip(size, padding, strict=True)]), x.dtype)
    for at in np.ndindex(*kernel):
        part = [slice(k * d, k * d + (m - 1) * s + 1, s) for k, d, m, s in zip(at, dilation, out, stride, strict=True)]
        strided: Any = (..., *part)
        whole[strided] += columns[(slice(None), slice(None), *at)]
    inside: Any = (..., *[slice(p, p + s) for s, p in zip(size, padding, strict=True)])
    inner = whole[inside]
    return inner.reshape(*x.shape[:-2], c, *size).copy()


unfolded.linear_in("x").with_rules(
    x=lambda g, x_shape, kernel, stride, padding, dilation: folded(g, kernel, stride, padding, dilation, x_shape[-2:])
)
folded.linear_in("x").with_rules(
    x=lambda g, kernel, stride, padding, dilation: unfolded(g, kernel, stride, padding, dilation)
)

METHODS: dict[str, Any] = {}

__all__: list[str] = []
