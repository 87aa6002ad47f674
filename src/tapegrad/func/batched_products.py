"""Products of batched arrays: matmul, dot, einsum, tensordot; and linear algebra and Fourier transforms."""

from __future__ import annotations

from math import prod
from typing import Any, Final

import numpy as np

from .batched import (
    FUNCTIONS,
    GENERALIZED,
    BatchedArray,
    aligned,
    attach,
    by_rows,
    handles,
    is_at,
    level_of,
    ndim_of,
    shifted,
    shifted_axes,
    silence,
    with_rank,
)


def matmul(a: Any, b: Any, /, **kwargs: Any) -> Any:
    """np.matmul; one product of matrices where the batch can be counted among the rows of one."""
    if kwargs:
        return _written_to(kwargs.pop("out", (None,))[0], np.matmul, a, b, **kwargs)
    level = level_of((a, b))
    left, right = is_at(a, level), is_at(b, level)
    n, m = a.ndim, b.ndim
    if n == 0 or m == 0:
        raise ValueError("matmul: Input operand does not have enough dimensions")
    if left and not right:
        if m == 2:
            return BatchedArray(_times(a.value, b), level)
        if m == 1:
            return BatchedArray(a.value @ b, level)
    elif right and not left and n <= 2:
        if n == 2 and m == 1:
            return BatchedArray(b.value @ a.T, level)
        if n == m == 1:
            return BatchedArray(b.value @ a, level)
    elif n == 2 and m == 2 and a.shape[1] == b.shape[0] == 1:  # column times row: no product of matrices at all
        return BatchedArray(_outer_products(a.value, b.value), level)
    x = a.reshape(1, -1) if n == 1 else a
    y = b.reshape(-1, 1) if m == 1 else b
    z = BatchedArray(np.matmul(*aligned((x, y), level)), level)
    if n == 1 and m == 1:
        return z[..., 0, 0]
    return z[..., 0, :] if n == 1 else z[..., 0] if m == 1 else z


def _outer_products(a: Any, b: Any) -> Any:
    """(rows, n, 1) times (rows, 1, m); `np.matmul` would call BLAS for every row."""
    rows, n, m = len(a), a.shape[-2], b.shape[-1]
    if rows * n * m < _MANY or a.ndim != 3 or b.ndim != 3 or isinstance(a, BatchedArray) or isinstance(b, BatchedArray):
        return a * b
    if n > m:  # the longer loop inside
        return np.einsum("ri,rj->rij", b[:, 0], a[:, :, 0]).swapaxes(1, 2)
    return np.einsum("ri,rj->rij", a[:, :, 0], b[:, 0])


_MANY: Final = 1 << 14  # elements from which on `np.einsum` is faster than `*`


def _times(value: Any, b: Any) -> Any:
    """A stack of matrices, or of vectors, times a matrix."""
    shape = value.shape
    if len(shape) <= 2 or not value.flags.c_contiguous:
        return value @ b
    return (value.reshape(prod(shape[:-1]), shape[-1]) @ b).reshape(*shape[:-1], b.shape[-1])


def _written_to(out: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
    """The result of a function, written into an array with rows."""
    if kwargs or out is None:
        return by_rows(function, args, dict(kwargs, out=out))
    np.copyto(out, function(*args))
    return out


GENERALIZED[np.matmul] = matmul
FUNCTIONS[np.matmul] = matmul


@handles(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """np.dot."""
    if out is not None:
        return _written_to(out, np.dot, a, b)
    n, m = ndim_of(a), ndim_of(b)
    if n == 0 or m == 0:
        return np.multiply(a, b)
    if n <= 2 and m <= 2:
        if a.shape[-1] != b.shape[0]:
            raise ValueError(f"shapes {a.shape} and {b.shape} not aligned")
        return matmul(a, b)
    return np.tensordot(a, b, ((-1,), (0,) if m == 1 else (-2,)))


@handles(np.vdot)
def _vdot(a: Any, b: Any, /) -> Any:
    """np.vdot."""
    return matmul(np.conjugate(a.reshape(-1)), b.reshape(-1))


@handles(np.inner)
def _inner(a: Any, b: Any, /) -> Any:
    """np.inner."""
    return np.multiply(a, b) if ndim_of(a) == 0 or ndim_of(b) == 0 else np.tensordot(a, b, ((-1,), (-1,)))


@handles(np.outer)
def _outer(a: Any, b: Any, out: Any = None) -> Any:
    """np.outer."""
    return a.reshape(-1, 1) * b.reshape(-1)


@handles(np.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """np.tensordot: both as matrices, multiplied."""
    n, m = a.ndim, b.ndim
    if isinstance(axes, int):
        left, right = tuple(range(n - axes, n)), tuple(range(axes))
    else:
        left, right = ((axis,) if isinstance(axis, int) else tuple(axis) for axis in axes)
    left, right = tuple([axis % n for axis in left]), tuple([axis % m for axis in right])
    if [a.shape[i] for i in left] != [b.shape[i] for i in right]:
        raise ValueError("shape-mismatch for sum")
    first = [i for i in range(n) if i not in left]
    last = [i for i in range(m) if i not in right]
    length = int(np.prod([a.shape[i] for i in left], dtype=int))
    x = a.transpose(*first, *left).reshape(-1 if a.size else int(np.prod([a.shape[i] for i in first])), length)
    y = b.transpose(*right, *last).reshape(length, -1 if b.size else int(np.prod([b.shape[i] for i in last])))
    return matmul(x, y).reshape([a.shape[i] for i in first] + [b.shape[i] for i in last])


@handles(np.einsum)
def _einsum(*operands: Any, out: Any = None, **kwargs: Any) -> Any:
    """np.einsum: the batch is one more letter."""
    text, *arrays = operands
    if out is not None or not isinstance(text, str):
        return by_rows(np.einsum, operands, dict(kwargs, out=out))
    text = text.replace(" ", "")
    left, arrow, right = text.partition("->")
    if not arrow:
        letters = left.replace(",", "").replace(".", "")
        right = ("..." if "." in left else "") + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    extra = next(c for c in _LETTERS if c not in text)
    level = level_of(arrays)
    terms = [extra + term if is_at(x, level) else term for term, x in zip(left.split(","), arrays, strict=True)]
    physical = [x.value if is_at(x, level) else x for x in arrays]
    return BatchedArray(np.einsum(f"{','.join(terms)}->{extra}{right}", *physical, **kwargs), level)


_LETTERS: Final = "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA"


@handles(np.kron)
def _kron(a: Any, b: Any) -> Any:
    """np.kron."""
    rank = max(ndim_of(a), ndim_of(b))
    x, y = (z.reshape(*(1,) * (rank - z.ndim), *z.shape) for z in (a, b))
    pairs = x.reshape([n for size in x.shape for n in (size, 1)]) * y.reshape(
        [n for size in y.shape for n in (1, size)]
    )
    return pairs.reshape([n * m for n, m in zip(x.shape, y.shape, strict=True)])


@handles(np.cross)
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """np.cross."""
    level = level_of((a, b))
    if axis is not None:
        axisa = axisb = axisc = axis
    rank = max(ndim_of(a), ndim_of(b))
    x, y = (np.moveaxis(z, i, -1) for z, i in ((a, axisa), (b, axisb)))
    z = [with_rank(v, rank) if is_at(v, level) else v for v in (x, y)]
    found: Any = BatchedArray(np.cross(*z), level)
    return np.moveaxis(found, -1, axisc)


# -- linear algebra ----------------------------------------------------------------------------------------------------


def _of_matrices(function: Any) -> Any:
    """Functions of stacks of matrices, which take the batch as one more dimension in front."""

    def handler(a: Any, *args: Any, **kwargs: Any) -> Any:
        if level_of((*args, kwargs)):
            return by_rows(function, (a, *args), kwargs)
        y = function(a.value, *args, **kwargs)
        if not isinstance(y, tuple):
            return BatchedArray(y, a.level)
        parts = [BatchedArray(part, a.level) for part in y]
        return type(y)(*parts) if hasattr(y, "_fields") else tuple(parts)

    return handler


_function: Any
for _function in (
    np.linalg.cholesky, np.linalg.det, np.linalg.eig, np.linalg.eigh, np.linalg.eigvals, np.linalg.eigvalsh,
    np.linalg.inv, np.linalg.matrix_power, np.linalg.matrix_rank, np.linalg.pinv, np.linalg.qr, np.linalg.slogdet,
    np.linalg.svd, np.linalg.svdvals,
):  # fmt: skip
    FUNCTIONS[_function] = _of_matrices(_function)


@handles(np.linalg.solve)
def _solve(a: Any, b: Any) -> Any:
    """np.linalg.solve: a vector is one only if it has a single dimension."""
    if b.ndim == 1:
        return _solve(a, b.reshape(-1, 1))[..., 0]
    level = level_of((a, b))
    return BatchedArray(np.linalg.solve(*aligned((a, b), level)), level)


@handles(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """np.linalg.norm."""
    if axis is None and (x.ndim > 2 or ord is None):
        if ord is not None:
            raise ValueError("Improper number of dimensions to norm.")
        axes: Any = shifted_axes(None, x.ndim)
        y = np.sqrt(np.sum(np.abs(x.value) ** 2, axis=axes, keepdims=keepdims))
        return BatchedArray(y.astype(np.abs(x.value[:0]).dtype, copy=False), x.level)
    axes = shifted_axes(axis, x.ndim)
    axes = axes[0] if isinstance(axes, tuple) and len(axes) == 1 else axes
    return BatchedArray(np.linalg.norm(x.value, ord, axes, keepdims), x.level)


# -- Fourier transforms ------------------------------------------------------------------------------------------------


def _transform(function: Any) -> Any:
    """Along one axis."""

    def handler(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
        if out is not None:
            return by_rows(function, (a, n, axis, norm), {"out": out})
        return BatchedArray(function(a.value, n, shifted(axis, a.ndim), norm), a.level)

    return handler


def _transform_over(function: Any, last_two: bool) -> Any:
    """Over several axes."""

    def handler(a: Any, s: Any = None, axes: Any = (-2, -1) if last_two else None, norm: Any = None) -> Any:
        if axes is None:
            axes = range(-len(s), 0) if s is not None else range(a.ndim)
        return BatchedArray(function(a.value, s, shifted_axes(tuple(axes), a.ndim), norm), a.level)

    return handler


def _shift(function: Any) -> Any:
    """fftshift and its inverse."""

    def handler(x: Any, axes: Any = None) -> Any:
        return BatchedArray(function(x.value, shifted_axes(axes, x.ndim)), x.level)

    return handler


for _function in (np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft):
    FUNCTIONS[_function] = _transform(_function)
for _function in (np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn):
    FUNCTIONS[_function] = _transform_over(_function, last_two=False)
for _function in (np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2):
    FUNCTIONS[_function] = _transform_over(_function, last_two=True)
FUNCTIONS[np.fft.fftshift], FUNCTIONS[np.fft.ifftshift] = _shift(np.fft.fftshift), _shift(np.fft.ifftshift)


def _dot_method(self: BatchedArray, b: Any) -> Any:
    """x.dot(b)."""
    return dot(self, b)


def _matmul_method(self: BatchedArray, other: Any) -> Any:
    """x @ other."""
    return matmul(self, other)


def _matmul_reflected(self: BatchedArray, other: Any) -> Any:
    """other @ x."""
    return matmul(other, self)


attach(__matmul__=_matmul_method, __rmatmul__=_matmul_reflected, dot=_dot_method)
silence(globals())
