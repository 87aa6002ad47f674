"""Samples of scans.py, running_products.py, differences.py and slopes.py."""

from math import inf, nan

import numpy as np

from . import Sample, normal

x = normal(3, 4)
cube = normal(2, 3, 4, seed=2)
zeros = np.array([[0.0, 2.0, 3.0], [4.0, 0.0, 0.0], [1.0, -2.0, 5.0]])
ties = np.array([1.0, 1.0, 0.0, 3.0, nan, 2.0])

SAMPLES = [
    Sample("cumsum", lambda torch, a: (torch.cumsum(a, 0), a.cumsum(-1)), (cube,)),
    Sample("cumsum: 0-d", lambda torch, a: a.cumsum(0), (normal(),)),
    Sample("cumsum: empty", lambda torch, a: a.cumsum(0), (normal(0, 3),)),
    Sample("cumsum: dtype", lambda torch, a: a.cumsum(1, dtype=torch.float64), (x,)),
    Sample("cumprod", lambda torch, a: (torch.cumprod(a, 0), a.cumprod(-1)), (cube,)),
    Sample("cumprod: 0-d", lambda torch, a: a.cumprod(0), (normal(),)),
    Sample("cumprod: zeros", lambda torch, a: (a.cumprod(0), a.cumprod(1)), (zeros,)),
    Sample("cumprod: dtype", lambda torch, a: a.cumprod(1, dtype=torch.float64), (x,)),
    Sample("cumprod: empty", lambda torch, a: a.cumprod(0), (normal(0, 3),)),
    Sample("prod", lambda torch, a: torch.prod(a), (x,)),
    Sample("prod: 0-d", lambda torch, a: (a.prod(), a.prod(0)), (normal(),)),
    Sample("prod: over a dimension", lambda torch, a: (a.prod(1), torch.prod(a, -1, True)), (cube,)),
    Sample("prod: one zero", lambda torch, a: a.prod(), (np.array([2.0, 0.0, 3.0]),)),
    Sample("prod: two zeros", lambda torch, a: a.prod(), (np.array([2.0, 0.0, 0.0, 3.0]),)),
    Sample("prod: zeros", lambda torch, a: (a.prod(0), a.prod(1)), (zeros,)),
    Sample("prod: dtype", lambda torch, a: (a.prod(dtype=torch.float64), a.prod(0, dtype=torch.float64)), (x,)),
    Sample("prod: empty", lambda torch, a: (a.prod(), a.prod(0), a.prod(1)), (normal(0, 3),)),
    Sample("cummax", lambda torch, a: (*torch.cummax(a, 0), *a.cummax(-1)), (cube,)),
    Sample("cummax: ties", lambda torch, a: a.cummax(0), (ties,), smooth=False),
    Sample("cummax: 0-d", lambda torch, a: a.cummax(0), (normal(),)),
    Sample("cummin", lambda torch, a: (*torch.cummin(a, 0), *a.cummin(-1)), (cube,)),
    Sample("cummin: ties", lambda torch, a: a.cummin(0), (ties,), smooth=False),
    Sample("logcumsumexp", lambda torch, a: (torch.logcumsumexp(a, 0), a.logcumsumexp(-1)), (cube,)),
    Sample("logcumsumexp: large", lambda torch, a: a.logcumsumexp(0), (100 * x,)),
    Sample("logcumsumexp: 0-d", lambda torch, a: a.logcumsumexp(0), (normal(),)),
    Sample("logcumsumexp: -inf", lambda torch, a: a.logcumsumexp(0), (np.array([1.0, -inf, 2.0]),), smooth=False,
           order=1),
    Sample("diff", lambda torch, a: (torch.diff(a), a.diff(2, 0)), (cube,)),
    Sample("diff: more", lambda torch, a, b: torch.diff(a, dim=0, prepend=b, append=b), (x, normal(1, 4, seed=1))),
    Sample("trapezoid", lambda torch, a: (torch.trapezoid(a), torch.trapezoid(a, dx=2.0, dim=0), torch.trapz(a)), (x,)),
    Sample("trapezoid: places", lambda torch, a, b: (torch.trapezoid(a, b), torch.trapezoid(a, a)), (x, normal(4))),
    Sample("cumulative_trapezoid", lambda torch, a: torch.cumulative_trapezoid(a, dx=0.5, dim=0), (x,)),
    Sample("cumulative_trapezoid: places", lambda torch, a, b: torch.cumulative_trapezoid(a, b), (x, normal(4))),
    Sample("gradient", lambda torch, a: (*torch.gradient(a), *torch.gradient(a, spacing=2.0, dim=1)), (x,)),
    Sample("gradient: edges", lambda torch, a: torch.gradient(a, dim=(1, 0), edge_order=2), (x,)),
    Sample("gradient: places", lambda torch, a, b: (*torch.gradient(a, spacing=[b], dim=1),
           *torch.gradient(a, spacing=[b], dim=1, edge_order=2)), (x, np.array([0.0, 1.0, 3.0, 3.5]))),
]  # fmt: skip
