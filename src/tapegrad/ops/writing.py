"""In-place forms of operators that are not pointwise."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..autograd import batching
from ..autograd.views import before_write, check_write, refresh, wrote
from ..errors import overlapping_write, read_only
from ..tensor.dtypes import Array
from ..tensor.strides import overlaps_itself
from ..tensor.tensor import VIEW, Tensor, new_tensor
from .op import Op
from .outputs import EXPECTED, given_out
from .overlaps import check_apart


def write_result(op: Op, self: Tensor, *args: Any) -> Tensor:
    """`self = op(self, *args)` in self's own memory; the result has self's shape and dtype.

    Raises:
        RuntimeError: autograd cannot follow the write, or the memory may not be written to.
    """
    check_memory(self._data)
    return _write(op, self, args)


def write_anywhere(op: Op, self: Tensor, *args: Any) -> Tensor:
    """`write_result` for operators that torch lets write into an expanded tensor, though it warns of them."""
    data = self._data
    if data.size and overlaps_itself(data):
        warn_of_expanded(op.public_name)
        return _write(op, self, args, partly=True)
    check_memory(data)
    return _write(op, self, args)


def warn_of_expanded(function: str) -> None:
    """Warn of a write into a tensor several of whose elements are one in memory."""
    warnings.warn(
        f"Use of {function} on expanded tensors is deprecated. Please clone() the tensor before performing this"
        " operation. This also applies to advanced indexing e.g. "
        + ("tensor[indices] = tensor" if function == "index_put_" else "tensor[mask] = scalar"),
        UserWarning,
        stacklevel=5,
    )


def _write(op: Op, self: Tensor, args: tuple[Any, ...], partly: bool = False) -> Tensor:
    """Write the result; `partly`: the elements that it changes only, since others are the same memory."""
    if self._flags:
        check_write(self, *args)
    others = [x for x in args if isinstance(x, Tensor)]
    arrays = [x._data if isinstance(x, Tensor) else x for x in args]
    try:
        y = op.forward(self._data, *arrays)
    except batching.Unbatchable:
        y = batching.forward(op, self._data, *arrays)
    if batching.running:
        batching.make_room(self, y)
    where: Any = y != self._data if partly else True
    if not self._flags and not any(x._flags for x in others):
        np.copyto(self._data, y, where=where)
        wrote(self)
        return self
    was = before_write(self, keep=op.inputs[0] in op.reads())
    for x in others:
        if x._flags & VIEW:
            refresh(x)
    np.copyto(self._data, y, where=where)
    result = new_tensor(self._data)
    op.record(result, was, *args)
    wrote(self, result)
    return self


def write_apart(op: Op, self: Tensor, *args: Any) -> Tensor:
    """`write_result` for operators that must not read the memory they write.

    Raises:
        RuntimeError: an argument shares memory with self.
    """
    check_apart(self._data, *[x._data for x in args if isinstance(x, Tensor)])
    return write_result(op, self, *args)


def separate_out(out: Any, y: Tensor, *inputs: Tensor, says: str | None = EXPECTED) -> Tensor:
    """`given_out` for operators whose `out=` must not share memory with an input.

    Raises:
        RuntimeError: it does, or several of its elements are one in memory.
    """
    if isinstance(out, Tensor) and (says is None or out._data.dtype is y._data.dtype):
        check_memory(out._data)
        check_apart(out._data, *[x._data for x in inputs])
    return given_out(out, y, *inputs, says=says)


def check_memory(target: Array) -> None:
    """Refuse to write into an expanded tensor or into a read-only array.

    Raises:
        RuntimeError: as torch words it.
    """
    if target.size and overlaps_itself(target):
        raise overlapping_write()
    if not target.flags.writeable:
        raise read_only()
