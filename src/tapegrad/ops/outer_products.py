"""Products of every element of one tensor with every element of another: outer, kron; inner and tensordot."""

from __future__ import annotations

from math import prod as size_of
from typing import Any

from ..errors import DtypeError, ShapeError
from ..tensor.arguments import wrap_dim
from ..tensor.tensor import Tensor
from .outputs import given_out
from .products import dot, mm, not_tensors
from .shape import _unsafe_view as unsafe_view


def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """All products of an element of one vector with one of another, (n) and (m) -> (n, m).

    Raises:
        RuntimeError: not vectors.

    >>> import tapegrad as torch
    >>> torch.outer(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    if not isinstance(input, Tensor) or not isinstance(vec2, Tensor):
        raise not_tensors("outer", ("input", input), ("vec2", vec2))
    for name, t in (("self", input), ("vec2", vec2)):
        if t._data.ndim != 1:
            raise ShapeError(
                f"outer: Expected 1-D argument {name}, but got {t._data.ndim}-D",
                f"Found: shape {t._data.shape}. Write x.flatten(), or a.unsqueeze(-1) * b for stacks of vectors.",
            )
    y = input.reshape(input._data.size, 1) * vec2
    return y if out is None else given_out(out, y, input, vec2)


def ger(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The older name of `outer`."""
    return outer(input, vec2, out=out)


def _same_dtype(a: Tensor, b: Tensor) -> None:
    if a._data.dtype is not b._data.dtype:
        raise DtypeError("both inputs should have same dtype", f"Found: {a.dtype} and {b.dtype}. Convert one of them.")


_WRONG_OUT = "tensordot: Expected the output tensor to have dtype {wanted}, but got an output tensor with dtype {found}"


def inner(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sum of products over the last dimensions of both, (…, n) and (…, n) -> (…, …).

    Raises:
        RuntimeError: the last dimensions differ.

    >>> import tapegrad as torch
    >>> torch.inner(torch.tensor([1.0, 2.0]), torch.tensor([[3.0, 4.0], [5.0, 6.0]]))
    tensor([11., 17.])
    """
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        raise not_tensors("inner", ("input", input), ("other", other))
    _same_dtype(input, other)
    a, b = input._data.shape, other._data.shape
    if not a or not b:
        y = input * other
    elif a[-1] != b[-1]:
        raise ShapeError(
            f"inner() the last dimension must match on both input tensors but got shapes {list(a)} and {list(b)}"
        )
    else:
        y = tensordot(input, other, ([-1], [-1]))
    return y if out is None else given_out(out, y, input, other, says=_WRONG_OUT)


def tensordot(a: Tensor, b: Tensor, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """The sum of products over several dimensions of both tensors.

    Args:
        a, b: any shapes.
        dims: how many dimensions to sum over, the last ones of `a` and the first ones of `b`; or a pair of lists, the
            dimensions of `a` and those of `b` that belong to them.

    Raises:
        RuntimeError: the dimensions do not match.

    >>> import tapegrad as torch
    >>> torch.tensordot(torch.ones(2, 3), torch.ones(3, 4), 1).shape
    torch.Size([2, 4])
    """
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        raise not_tensors("tensordot", ("a", a), ("b", b))
    one, two = _contracted(a, b, dims)
    if len(one) != len(two):
        raise ShapeError("both dimension lists should have same length", f"Found: {one} and {two}.")
    _same_dtype(a, b)
    y = _contract(a, b, one, two)
    return y if out is None else given_out(out, y, a, b, says=_WRONG_OUT)


def _contracted(a: Tensor, b: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    """The dimensions of either tensor to sum over, as given."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, (tuple, list)):
        one, two = dims
        return (
            [one] if isinstance(one, int) else list(one),
            [two] if isinstance(two, int) else list(two),
        )
    count = int(dims)
    if count < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={count}")
    if count > min(a._data.ndim, b._data.ndim):
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={count}")
    return list(range(-count, 0)), list(range(count))


def _contract(a: Tensor, b: Tensor, one: list[int], two: list[int]) -> Tensor:
    for d, e in zip(one, two, strict=True):
        n, m = a._data.shape[wrap_dim(d, a._data.ndim)], b._data.shape[wrap_dim(e, b._data.ndim)]
        if n != m and n != 1 and m != 1:
            raise ShapeError(
                f"contracted dimensions need to match, but first has size {n} in dim {d} and second has size {m} in dim"
                f" {e}",
                f"Found: shapes {a._data.shape} and {b._data.shape}.",
            )
        if n != m:  # a dimension of length 1 broadcasts: sum the other side first
            if n == 1:
                b = b.sum(e, keepdim=True, dtype=b.dtype)
            else:
                a = a.sum(d, keepdim=True, dtype=a.dtype)
    inner_a = _distinct(one, a._data.ndim)
    inner_b = _distinct(two, b._data.ndim)
    outer_a = [d for d in range(a._data.ndim) if d not in inner_a]
    outer_b = [d for d in range(b._data.ndim) if d not in inner_b]
    shape = [a._data.shape[d] for d in outer_a] + [b._data.shape[d] for d in outer_b]
    n = size_of(a._data.shape[d] for d in inner_a)
    left: Any = a.permute(outer_a + inner_a)
    right: Any = b.permute(inner_b + outer_b)
    if not outer_a and not outer_b:
        if left._data.flags.c_contiguous and right._data.flags.c_contiguous:
            y: Any = dot(left.reshape(n), right.reshape(n))
        else:  # a dot product would have to copy them
            y = (left.squeeze() * right.squeeze()).sum()
        return y.reshape(shape)
    rows, columns = size_of(left._data.shape[: len(outer_a)]), size_of(right._data.shape[len(inner_b) :])
    return mm(left.reshape(rows, n), right.reshape(n, columns)).reshape(shape)


def _distinct(dims: list[int], ndim: int) -> list[int]:
    wrapped = [wrap_dim(d, ndim) for d in dims]
    for d in wrapped:
        if wrapped.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return wrapped


def kron(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Kronecker product: `other` once for each element of `input`, multiplied by it.

    >>> import tapegrad as torch
    >>> torch.kron(torch.tensor([1.0, 10.0]), torch.tensor([1.0, 2.0]))
    tensor([ 1.,  2., 10., 20.])
    """
    if not isinstance(input, Tensor) or not isinstance(other, Tensor):
        raise not_tensors("kron", ("input", input), ("other", other))
    a, b = input._data.shape, other._data.shape
    ndim = max(len(a), len(b))
    a, b = (1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b
    left = unsafe_view.call(input, tuple(n for pair in zip(a, (1,) * ndim, strict=True) for n in pair))
    right = unsafe_view.call(other, tuple(n for pair in zip((1,) * ndim, b, strict=True) for n in pair))
    y = unsafe_view.call(left * right, tuple(n * m for n, m in zip(a, b, strict=True)))
    return y if out is None else given_out(out, y, input, other)


METHODS = {"ger": ger, "inner": inner, "kron": kron, "outer": outer}

__all__ = ["ger", "inner", "kron", "outer", "tensordot"]
