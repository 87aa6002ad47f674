"""What can be done with sparse tensors: conversion, sums, products; each by way of ordinary tensors of the values.

Operators on them are not nodes of their own: `grad_fn` names what was done to the values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..once import warn_once
from ..tensor.coordinates import meeting
from ..tensor.factories import zeros
from ..tensor.questions import result_type
from ..tensor.tensor import Tensor, new_tensor
from .layouts import OPERATIONS, SparseCooTensor, SparseCsrTensor, SparseTensor

Coo = SparseCooTensor


def as_coo(t: Any) -> SparseCooTensor:
    """A sparse matrix or tensor by coordinates."""
    if isinstance(t, Coo):
        return t
    lengths = np.diff(t._crow._data)
    batch = lengths.shape[:-1]  # of matrices, which all have as many values
    which = np.repeat(np.indices(lengths.shape).reshape(len(batch) + 1, -1), lengths.reshape(-1), axis=1)
    places = np.concatenate([which, t._col._data.reshape(1, -1)])
    return Coo.of(new_tensor(places), t._v.flatten(0, len(batch)) if batch else t._v, t._data.shape, True)


def to_dense(self: Any, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
    """The tensor with all its elements."""
    t = as_coo(self)
    dense = zeros(*t._data.shape, dtype=t.dtype).index_put(tuple(t._i), t._v, accumulate=True)
    return dense if dtype is None else dense.to(dtype)


def to_sparse(self: Tensor, sparse_dim: int | None = None, *, layout: Any = None) -> Any:
    """The elements that are not zero, by coordinates; or in the layout given.

    Args:
        sparse_dim: how many dimensions the coordinates are for, all if None.

    Example:
        >>> import tapegrad as torch
        >>> torch.eye(2).to_sparse()
        tensor(indices=tensor([[0, 1],
                               [0, 1]]),
               values=tensor([1., 1.]),
               size=(2, 2), nnz=2, layout=torch.sparse_coo)
    """
    if layout is SparseCsrTensor.layout:
        return to_sparse_csr(self)
    if isinstance(self, SparseTensor):
        return as_coo(self)
    n = self.ndim if sparse_dim is None else sparse_dim
    there = self.detach() != 0
    if n < self.ndim:
        there = there.flatten(n).any(-1)
    where = there.nonzero()
    return Coo.of(where.t(), self[tuple(where.t())], self._data.shape, True)


def announce_rows() -> None:
    """Warn, once, as torch does where a matrix by rows is made."""
    warn_once("Sparse CSR tensor support is in beta state. Gradients and products are there, little else.", 4)


def to_sparse_csr(self: Tensor, dense_dim: int | None = None) -> SparseCsrTensor:
    """A matrix by rows, without its zeros."""
    if isinstance(self, SparseCsrTensor):
        return self
    announce_rows()
    t = coalesce(to_sparse(self))
    starts = np.zeros(t._data.shape[0] + 1, np.int64)
    np.cumsum(np.bincount(t._i._data[0], minlength=t._data.shape[0]), out=starts[1:])
    return SparseCsrTensor.of(new_tensor(starts), t._i[1], t._v, t._data.shape)


def coalesce(self: Any) -> SparseCooTensor:
    """Each place once, in order, with the sum of its values."""
    if self._coalesced:
        return self
    shape = self._data.shape[: self.sparse_dim()]
    places, which = np.unique(np.ravel_multi_index(tuple(self._i._data), shape), return_inverse=True)
    indices = new_tensor(np.stack(np.unravel_index(places, shape)).astype(np.int64))
    values = zeros(len(places), *self._v.shape[1:], dtype=self.dtype).index_add(0, new_tensor(which), self._v)
    return Coo.of(indices, values, self._data.shape, True)


def _map(self: Any, function: Any) -> Any:
    """A sparse tensor with something done to its values, at the same places."""
    if isinstance(self, SparseCsrTensor):
        return SparseCsrTensor.of(self._crow, self._col, function(self._v), self._data.shape)
    return self._like(function(self._v))


def clone(self: Any, *, memory_format: Any = None) -> Any:
    """A copy; gradients go through it."""
    return _map(self, lambda t: t.clone())


def detach(self: Any) -> Any:
    """The same places and memory, without history."""
    return _map(self, Tensor.detach)


def to(self: Any, *args: Any, **kwargs: Any) -> Any:
    """In another type."""
    return _map(self, lambda values: values.to(*args, **kwargs))


def transpose(input: Any, dim0: int = 0, dim1: int = 1) -> SparseCooTensor:
    """Two sparse dimensions exchanged."""
    t = as_coo(input)
    order, shape = list(range(t.sparse_dim())), list(t._data.shape)
    dim0, dim1 = dim0 % len(shape), dim1 % len(shape)
    order[dim0], order[dim1] = order[dim1], order[dim0]
    shape[dim0], shape[dim1] = shape[dim1], shape[dim0]
    return Coo.of(t._i[order], t._v, tuple(shape))


def t(input: Any) -> SparseCooTensor:
    """The transpose of a matrix."""
    return transpose(input, 0, 1)


def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum of all elements, or over sparse dimensions."""
    s = as_coo(input)
    values = s._v if dtype is None else s._v.to(dtype)
    if dim is None:
        return values.sum()
    gone = {d % s.ndim for d in (dim if isinstance(dim, (tuple, list)) else (dim,))}
    left = [d for d in range(s.sparse_dim()) if d not in gone]
    inner = [d - s.sparse_dim() + 1 for d in gone if d >= s.sparse_dim()]
    values = values.sum(inner) if inner else values
    if not left:
        return values.sum(0)
    shape = [n for d, n in enumerate(s._data.shape) if d not in gone]
    return coalesce(Coo.of(s._i[left], values, tuple(shape)))


def add(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`input + alpha * other`, of two sparse tensors or a dense and a sparse one."""
    if not isinstance(input, SparseTensor):
        s = as_coo(other)
        return input.index_put(tuple(s._i), alpha * s._v, accumulate=True)
    if not isinstance(other, SparseTensor):
        raise RuntimeError("add(sparse, dense) is not supported. Use add(dense, sparse) instead.")
    a, b = as_coo(input), as_coo(other)
    if a._data.shape != b._data.shape:
        raise RuntimeError(
            f"add: expected sizes of 'self' and 'other' to match, but {list(a.shape)} != {list(b.shape)}"
        )
    more = b._v if alpha == 1 else alpha * b._v
    where = meeting(a._data, b._data)
    if where is None:
        s = Coo.of(ops.cat([a._i, b._i], 1), ops.cat([a._v, more]), a._data.shape)
        return coalesce(s) if s._nnz() > s.numel() else s
    mine, theirs, n = where
    indices = np.empty((a.sparse_dim(), n), np.int64)
    indices[:, mine], indices[:, theirs] = a._i._data, b._i._data
    kind = result_type(a._v, more)
    values = zeros(n, *a._v.shape[1:], dtype=kind).index_add(0, new_tensor(mine), a._v.to(kind))
    values = values.index_add(0, new_tensor(theirs), more.to(kind))
    return Coo.of(new_tensor(indices), values, a._data.shape, a._coalesced and b._coalesced)


def add_(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`add`, written into the first operand."""
    if isinstance(self, SparseTensor):
        return self._become(add(self, other, alpha=alpha))
    s = as_coo(other)
    return self.index_put_(tuple(s._i), alpha * s._v, accumulate=True)


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`input - alpha * other`."""
    return add(input, other, alpha=-alpha)


def sub_(self: Any, other: Any, *, alpha: Any = 1) -> Any:
    """`sub`, written into the first operand."""
    return add_(self, other, alpha=-alpha)


def mul(input: Any, other: Any) -> Any:
    """The product with a number, with a dense tensor of the same shape, or with a sparse one."""
    if not isinstance(input, SparseTensor):
        input, other = other, input
    if not isinstance(other, Tensor) or other.ndim == 0:
        return _map(input, lambda values: values * other)
    a = coalesce(as_coo(input))
    if not isinstance(other, SparseTensor):
        return a._like(a._v * other.expand(a._data.shape)[tuple(a._i)])
    b = coalesce(as_coo(other))
    shape = a._data.shape[: a.sparse_dim()]
    places = [np.ravel_multi_index(tuple(s._i._data), shape) for s in (a, b)]
    _, in_a, in_b = np.intersect1d(places[0], places[1], assume_unique=True, return_indices=True)
    at_a, at_b = new_tensor(in_a), new_tensor(in_b)
    return Coo.of(a._i[:, at_a], a._v[at_a] * b._v[at_b], a._data.shape, True)


def div(input: Any, other: Any) -> Any:
    """The quotient by a number."""
    if isinstance(other, Tensor) and other.ndim:
        raise RuntimeError(
            "Sparse division requires a scalar or zero-dim dense tensor divisor (got shape"
            f" {list(other.shape)} for divisor)"
        )
    return _map(input, lambda values: values / other)


def mul_(self: Any, other: Any) -> Any:
    """`mul`, written into the sparse tensor."""
    return self._become(mul(self, other))


def div_(self: Any, other: Any) -> Any:
    """`div`, written into the sparse tensor."""
    return self._become(div(self, other))


def neg_(self: Any) -> Any:
    """The negative, written into the sparse tensor."""
    return self._become(self._like(-self._v))


def zero_(self: Any) -> Any:
    """Forget all values."""
    return self._become(zeros_like(self))


def copy_(self: Any, other: Any, non_blocking: bool = False) -> Any:
    """Take over a copy of another sparse tensor's coordinates and values."""
    return self._become(clone(other))


def zeros_like(input: Any, **kwargs: Any) -> SparseCooTensor:
    """A sparse tensor of the same shape and type, without values."""
    s = as_coo(input)
    return s._like_at(s._i[:, :0], s._v.detach()[:0], True)


def detach_(self: Any) -> Any:
    """Forget the history."""
    return self._become(self._like(self._v.detach()))


def sparse_mask(self: Any, mask: Any) -> SparseCooTensor:
    """The elements of a tensor at the places where a sparse one has values.

    Args:
        self: a dense tensor.
        mask: a sparse tensor of the same shape, of which only the coordinates matter.

    Raises:
        ValueError: the shapes differ.
    """
    if tuple(self.shape) != tuple(mask.shape):
        raise RuntimeError(
            f"sparse_mask(): operands have incompatible sizes; self has size {list(self.shape)} but mask has size"
            f" {list(mask.shape)}"
        )
    places = as_coo(mask)
    return places._like(self[tuple(places._i)])


def pow(input: Any, exponent: Any) -> Any:
    """A power, of each element."""
    return _map(coalesce(as_coo(input)), lambda values: values**exponent)


def norm(input: Any, p: Any = 2) -> Tensor:
    """The norm of all elements."""
    return coalesce(as_coo(input))._v.norm(p)


def mm(input: Any, mat2: Any) -> Any:
    """The product of two matrices, one or both sparse; sparse if both are.

    Example:
        >>> import tapegrad as torch
        >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> a = torch.sparse_coo_tensor([[0, 1], [1, 0]], w, (2, 2), check_invariants=True)
        >>> torch.sparse.mm(a, torch.tensor([[3.0], [4.0]])).sum().backward()
        >>> w.grad
        tensor([4., 3.])
    """
    if input.ndim != 2 or mat2.ndim != 2 or input.shape[1] != mat2.shape[0]:
        raise RuntimeError(
            f"mm: expected two matrices whose inner sizes agree, got {list(input.shape)} and {list(mat2.shape)}"
        )
    if not isinstance(input, SparseTensor):
        b = as_coo(mat2)
        terms = input[:, b._i[0]] * b._v
        return zeros(input.shape[0], b.shape[1], dtype=terms.dtype).index_add(1, b._i[1], terms)
    a = as_coo(input)
    if isinstance(mat2, SparseTensor):
        product = mm(a, to_dense(mat2))
        # The places where terms meet, whether they add up to zero or not.
        here = (mm(_ones(a), to_dense(_ones(as_coo(mat2)))) != 0).nonzero().t()
        return Coo.of(here, product[tuple(here)], product._data.shape, True)
    terms = a._v.unsqueeze(1) * mat2[a._i[1]]
    return zeros(a.shape[0], mat2.shape[1], dtype=terms.dtype).index_add(0, a._i[0], terms)


def _ones(t: SparseCooTensor) -> SparseCooTensor:
    return t._like(new_tensor(np.ones_like(t._v._data)))


def matmul(input: Any, other: Any) -> Any:
    """The product of matrices, or of a matrix and a vector."""
    if input.ndim == 1:
        return mm(input.unsqueeze(0), other).squeeze(0)
    if other.ndim == 1:
        return mm(input, other.unsqueeze(1)).squeeze(1)
    return mm(input, other)


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """`beta * input + alpha * mat1 @ mat2`."""
    product = mm(mat1, mat2)
    return beta * input + (product if alpha == 1 else alpha * product)


def cat(tensors: Any, dim: int = 0) -> SparseCooTensor:
    """Sparse tensors one after the other, in a sparse dimension."""
    parts = [as_coo(part) for part in tensors]
    dim %= parts[0].ndim
    indices, start = [], 0
    for part in parts:
        moved = part._i.clone()
        moved[dim] += start
        indices.append(moved)
        start += part.shape[dim]
    shape = (*parts[0].shape[:dim], start, *parts[0].shape[dim + 1 :])
    return Coo.of(ops.cat(indices, 1), ops.cat([part._v for part in parts]), shape)


def row(self: Any, index: Any) -> Tensor:
    """`x[i]`: what is at one place of the first dimension; dense if that is the only sparse one.

    Raises:
        NotImplementedError: an index that is not a whole number.
        IndexError: there is no such place.
    """
    s, n = as_coo(self), self.shape[0]
    if isinstance(index, bool) or not isinstance(index, int):
        raise NotImplementedError("Sparse tensors are indexed by whole numbers only. Write x.to_dense()[...].")
    if not -n <= index < n:
        raise IndexError(f"index {index} is out of bounds for dimension 0 with size {n}")
    here = new_tensor(np.flatnonzero(s._i._data[0] == index % n))
    if s.sparse_dim() == 1:
        return s._v[here].sum(0)
    return Coo.of(s._i[1:, here], s._v[here], s._data.shape[1:], s._coalesced)


def numpy(self: Any, *, force: bool = False) -> Any:
    """Refused: there is no one array.

    Raises:
        TypeError: always.
    """
    raise TypeError("can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first.")


def is_contiguous(self: Any, memory_format: Any = None) -> bool:
    """False: there is no one array."""
    return False


def _unary(name: str) -> Any:
    def apply(input: Any) -> Any:
        return _map(coalesce(as_coo(input)), getattr(Tensor, name))

    apply.__name__ = name
    apply.__doc__ = f"`torch.{name}` of each element: what is zero stays zero."
    return apply


UNARY = (
    "abs", "asin", "asinh", "atan", "atanh", "ceil", "deg2rad", "erf", "erfinv", "expm1", "floor", "log1p", "neg",
    "rad2deg", "relu", "round", "sgn", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc",
)  # fmt: skip
CASTS = ("bfloat16", "bool", "double", "float", "half", "int", "long")


def _cast(name: str) -> Any:
    return lambda self: _map(self, getattr(Tensor, name))


def _attach() -> None:
    """Make the functions known by their names, and methods of sparse tensors."""
    functions = (
        to_dense, to_sparse, to_sparse_csr, coalesce, clone, detach, to, transpose, t, sum, add, sub, mul, div, pow,
        norm, mm, matmul, addmm, cat, is_contiguous, add_, sub_, mul_, div_, neg_, zero_, detach_, sparse_mask,
        copy_, zeros_like, numpy,
    )  # fmt: skip
    OPERATIONS.update((f.__name__, f) for f in functions)
    OPERATIONS.update((name, _unary(name)) for name in UNARY)
    OPERATIONS.update((name, _cast(name)) for name in CASTS)
    OPERATIONS.update(
        __add__=add, __radd__=lambda a, b: add(b, a), __sub__=sub, __rsub__=lambda a, b: sub(b, a), __mul__=mul,
        __rmul__=mul, __truediv__=div, true_divide=div, divide=div, multiply=mul, subtract=sub, __pow__=pow,
        __matmul__=matmul, __rmatmul__=lambda a, b: matmul(b, a), mv=matmul, cpu=lambda self: self,
        contiguous=lambda self: self, __neg__=OPERATIONS["neg"], __abs__=OPERATIONS["abs"], __iadd__=add_,
        __getitem__=row, __format__=lambda self, spec: format(repr(self), spec),
        __isub__=sub_, __imul__=mul_, __itruediv__=div_, empty_like=zeros_like, swapaxes=transpose,
        swapdims=transpose, concat=cat, concatenate=cat,
    )  # fmt: skip
    methods: Any = SparseTensor
    for name, function in OPERATIONS.items():
        if name not in ("cat", "concat", "concatenate"):
            setattr(methods, name, function)
    methods.T = methods.mT = property(lambda self: transpose(self, -2, -1), doc="The transpose of a matrix.")
    methods.data = property(detach, doc="The same places and memory, without history.")


_attach()
