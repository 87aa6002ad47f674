"""Whether two tensors overlap in memory in a way that torch refuses to write through."""

from __future__ import annotations

import numpy as np

from ..autograd.batching import all_rows
from ..tensor.dtypes import Array
from ..tensor.strides import is_dense


def check_apart(target: Array, *sources: Array) -> None:
    """Refuse sources in the memory of the target, as far as torch looks: both without gaps, and their ranges meet.

    Raises:
        RuntimeError: as torch words it.
    """
    for source in sources:
        if np.may_share_memory(target, source) and _is_dense(target) and _is_dense(source):
            raise overlapping_operand()


def overlapping_operand() -> RuntimeError:
    """The error for an operand that lies in the memory to be written."""
    return RuntimeError(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory"
        " location. Please clone() the tensor before performing the operation."
    )


def check_not_shifted(target: Array, source: Array) -> None:
    """Refuse a source that overlaps the target without being the same elements, as `x[1:] += x[:-1]` would have it.

    Raises:
        RuntimeError: as torch words it.

    >>> x = np.zeros(3)
    >>> check_not_shifted(x, x)
    >>> check_not_shifted(x[1:], x[:-1])
    Traceback (most recent call last):
    RuntimeError: unsupported operation: some elements of the input tensor and the written-to tensor refer to a single \
memory location. Please clone() the tensor before performing the operation.
    """
    target, source = all_rows(target), all_rows(source)
    if np.may_share_memory(target, source) and not same_elements(target, source):
        check_apart(target, source)


def same_elements(a: Array, b: Array) -> bool:
    """Whether two arrays are the same memory seen in the same way."""
    return a.ctypes.data == b.ctypes.data and a.shape == b.shape and a.strides == b.strides


def _is_dense(x: Array) -> bool:
    return is_dense(x.shape, tuple([s // x.itemsize for s in x.strides]))
