"""Broadcasting as an operation of its own: expand, broadcast_to and their kin; all of them views."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError, broadcast_error
from ..tensor.arguments import shape_of
from ..tensor.dtypes import scalar_type_name
from ..tensor.size import Size
from ..tensor.tensor import Tensor
from .op import operator
from .vocabulary import expand as broadcast
from .vocabulary import sum_to

Ints = tuple[int, ...]


@operator(name="expand", view=True)
def _expand(x: Any, /, shape: Ints) -> Any:
    return broadcast(x, shape)


_expand.with_rules(x=lambda g, x_shape: sum_to(g, x_shape))


def expand(self: Tensor, *sizes: Any, size: Any = None, implicit: bool = False) -> Tensor:
    """Repeat dimensions of size 1, and add dimensions in front, without copying.

    Args:
        sizes: the shape to show; -1 keeps the size of a dimension.
        implicit: has no effect.

    Raises:
        RuntimeError: a dimension that is not of size 1 would have to change.

    >>> import tapegrad as torch
    >>> torch.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    if not sizes and size is None:
        raise TypeError('expand() missing 1 required positional arguments: "size"')
    return _expand.call(self, expanded_shape(self, shape_of(sizes, "expand", size)))


def expanded_shape(x: Tensor, target: Ints) -> Ints:
    """The shape that `x.expand(target)` has.

    Raises:
        RuntimeError: the tensor cannot be expanded to it.
    """
    shape: Ints = x._data.shape
    if shape == target:
        return shape
    extra = len(target) - len(shape)
    if extra >= 0:
        for n, old in zip(target[extra:] if extra else target, shape):  # noqa: B905 - of one length, in a hot path
            if n != old != 1 or n < 0:
                break
        else:
            if not extra or min(target[:extra]) >= 0:
                return target
    return _expanded_around(x, target, extra)


def _expanded_around(x: Tensor, target: Ints, extra: int) -> Ints:
    """The same where sizes of -1 stand for those of the tensor, or where something is wrong."""
    shape: Ints = x._data.shape
    if extra < 0:
        raise ShapeError(
            f"expand(torch.{scalar_type_name(x.dtype)}Tensor{{{list(shape)}}}, size={list(target)}): the number of"
            f" sizes provided ({len(target)}) must be greater or equal to the number of dimensions in the tensor"
            f" ({len(shape)})"
        )
    found = list(target)
    for i, n in enumerate(target):
        old = shape[i - extra] if i >= extra else 1
        if n == -1 and i >= extra:
            found[i] = old
        elif n < 0 and i < extra:
            raise ShapeError(
                f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing dimension {i}"
            )
        elif n != old and (old != 1 or n < 0):
            raise ShapeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({old}) at non-singleton dimension"
                f" {i}.  Target sizes: {list(target)}.  Tensor sizes: {list(shape)}",
                "Only dimensions of size 1 can be expanded; use repeat to copy elements.",
            )
    return tuple(found)


def expand_as(self: Tensor, other: Tensor) -> Tensor:
    """`self.expand(other.size())`."""
    return _expand.call(self, expanded_shape(self, other._data.shape))


def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """`input` broadcast to a shape, without copying."""
    return expand(input, size=size)


def _broadcast_to_method(self: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """The tensor broadcast to a shape, without copying."""
    return expand(self, *sizes, size=size)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that results when tensors of these shapes meet in a pointwise operation.

    Raises:
        RuntimeError: the shapes do not broadcast.

    >>> import tapegrad as torch
    >>> torch.broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])
    """
    result: list[int] = [1] * max((1 if isinstance(s, int) else len(s) for s in shapes), default=0)
    for index, shape in enumerate(shapes):
        sizes = (shape,) if isinstance(shape, int) else tuple(shape)
        for i in range(-1, -1 - len(sizes), -1):
            n = sizes[i]
            if n < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({n}): ({n})")
            if n == 1 or n == result[i]:
                continue
            if result[i] != 1:
                raise ShapeError(
                    f"Attempting to broadcast a dimension of length {n} at {i}! Mismatching argument at index {index}"
                    f" had {sizes}; but expected shape should be broadcastable to {result}"
                )
            result[i] = n
    return Size(result)


def common_shape(tensors: Any) -> Ints:
    """The shape that tensors broadcast to.

    Raises:
        RuntimeError: their shapes do not broadcast.
    """
    result: Ints = ()
    for x in tensors:
        shape = x._data.shape
        if shape == result:
            continue
        extra = len(result) - len(shape)
        a, b = (1,) * -extra + result, (1,) * extra + shape
        if any(n != m and n != 1 and m != 1 for n, m in zip(a, b, strict=True)):
            raise broadcast_error(result, shape)
        result = tuple([m if n == 1 else n for n, m in zip(a, b, strict=True)])
    return result


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors expanded to the shape they broadcast to.

    Raises:
        RuntimeError: the shapes do not broadcast.
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    shape = common_shape(tensors)
    return tuple(x if x._data.shape == shape else _expand.call(x, shape) for x in tensors)


METHODS: dict[str, Any] = {
    "broadcast_to": _broadcast_to_method,
    "expand": expand,
    "expand_as": expand_as,
}

__all__ = [
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
]
