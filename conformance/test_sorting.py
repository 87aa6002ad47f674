"""Sorting, searching and running results in both libraries: values, indices, ties, empties, `out=`, errors.

x is a matrix of 0.0 to 5.0, i the same in int64; `empty` has no rows, `holes` a NaN in the middle; u8, c and b are vectors
of uint8, complex64 and bool; h is x in float16.
"""

from __future__ import annotations

from typing import Any

import pytest

from .expressions import check, lines


def operands(torch: Any) -> dict[str, Any]:
    """The names that the expressions use."""
    x = torch.arange(6.0).reshape(2, 3)
    return {
        "x": x,
        "i": torch.arange(6).reshape(2, 3),
        "empty": torch.zeros(0, 3),
        "holes": torch.tensor([1.0, float("nan"), 3.0]),
        "u8": torch.tensor([1, 0, 250], dtype=torch.uint8),
        "c": torch.tensor([1 + 2j, 3 - 1j]),
        "b": torch.tensor([True, False]),
        "h": x.half(),
    }


SORTING = lines("""
empty.median()
empty.median(0)
empty.mode(0)
empty.kthvalue(1, 0)
holes.median()
holes.median(0)
holes.nanmedian()
holes.nanmedian(0)
holes.sort()
holes.sort(descending=True)
holes.topk(2)
holes.kthvalue(2)
holes.mode()
grad(lambda t: t.median(), torch.tensor([1., 3, 3, 3]))
grad(lambda t: t.median(), torch.tensor([1., nan, 3, 3]))
grad(lambda t: t.nanmedian(), torch.tensor([1., nan, 3, 3]))
grad(lambda t: t.median(0), torch.tensor([1., 3, 3, 3]))
x.sort().values
torch.sort(torch.tensor([3., 1, 3, 1]), descending=True)
torch.sort(torch.tensor([3., 1, 3, 1]), stable=True, descending=True)
torch.sort(x, dim=5)
torch.sort(x, 1, True)
torch.sort(x, stable=True)
torch.sort(x, dim=0, descending=True, stable=False, out=(torch.empty(0), torch.empty(0, dtype=torch.long)))
x.sort(0, descending=True)
torch.argsort(torch.tensor([3., 1, 3, 1]))
torch.argsort(torch.tensor([3., 1, 3, 1]), descending=True)
torch.argsort(x, 1, True)
torch.argsort(x, stable=True)
torch.sort(b)
torch.sort(c)
torch.msort(x)
torch.msort(torch.tensor(3.))
torch.topk(torch.tensor([3., 1, 4, 1, 5]), 4, largest=False, sorted=False)
torch.topk(x, 4)
torch.topk(x, -1)
torch.topk(x, 2, 0)
torch.topk(x, 0)
torch.topk(torch.tensor(3.), 1)
torch.topk(torch.tensor(3.), 2)
torch.topk(c, 1)
torch.topk(b, 1)
torch.kthvalue(x, 4)
torch.kthvalue(x, 0)
torch.kthvalue(x, 1, 0, True)
torch.kthvalue(torch.tensor(3.), 1)
torch.median(torch.tensor([3., 1, 3, 1]))
torch.median(torch.tensor([3., 1, 3, 1]), 0)
torch.median(torch.tensor([1., 1, 1, 1]), 0)
torch.median(torch.tensor([1., 1, 1, 1, 1, 1, 1]), 0)
torch.median(x, 0, True)
torch.median(i)
torch.median(torch.tensor([]))
torch.nanmedian(torch.tensor([nan, nan]), 0)
torch.nanmedian(torch.tensor([nan, nan]))
torch.median(b)
torch.mode(torch.tensor([3., 1, 3, 1, 2]))
torch.mode(torch.tensor([3., 1, 3, 1, 2, 3]), 0, True)
torch.mode(x, 0)
torch.mode(torch.tensor(3.))
torch.mode(torch.tensor([]))
torch.sort(x, out=(torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.long)))
torch.sort(x, out=(torch.empty(0), torch.empty(0, dtype=torch.int32)))
torch.topk(x, 1, out=(torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.long)))
torch.kthvalue(x, 1, out=(torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.long)))
torch.median(x, 1, out=(torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.long)))
torch.mode(x, 1, out=(torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.long)))
torch.msort(x, out=torch.empty(0, dtype=torch.float64))
""")

SEARCHING = lines("""
torch.unique(torch.tensor([3, 1, 3, 1, 2]))
torch.unique(torch.tensor([3, 1, 3, 1, 2]), return_inverse=True, return_counts=True)
torch.unique(torch.tensor([3, 1, 3, 1, 2]), sorted=False, return_counts=True)
torch.unique(torch.tensor([3., nan, 3, nan, 2]), return_inverse=True, return_counts=True)
torch.unique(torch.tensor([[3, 1], [3, 1], [2, 2]]), dim=0, return_inverse=True, return_counts=True)
torch.unique(torch.tensor([[3, 1], [3, 1], [2, 2]]), dim=1)
torch.unique(torch.tensor(3))
torch.unique(torch.tensor([]), return_counts=True)
torch.unique(torch.zeros(0, 2), dim=0)
torch.unique(torch.zeros(0, 2), dim=1)
torch.unique(b, return_inverse=True)
torch.unique(x, dim=3)
torch.unique_consecutive(torch.tensor([1, 1, 2, 2, 3, 1, 1, 2]), return_inverse=True, return_counts=True)
torch.unique_consecutive(torch.tensor([[1, 1], [1, 1], [2, 2]]), dim=0, return_counts=True)
torch.unique_consecutive(torch.tensor([nan, nan, 1.]))
torch.unique_consecutive(torch.tensor([]), return_counts=True, return_inverse=True)
x.unique_consecutive()
torch.searchsorted(torch.tensor([1., 3, 5]), torch.tensor([3., 6]))
torch.searchsorted(torch.tensor([1., 3, 5]), torch.tensor([3., 6]), right=True)
torch.searchsorted(torch.tensor([1., 3, 5]), 3.0)
torch.searchsorted(torch.tensor([1., 3, 5]), 3)
torch.searchsorted(torch.tensor([1., 3, 5]), torch.tensor([3., 6]), out_int32=True)
torch.searchsorted(torch.tensor([1., 3, 5]), torch.tensor([3., 6]), side="right")
torch.searchsorted(torch.tensor([1., 3, 5]), torch.tensor([3., 6]), side="left", right=True)
torch.searchsorted(torch.tensor([1., 3, 5]), torch.tensor([3., 6]), side="middle")
torch.searchsorted(torch.tensor([[1., 3, 5], [2, 4, 6]]), torch.tensor([[3., 6], [3, 6]]))
torch.searchsorted(torch.tensor([[1., 3, 5], [2, 4, 6]]), torch.tensor([3., 6]))
torch.searchsorted(torch.tensor([[1., 3, 5], [2, 4, 6]]), 3.)
torch.searchsorted(torch.tensor([1., 3, 5]), torch.tensor([3, 6]))
torch.searchsorted(torch.tensor([5., 3, 1]), torch.tensor([3., 6]), sorter=torch.tensor([2, 1, 0]))
torch.searchsorted(torch.tensor([5., 3, 1]), torch.tensor([3., 6]), sorter=torch.tensor([2, 1]))
torch.searchsorted(torch.tensor([5., 3, 1]), torch.tensor([3., 6]), sorter=torch.tensor([2., 1, 0]))
torch.searchsorted(torch.tensor([1., nan]), torch.tensor([nan, 2.]))
torch.searchsorted(torch.tensor([1., 3]), torch.tensor([[nan, 2.], [1, 1]]))
torch.bucketize(torch.tensor([[3., 6]]), torch.tensor([1., 3, 5]))
torch.bucketize(3, torch.tensor([1., 3, 5]))
torch.bucketize(torch.tensor([[3., 6]]), torch.tensor([1., 3, 5]), right=True, out_int32=True)
torch.bucketize(torch.tensor([[3., 6]]), torch.tensor([[1., 3, 5]]))
torch.bucketize(torch.tensor([3, 6]), torch.tensor([1., 3, 5]))
torch.histc(torch.tensor([1., 2, 3, 4]), 4)
torch.histc(torch.tensor([1., 2, 3, 4]), bins=3, min=1, max=3)
torch.histc(torch.tensor([1., 2, 3, 4]), bins=3, min=3, max=1)
torch.histc(torch.tensor([1., 1]), bins=3)
torch.histc(torch.tensor([1, 2]), bins=3)
torch.histc(torch.tensor([1., 2]), bins=0)
torch.histc(torch.tensor([]), bins=3)
torch.bincount(torch.tensor([1, 1, 3]))
torch.bincount(torch.tensor([1, 1, 3]), minlength=6)
torch.bincount(torch.tensor([1, 1, 3]), torch.tensor([0.5, 1, 2]))
torch.bincount(torch.tensor([1, 1, 3]), torch.tensor([1, 1, 2]))
torch.bincount(torch.tensor([1, 1, 3]), torch.tensor([0.5, 1, 2], dtype=torch.float64))
torch.bincount(torch.tensor([1., 1, 3]))
torch.bincount(torch.tensor([-1, 1, 3]))
torch.bincount(torch.tensor([[1, 1]]))
torch.bincount(torch.tensor([], dtype=torch.long))
torch.bincount(torch.tensor([1]), minlength=-1)
torch.bincount(torch.tensor([1, 1, 3]), torch.tensor([0.5, 1]))
torch.searchsorted(x[0], x, out=torch.empty(0, dtype=torch.int32))
torch.histc(x, out=torch.empty(0, dtype=torch.float64))
""")

SCANS = lines("""
grad(lambda t: t.logcumsumexp(0), torch.tensor([-inf, -inf, 1.]))
grad(lambda t: t.cumprod(0), torch.tensor([0., 2, 0, 3]))
grad(lambda t: t.cummax(0), torch.tensor([1., 1, 0, 3, nan, 2]))
torch.tensor([1., 1, 0, 3, nan, 2]).cummax(0)
torch.tensor([1., 1, 0, 3, nan, 2]).cummin(0)
torch.cumsum(x, 0, out=torch.empty(3, dtype=torch.float64))
torch.cumulative_trapezoid(x)
torch.cumsum(x, 2)
torch.cumsum(i.int(), 0)
torch.cumsum(b, 0)
torch.cumprod(u8, 0)
torch.cumsum(x, 0, dtype=torch.int32)
torch.cumsum(x)
i.cumsum_(0)
i.int().cumsum_(0)
x.clone().cumsum_(0, dtype=torch.float64)
torch.cummax(c, 0)
torch.cummax(empty, 0)
torch.cummax(b, 0)
torch.logcumsumexp(c, 0)
torch.logcumsumexp(i, 0)
torch.diff(b)
torch.diff(x, -1)
torch.diff(torch.tensor(1.))
torch.diff(x, 5)
torch.diff(x, 0)
torch.trapezoid(empty, dim=0)
torch.trapezoid(x, x[0, :2])
torch.trapezoid(i)
torch.trapezoid(x, dx=1j)
torch.trapezoid(b)
torch.cummax(x, 1, out=(torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.long)))
torch.diff(x, out=torch.empty(0, dtype=torch.float64))
torch.logcumsumexp(x, 0, out=torch.empty(0, dtype=torch.float64))
torch.cumprod(x, 0, out=torch.empty(0, dtype=torch.long))
torch.cumsum(x, 0, out=torch.empty(0, dtype=torch.long))
""")


@pytest.mark.parametrize("expression", SORTING)
def test_sorted_results_agree_with_torch(expression: str) -> None:
    check(expression, operands)


@pytest.mark.parametrize("expression", SEARCHING)
def test_places_and_counts_agree_with_torch(expression: str) -> None:
    check(expression, operands)


@pytest.mark.parametrize("expression", SCANS)
def test_running_results_agree_with_torch(expression: str) -> None:
    check(expression, operands)
