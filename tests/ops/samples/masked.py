"""Samples of torch.masked and of reductions of segments."""

from typing import Any

import numpy as np

from . import Sample, normal

x = normal(3, 4)
mask = np.array([[True, False, True, True], [False, False, True, True], [True, True, True, True]])
row = np.array([True, False, True, True])
lengths = np.array([2, 0, 1])


def masked(name: str, *arguments: Any, finite: bool = True, **options: Any) -> list[Sample]:
    """A masked operation without a mask, with one, and with one that broadcasts.

    Args:
        finite: whether results are, where the mask is False.
    """

    def call(torch: Any, a: Any, m: Any = None) -> Any:
        return getattr(torch.masked, name)(a, *arguments, mask=m, **options)

    return [
        Sample(f"masked.{name}: everything", call, (x,)),
        Sample(f"masked.{name}", call, (x, mask), smooth=finite),
        Sample(f"masked.{name}: a row", call, (x, row), smooth=finite),
    ]


SAMPLES = [
    *masked("sum", 1),
    *masked("mean", (0, 1), keepdim=True),
    *masked("prod"),
    *masked("amax", 1),
    *masked("amin", 1, keepdim=True),
    *masked("logsumexp", 1),
    *masked("norm", 3, 1),
    *masked("var", 1, keepdim=True),
    *masked("std", 1, correction=0),
    *masked("median", 1),
    *masked("softmax", 1),
    *masked("log_softmax", 1, finite=False),
    *masked("softmin", 1),
    *masked("cumsum", 1),
    *masked("cumprod", 1),
    *masked("normalize", 2.0, 1),
    Sample("masked.logaddexp", lambda torch, a, b, m: torch.masked.logaddexp(a, b, input_mask=m),
           (x, normal(3, 4, seed=1), mask), smooth=False),  # its second derivative at -inf is NaN, as in torch
    *[
        Sample(f"segment_reduce: {how}", lambda torch, a, n, how=how: torch.segment_reduce(a, how, lengths=n,
               initial=2), (x, lengths), order=1)
        for how in ("sum", "mean", "max", "min", "prod")
    ],
    Sample("segment_reduce: axis", lambda torch, a, n: torch.segment_reduce(a, "sum", offsets=n, axis=1),
           (normal(2, 4, 3), np.array([[0, 1, 4], [0, 2, 4]])), order=1),
]  # fmt: skip
