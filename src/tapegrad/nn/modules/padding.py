"""Padding layers: more elements around the last dimensions. The base class of each kind has its `forward`."""

from __future__ import annotations

from collections.abc import Sequence

from ...tensor.tensor import Tensor
from .. import functional as F
from ..common_types import _size_2_t, _size_4_t, _size_6_t
from .module import Module
from .utils import _ntuple, _pair, _quadruple


class _CircularPadNd(Module):
    __constants__ = ["padding"]
    padding: Sequence[int]

    def _check_input_dim(self, input: Tensor) -> None:
        raise NotImplementedError

    def forward(self, input: Tensor) -> Tensor:
        """The input with elements from the other end around it."""
        self._check_input_dim(input)
        return F.pad(input, self.padding, "circular")

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


def _check_dims(input: Tensor, dims: int) -> None:
    if input.dim() not in (dims, dims + 1):
        raise ValueError(f"expected {dims}D or {dims + 1}D input (got {input.dim()}D input)")


class CircularPad1d(_CircularPadNd):
    """Continue (N, C, L) or (C, L) periodically.

    Args:
        padding: how many elements to add on the left and on the right, a number or two.

    >>> import tapegrad as torch
    >>> torch.nn.CircularPad1d(1)(torch.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1.]])
    """

    def __init__(self, padding: _size_2_t) -> None:
        super().__init__()
        self.padding = _pair(padding)

    def _check_input_dim(self, input: Tensor) -> None:
        _check_dims(input, 2)


class CircularPad2d(_CircularPadNd):
    """Continue (N, C, H, W) or (C, H, W) periodically.

    Args:
        padding: how many elements to add on the left, the right, the top, the bottom; a number or four.

    >>> import tapegrad as torch
    >>> torch.nn.CircularPad2d((1, 0, 0, 1))(torch.tensor([[[1.0, 2.0]]]))
    tensor([[[2., 1., 2.],
             [2., 1., 2.]]])
    """

    def __init__(self, padding: _size_4_t) -> None:
        super().__init__()
        self.padding = _quadruple(padding)

    def _check_input_dim(self, input: Tensor) -> None:
        _check_dims(input, 3)


class CircularPad3d(_CircularPadNd):
    """Continue (N, C, D, H, W) or (C, D, H, W) periodically.

    Args:
        padding: how many elements to add on the left, the right, the top, the bottom, the front, the back; a number or
            six.

    >>> import tapegrad as torch
    >>> torch.nn.CircularPad3d(1)(torch.ones(1, 1, 1, 1)).shape
    torch.Size([1, 3, 3, 3])
    """

    def __init__(self, padding: _size_6_t) -> None:
        super().__init__()
        self.padding = _ntuple(6)(padding)

    def _check_input_dim(self, input: Tensor) -> None:
        _check_dims(input, 4)


class _ConstantPadNd(Module):
    __constants__ = ["padding", "value"]
    value: float
    padding: Sequence[int]

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """The input with a constant around it."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The amounts and the constant."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Add a constant around the last dimension.

    Args:
        padding: how many elements to add on the left and on the right, a number or two; fewer than 0 takes some away.
        value: the constant.

    >>> import tapegrad as torch
    >>> torch.nn.ConstantPad1d((1, 2), 3.5)(torch.tensor([[1.0]]))
    tensor([[3.5000, 1.0000, 3.5000, 3.5000]])
    """

    padding: tuple[int, int]

    def __init__(self, padding: _size_2_t, value: float) -> None:
        super().__init__(value)
        self.padding = _pair(padding)


class ConstantPad2d(_ConstantPadNd):
    """Add a constant around the last two dimensions.

    Args:
        padding: how many elements to add on the left, the right, the top, the bottom; a number or four.
        value: the constant.

    >>> import tapegrad as torch
    >>> torch.nn.ConstantPad2d((1, 0, 0, 1), 7)(torch.tensor([[[1.0]]]))
    tensor([[[7., 1.],
             [7., 7.]]])
    """

    __constants__ = ["padding", "value"]
    padding: tuple[int, int, int, int]

    def __init__(self, padding: _size_4_t, value: float) -> None:
        super().__init__(value)
        self.padding = _quadruple(padding)


class ConstantPad3d(_ConstantPadNd):
    """Add a constant around the last three dimensions.

    Args:
        padding: how many elements to add on the left, the right, the top, the bottom, the front, the back; a number or
            six.
        value: the constant.

    >>> import tapegrad as torch
    >>> torch.nn.ConstantPad3d(1, 2)(torch.ones(1, 1, 1, 1)).sum()
    tensor(53.)
    """

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: _size_6_t, value: float) -> None:
        super().__init__(value)
        self.padding = _ntuple(6)(padding)


class ZeroPad1d(ConstantPad1d):
    """Add zeros around the last dimension; `padding` as of `ConstantPad1d`.

    >>> import tapegrad as torch
    >>> torch.nn.ZeroPad1d(1)(torch.tensor([[1.0]]))
    tensor([[0., 1., 0.]])
    """

    def __init__(self, padding: _size_2_t) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Add zeros around the last two dimensions; `padding` as of `ConstantPad2d`.

    >>> import tapegrad as torch
    >>> torch.nn.ZeroPad2d((1, 0, 0, 1))(torch.tensor([[[1.0]]]))
    tensor([[[0., 1.],
             [0., 0.]]])
    """

    def __init__(self, padding: _size_4_t) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Add zeros around the last three dimensions; `padding` as of `ConstantPad3d`.

    >>> import tapegrad as torch
    >>> torch.nn.ZeroPad3d(1)(torch.ones(1, 1, 1, 1)).shape
    torch.Size([1, 3, 3, 3])
    """

    def __init__(self, padding: _size_6_t) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class _ReflectionPadNd(Module):
    __constants__ = ["padding"]
    padding: Sequence[int]

    def forward(self, input: Tensor) -> Tensor:
        """The input with its mirror images around it."""
        return F.pad(input, self.padding, "reflect")

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class ReflectionPad1d(_ReflectionPadNd):
    """Mirror (N, C, L) or (C, L) at its ends, which are not repeated; `padding` as of `CircularPad1d`.

    >>> import tapegrad as torch
    >>> torch.nn.ReflectionPad1d(2)(torch.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    padding: tuple[int, int]

    def __init__(self, padding: _size_2_t) -> None:
        super().__init__()
        self.padding = _pair(padding)


class ReflectionPad2d(_ReflectionPadNd):
    """Mirror (N, C, H, W) or (C, H, W) at its edges; `padding` as of `CircularPad2d`.

    >>> import tapegrad as torch
    >>> torch.nn.ReflectionPad2d((1, 0, 0, 0))(torch.tensor([[[1.0, 2.0]]]))
    tensor([[[2., 1., 2.]]])
    """

    padding: tuple[int, int, int, int]

    def __init__(self, padding: _size_4_t) -> None:
        super().__init__()
        self.padding = _quadruple(padding)


class ReflectionPad3d(_ReflectionPadNd):
    """Mirror (N, C, D, H, W) or (C, D, H, W) at its sides; `padding` as of `CircularPad3d`.

    >>> import tapegrad as torch
    >>> torch.nn.ReflectionPad3d(1)(torch.arange(8.0).view(1, 2, 2, 2)).shape
    torch.Size([1, 4, 4, 4])
    """

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: _size_6_t) -> None:
        super().__init__()
        self.padding = _ntuple(6)(padding)


class _ReplicationPadNd(Module):
    __constants__ = ["padding"]
    padding: Sequence[int]

    def forward(self, input: Tensor) -> Tensor:
        """The input with its outermost elements repeated around it."""
        return F.pad(input, self.padding, "replicate")

    def extra_repr(self) -> str:
        """The amounts."""
        return f"{self.padding}"


class ReplicationPad1d(_ReplicationPadNd):
    """Repeat the first and the last element of (N, C, L) or (C, L); `padding` as of `CircularPad1d`.

    >>> import tapegrad as torch
    >>> torch.nn.ReplicationPad1d((1, 2))(torch.tensor([[1.0, 2.0]]))
    tensor([[1., 1., 2., 2., 2.]])
    """

    padding: tuple[int, int]

    def __init__(self, padding: _size_2_t) -> None:
        super().__init__()
        self.padding = _pair(padding)


class ReplicationPad2d(_ReplicationPadNd):
    """Repeat the edges of (N, C, H, W) or (C, H, W); `padding` as of `CircularPad2d`.

    >>> import tapegrad as torch
    >>> torch.nn.ReplicationPad2d((1, 0, 0, 0))(torch.tensor([[[1.0, 2.0]]]))
    tensor([[[1., 1., 2.]]])
    """

    padding: tuple[int, int, int, int]

    def __init__(self, padding: _size_4_t) -> None:
        super().__init__()
        self.padding = _quadruple(padding)


class ReplicationPad3d(_ReplicationPadNd):
    """Repeat the sides of (N, C, D, H, W) or (C, D, H, W); `padding` as of `CircularPad3d`.

    >>> import tapegrad as torch
    >>> torch.nn.ReplicationPad3d(1)(torch.ones(1, 1, 1, 1)).sum()
    tensor(27.)
    """

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: _size_6_t) -> None:
        super().__init__()
        self.padding = _ntuple(6)(padding)


__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d",
    "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip
