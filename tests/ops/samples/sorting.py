"""Samples of sorting.py and searching.py."""

from math import nan

import numpy as np

from . import Sample, normal

x = normal(3, 4)
cube = normal(2, 3, 4, seed=2)
ties = np.array([3.0, 1.0, 3.0, 1.0, 2.0])
holes = np.array([[1.0, nan, 3.0], [nan, 5.0, nan]])
whole = np.array([[3, 1, 3], [3, 1, 3], [2, 2, 0]])

SAMPLES = [
    Sample("sort", lambda torch, a: torch.sort(a), (x,)),
    Sample("sort: dimensions", lambda torch, a: (*a.sort(0), *a.sort(1, True)), (cube,)),
    Sample("sort: stable", lambda torch, a: a.sort(dim=-1, stable=True), (x,)),
    Sample("sort: ties", lambda torch, a: (*a.sort(), *a.sort(descending=True)), (ties,), smooth=False),
    Sample("sort: NaN", lambda torch, a: (*a.sort(), *a.sort(descending=True)), (holes,), smooth=False),
    Sample("sort: 0-d", lambda torch, a: a.sort(), (normal(),)),
    Sample("sort: empty", lambda torch, a: a.sort(0), (normal(0, 3),)),
    Sample("sort: integers", lambda torch, a: (*a.sort(), *a.sort(0, True)), (whole,), order=0),
    Sample("argsort", lambda torch, a: (torch.argsort(a), a.argsort(0, True), a.argsort(stable=True)), (x,), order=0),
    Sample("msort", lambda torch, a: (torch.msort(a), a.msort()), (x,)),
    Sample("topk", lambda torch, a: torch.topk(a, 2), (x,)),
    Sample("topk: dimensions", lambda torch, a: (*a.topk(1, 0), *a.topk(2, 1, largest=False)), (cube,)),
    Sample("topk: 0-d", lambda torch, a: a.topk(1), (normal(),)),
    Sample("topk: none", lambda torch, a: a.topk(0), (x,), order=1),
    Sample("kthvalue", lambda torch, a: torch.kthvalue(a, 2), (x,)),
    Sample("kthvalue: dimensions", lambda torch, a: (*a.kthvalue(1, 0), *a.kthvalue(3, 1, True)), (cube,)),
    Sample("kthvalue: 0-d", lambda torch, a: a.kthvalue(1), (normal(),)),
    Sample("median", lambda torch, a: (torch.median(a), a.median()), (x,)),
    Sample("median: ties", lambda torch, a: a.median(), (np.array([1.0, 3.0, 3.0, 3.0]),), smooth=False),
    Sample("median: NaN", lambda torch, a: (a.median(), *a.median(1)), (holes,), smooth=False),
    Sample("median: dimensions", lambda torch, a: (*a.median(0), *a.median(1, True)), (cube,)),
    Sample("median: 0-d", lambda torch, a: (a.median(), *a.median(0)), (normal(),)),
    Sample("nanmedian", lambda torch, a: (a.nanmedian(), *a.nanmedian(0)), (x,)),
    Sample("nanmedian: NaN", lambda torch, a: (a.nanmedian(), *a.nanmedian(1, True)), (holes,), smooth=False),
    Sample("mode", lambda torch, a: torch.mode(a), (ties,), smooth=False),
    Sample("mode: dimensions", lambda torch, a: (*a.mode(0), *a.mode(1, True)), (cube,)),
    Sample("mode: integers", lambda torch, a: (*a.mode(), *a.mode(0, True)), (whole,), order=0),
    Sample("mode: 0-d", lambda torch, a: a.mode(), (normal(),)),
    Sample("unique", lambda torch, a: (a.unique(), *torch.unique(a, return_inverse=True)), (whole,), order=0),
    Sample("unique: counts", lambda torch, a: a.unique(return_counts=True), (ties,), order=0),
    Sample("unique: NaN", lambda torch, a: a.unique(return_inverse=True, return_counts=True), (holes,), order=0),
    Sample("unique: slices", lambda torch, a: a.unique(dim=0, return_inverse=True, return_counts=True), (whole,),
           order=0),
    Sample("unique: columns", lambda torch, a: a.unique(dim=1, return_inverse=True, return_counts=True), (whole,),
           order=0),
    Sample("unique: node", lambda torch, a: a.unique().detach(), (ties,), order=0),
    Sample("unique_consecutive", lambda torch, a: torch.unique_consecutive(a, True, True), (whole,), order=0),
    Sample("unique_consecutive: slices", lambda torch, a: a.unique_consecutive(True, True, 0), (whole,), order=0),
    Sample("unique_consecutive: NaN", lambda torch, a: a.unique_consecutive(True, True), (holes,), order=0),
    Sample("searchsorted", lambda torch, a, b: torch.searchsorted(a.sort()[0], b.contiguous()), (ties, x), order=0),
    Sample("searchsorted: right",
           lambda torch, a: torch.searchsorted(a.sort()[0], a.contiguous(), right=True), (ties,), order=0),
    Sample("searchsorted: lines",
           lambda torch, a: torch.searchsorted(a.sort()[0], a.contiguous(), side="right"), (cube,), order=0),
    Sample("searchsorted: NaN", lambda torch, a: torch.searchsorted(a.sort()[0], a.contiguous()), (holes,), order=0),
    Sample("bucketize", lambda torch, a, b: torch.bucketize(a.contiguous(), b.sort()[0]), (x, ties), order=0),
    Sample("histc", lambda torch, a: (torch.histc(a), a.histc(5), a.histc(4, -1, 1)), (cube,), order=0),
    Sample("bincount", lambda torch, a: (torch.bincount(a), a.bincount(minlength=7)), (whole[0],), order=0),
    Sample("bincount: weights", lambda torch, a, b: torch.bincount(a, b), (whole[0], normal(3)), order=0),
]  # fmt: skip
