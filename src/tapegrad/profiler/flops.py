"""How many floating-point operations an operator takes, for those of which torch counts them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from ..tensor.tensor import Tensor

Shapes = list[tuple[int, ...]]


def flops_of(name: str, inputs: tuple[Any, ...], result: Any) -> int | None:
    """The count for one call; None if the operator has none.

    >>> import tapegrad as torch
    >>> flops_of("aten::mm", (torch.ones(3, 4), torch.ones(4, 5)), torch.ones(3, 5))
    120
    """
    count = _COUNTS.get(name)
    if count is None or not isinstance(result, Tensor):
        return None
    shapes = [tuple(x._data.shape) for x in inputs if isinstance(x, Tensor)]
    try:
        return count(shapes, tuple(result._data.shape))
    except IndexError:  # called in an unusual form
        return None


def _elements(shapes: Shapes, result: tuple[int, ...]) -> int:
    return math.prod(shapes[0])


def _product(shapes: Shapes, result: tuple[int, ...]) -> int:
    """Each element of the result is a sum over the last dimension of the first factor."""
    return 2 * math.prod(result) * shapes[-2][-1]


def _convolution(shapes: Shapes, result: tuple[int, ...]) -> int:
    """Each element of the result is a sum over one window in the channels of a group."""
    return 2 * math.prod(result) * math.prod(shapes[1][1:])


_COUNTS: Final[dict[str, Callable[[Shapes, tuple[int, ...]], int]]] = {
    "aten::add": _elements,
    "aten::mul": _elements,
    "aten::mm": _product,
    "aten::bmm": _product,
    "aten::addmm": _product,
    "aten::baddbmm": _product,
    "aten::conv2d": _convolution,
}
