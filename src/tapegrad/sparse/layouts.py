"""Tensors in sparse layouts: coordinates (COO) and compressed rows (CSR).

A sparse tensor keeps indices and values, which are ordinary tensors: what is computed from it is computed from its
values, and gradients go to them. It is a subclass of Tensor with a `__torch_function__`, so every torch function asks
it. The functions in `operations.py` know what to do; any other refuses, by name. Below, where the array of an ordinary
tensor is, a tensor by coordinates has `Coordinates`, which gradients in a backward pass are, too. A program without
sparse tensors pays nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final, Self

import numpy as np

from ..tensor.coordinates import Coordinates
from ..tensor.device import layout, sparse_coo, sparse_csr
from ..tensor.dtypes import scalar_type_name
from ..tensor.size import Size
from ..tensor.subclass import admit
from ..tensor.tensor import Tensor, fill_slots, new_tensor
from ..tensor.torch_function import DisableTorchFunction

__all__ = ["SparseCooTensor", "SparseCsrTensor", "SparseTensor"]

OPERATIONS: Final[dict[str, Callable[..., Any]]] = {}
"""The functions that take sparse tensors, by their names; `operations.py` fills it."""

# What is known from the shape and type alone.
_STRUCTURE: Final = frozenset(
    {"__get__", "__len__", "__set__", "dim", "element_size", "is_complex", "is_floating_point", "is_signed",
     "is_tensor", "ndimension", "nelement", "numel", "size"}
)  # fmt: skip


class SparseTensor(Tensor):
    """A tensor that keeps values and where they are."""

    layout: layout
    is_sparse = True
    _v: Tensor

    @classmethod
    def _blank(cls) -> Self:
        admit(cls)
        return object.__new__(cls)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", str(func))
        if name in OPERATIONS:
            return OPERATIONS[name](*args, **(kwargs or {}))
        if name in _STRUCTURE:
            with DisableTorchFunction():
                return func(*args, **(kwargs or {}))
        raise NotImplementedError(
            f"Could not run 'aten::{name.strip('_')}' with arguments from the '{_backend(args)}' backend."
            " Write x.to_dense() for the tensor with all its elements."
        )

    @property
    def requires_grad(self) -> bool:
        """Whether gradients go to the values."""
        return self._v.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self._v.requires_grad = value

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Have gradients go to the values, or not."""
        self._v.requires_grad_(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the values are a leaf."""
        return self._v.is_leaf

    @property
    def grad_fn(self) -> Any:
        """What the values come from."""
        return self._v.grad_fn

    def _nnz(self) -> int:
        """How many values there are."""
        return len(self._v)

    def _parts(self) -> tuple[Any, ...]:
        """What the tensor consists of, in the order in which torch writes it into files."""
        raise NotImplementedError

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = rebuilt(self.layout, copy.deepcopy(self._parts(), memo))
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return rebuilt, (self.layout, self._parts())

    def type(self, dtype: Any = None, **kwargs: Any) -> Any:
        """The name of torch's class for sparse tensors of this type, or the tensor in another type."""
        return f"torch.sparse.{scalar_type_name(self.dtype)}Tensor" if dtype is None else self.to(dtype)


class SparseCooTensor(SparseTensor):
    """Values at coordinates: `indices` of shape (sparse dimensions, n), `values` of shape (n, *dense dimensions)."""

    layout = sparse_coo
    _i: Tensor
    _coalesced: bool

    @classmethod
    def of(cls, indices: Tensor, values: Tensor, shape: tuple[int, ...], coalesced: bool = False) -> SparseCooTensor:
        """The tensor with these parts, unchecked."""
        t = cls._blank()
        array: Any = Coordinates(indices._data, values._data, shape)
        fill_slots(t, array)
        t._i, t._v, t._coalesced = indices, values, coalesced
        return t

    def _become(self, other: SparseCooTensor) -> Self:
        """Take over another's coordinates and values, as a write in place does."""
        self._data, self._i, self._v, self._coalesced = other._data, other._i, other._v, other._coalesced
        return self

    def _like(self, values: Tensor) -> SparseCooTensor:
        return self._like_at(self._i, values, self._coalesced)

    def _like_at(self, indices: Tensor, values: Tensor, coalesced: bool) -> SparseCooTensor:
        return SparseCooTensor.of(indices, values, self._data.shape, coalesced)

    def _indices(self) -> Tensor:
        """The coordinates, in whatever order they are."""
        return self._i

    def _values(self) -> Tensor:
        """The values, in whatever order they are."""
        return self._v

    def indices(self) -> Tensor:
        """The coordinates, each once and in order.

        Raises:
            RuntimeError: there may be several values for one place.
        """
        if not self._coalesced:
            raise RuntimeError("Cannot get indices on an uncoalesced tensor, please call .coalesce() first")
        return self._i

    def values(self) -> Tensor:
        """The values, in the order of the coordinates.

        Raises:
            RuntimeError: there may be several values for one place.
        """
        if not self._coalesced:
            raise RuntimeError("Cannot get values on an uncoalesced tensor, please call .coalesce() first")
        return self._v

    def is_coalesced(self) -> bool:
        """Whether each place is there once, in order."""
        return self._coalesced

    def _parts(self) -> tuple[Any, ...]:
        return self._i, self._v, self.size(), self._coalesced

    def sparse_dim(self) -> int:
        """The number of dimensions that the coordinates are for."""
        return len(self._i)

    def dense_dim(self) -> int:
        """The number of dimensions that each value has."""
        return self._v.ndim - 1

    @property
    def grad(self) -> Any:
        """The gradient of the values, at the same places; where a place is there several times, it is there once."""
        g = self._v.grad
        if g is None or self._coalesced:
            return None if g is None else self._like(g)
        places = np.ravel_multi_index(tuple(self._i._data), self._data.shape[: self.sparse_dim()])
        first = new_tensor(np.unique(places, return_index=True)[1])
        return self._like_at(self._i[:, first], g[first], False)

    @grad.setter
    def grad(self, value: Any) -> None:
        self._v.grad = None if value is None else value._v

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]  # as Tensor's, word for word
        parts = [("indices", self._i), ("values", self._v.detach())]
        return _text(self, parts, on_new_line=True)


class SparseCsrTensor(SparseTensor):
    """A matrix by rows: the values of row i are those from `crow_indices[i]` up to `crow_indices[i + 1]`.

    Or a batch of such, in the leading dimensions, which all have as many values.
    """

    layout = sparse_csr
    is_sparse = False  # as in torch, where it means coordinates
    is_sparse_csr = True
    _crow: Tensor
    _col: Tensor

    @classmethod
    def of(cls, crow: Tensor, col: Tensor, values: Tensor, shape: tuple[int, ...]) -> SparseCsrTensor:
        """The tensor with these parts, unchecked."""
        t = cls._blank()
        # An array of the shape and type that takes no memory; nothing reads or writes it.
        fill_slots(t, np.broadcast_to(np.zeros((), values._data.dtype), shape))
        t._crow, t._col, t._v = crow, col, values
        return t

    def crow_indices(self) -> Tensor:
        """Where each row starts among the values, and where the last one ends."""
        return self._crow

    def col_indices(self) -> Tensor:
        """The column of each value."""
        return self._col

    def values(self) -> Tensor:
        """The values, row by row."""
        return self._v

    def _nnz(self) -> int:
        """How many values each matrix of the batch has."""
        return int(self._col.shape[-1])

    def sparse_dim(self) -> int:
        """2: rows and columns."""
        return 2

    def dense_dim(self) -> int:
        """How many dimensions each value has."""
        return self._v.ndim - self._crow.ndim

    def _parts(self) -> tuple[Any, ...]:
        return self._crow, self._col, self._v, self.size()

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]  # as Tensor's, word for word
        parts = [("crow_indices", self._crow), ("col_indices", self._col), ("values", self._v.detach())]
        return _text(self, parts, on_new_line=False)


def rebuilt(kind: layout, parts: Any) -> SparseTensor:
    """The tensor of a layout with these parts, as `_parts` gives them; unchecked."""
    if kind is sparse_coo:
        indices, values, size, coalesced = parts
        return SparseCooTensor.of(indices, values, tuple(size), coalesced)
    return SparseCsrTensor.of(*parts)


def _text(t: SparseTensor, parts: list[tuple[str, Tensor]], on_new_line: bool) -> str:
    lines = []
    for name, part in parts:
        lead = f"{name}=tensor("
        elements = repr(part).replace("\n", "\n" + " " * (len(name) + 1 + 7))
        elements = elements.removeprefix("tensor(").replace(f", dtype={part.dtype}", "")
        if part.numel() == 0:
            elements = f"[], size={tuple(part.shape)})"
        lines.append(lead + elements)
    tail = [f"size={tuple(t.shape)}", f"nnz={t._nnz()}"]
    default = repr(t._v.detach()[:0]).count("dtype=")
    tail += [f"dtype={t.dtype}"] if default and t.dtype.is_floating_point else []
    tail += [f"layout={t.layout}"]
    if t._v.grad_fn is not None:
        tail += [f"grad_fn=<{t._v.grad_fn.name()}>"]
    elif t._v.requires_grad:
        tail += ["requires_grad=True"]
    text = "tensor(" + ",\n       ".join(lines)
    used = len(text) - text.rfind("\n") + 1  # as torch counts: two more than the line has
    for each in tail:
        if on_new_line or used + len(each) + 2 > 80:
            text, used, on_new_line = f"{text},\n       {each}", 7 + len(each), False
        else:
            text, used = f"{text}, {each}", used + len(each) + 2
    return text + ")"


def _backend(args: Any) -> str:
    return "SparseCsrCPU" if any(isinstance(a, SparseCsrTensor) for a in args) else "SparseCPU"


def size_of(size: Any) -> Size:
    """A shape given as a tuple, list or Size."""
    return size if isinstance(size, Size) else Size(size)
