"""The patches of images as the columns of matrices, a few images at a time.

A product of matrices then is a convolution. Columns take as much memory as the images times the size of the kernel, so
they are made in memory of their own that stays in the cache, and made again for the next images.

They come about dimension by dimension, from the last to the first: each step puts the elements that a tap of that
dimension sees next to each other. After the first step the pieces that are copied are whole lines, and planes in the
next, so nearly all of the copying is of long pieces.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .patches import Ints, copy_part, reach_of

as_strided = np.lib.stride_tricks.as_strided


class Columns:
    """What makes columns of up to `count` images.

    Attributes:
        options: what it was made with.
        shape: of the columns of an image, (groups, taps · channels of a group, places).
    """

    def __init__(
        self, count: int, channels: int, groups: int, kernel: Ints, stride: Ints, dilation: Ints, low: Ints, out: Ints,
        kind: Any,
    ) -> None:  # fmt: skip
        """
        Args:
            low: where in each dimension the first window begins; negative numbers are zeros before the image.
            out: the number of windows in each dimension.
            kind: the dtype of the columns.
        """
        self.options = (count, channels, groups, kernel, stride, dilation, low, out, kind)
        self.low = low
        size = reach_of(kernel, stride, dilation, out)
        self.shape = (groups, prod(kernel) * (channels // groups), prod(out))
        self._frame = np.zeros((count, channels, *size), kind)
        self._steps: list[tuple[Array, Array]] = []  # from where, a view; to where
        now, rows, run = self._frame, channels // groups, 1
        for d in reversed(range(len(kernel))):
            before = prod(size[:d])
            now = now.reshape(count, groups, rows, before, size[d] * run)
            if kernel[d] == 1 == stride[d]:
                run *= out[d]
                continue
            n, g, r, b, one = now.strides
            shape = (count, groups, kernel[d], rows, before, out[d], run)
            view = as_strided(now, shape, (n, g, one * run * dilation[d], r, b, one * run * stride[d], one))
            now = np.empty(shape, kind)
            self._steps.append((view, now))
            rows, run = rows * kernel[d], run * out[d]
        self._last = now.reshape(count, *self.shape)
        self.nbytes = self._frame.nbytes + sum(made.nbytes for _, made in self._steps)

    def of(self, x: Array) -> Array:
        """The columns of some images (n, channels, *size): (n, *shape), valid until the next call."""
        n = len(x)
        copy_part(x, self.low, self._frame[:n])
        for view, made in self._steps:
            made[:n] = view[:n]
        return self._last[:n]
