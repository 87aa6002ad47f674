"""Samples of reductions.py, truth.py, statistics.py, covariance.py, quantiles.py, norms.py and distances.py."""

from math import inf, nan

import numpy as np

from . import Sample, normal

x = normal(2, 3)
cube = normal(2, 3, 4, seed=2)
holes = np.array([[1.0, nan, 3.0], [nan, 5.0, -6.0]])
ties = np.array([[1.0, -3.0, 3.0], [-3.0, 2.0, 0.0]])
zeros = np.zeros((2, 3))

SAMPLES = [
    # sum
    Sample("sum", lambda torch, a: torch.sum(a), (x,)),
    Sample("sum: method", lambda torch, a: a.sum(), (cube,)),
    Sample("sum: 0-d", lambda torch, a: a.sum(), (normal(),)),
    Sample("sum: 0-d over a dimension", lambda torch, a: a.sum(-1), (normal(),)),
    Sample("sum: empty", lambda torch, a: a.sum(), (normal(0, 3),)),
    Sample("sum: of no elements", lambda torch, a: a.sum(0), (normal(0, 3),)),
    Sample("sum: over one dimension", lambda torch, a: a.sum(1), (cube,)),
    Sample("sum: over two dimensions", lambda torch, a: a.sum((0, -1)), (cube,)),
    Sample("sum: over no dimension means all", lambda torch, a: a.sum(()), (cube,)),
    Sample("sum: keepdim", lambda torch, a: a.sum(1, keepdim=True), (cube,)),
    Sample("sum: NumPy's names", lambda torch, a: torch.sum(a, axis=0, keepdims=True), (cube,)),
    Sample("sum: dtype", lambda torch, a: a.sum(dtype=torch.float64), (x,)),
    Sample("sum: dtype over a dimension", lambda torch, a: a.sum(0, dtype=torch.float32), (x,), dtypes=("float32",),
           smooth=False),
    Sample("sum: then square", lambda torch, a: a.sum() * a.sum(0), (x,)),
    # mean
    Sample("mean", lambda torch, a: torch.mean(a), (x,)),
    Sample("mean: 0-d", lambda torch, a: a.mean(), (normal(),)),
    Sample("mean: 0-d over a dimension", lambda torch, a: a.mean(0), (normal(),)),
    Sample("mean: over one dimension", lambda torch, a: a.mean(1), (cube,)),
    Sample("mean: over two dimensions", lambda torch, a: a.mean((0, 2), True), (cube,)),
    Sample("mean: of no elements", lambda torch, a: a.mean(0), (normal(0, 3),), smooth=False),
    Sample("mean: dtype", lambda torch, a: a.mean(dtype=torch.float64), (x,)),
    Sample("mean: dtype over a dimension", lambda torch, a: a.mean(-1, dtype=torch.float64), (x,)),
    # nansum, nanmean
    Sample("nansum", lambda torch, a: torch.nansum(a), (holes,), smooth=False),
    Sample("nansum: over a dimension", lambda torch, a: a.nansum(0, True), (holes,), smooth=False),
    Sample("nansum: dtype", lambda torch, a: a.nansum(1, dtype=torch.float64), (holes,), smooth=False),
    Sample("nanmean", lambda torch, a: torch.nanmean(a), (holes,), smooth=False),
    Sample("nanmean: over a dimension", lambda torch, a: a.nanmean(0, keepdim=True), (holes,), smooth=False),
    # logsumexp
    Sample("logsumexp", lambda torch, a: torch.logsumexp(a, 0), (x,)),
    Sample("logsumexp: over two dimensions", lambda torch, a: a.logsumexp((0, 2), True), (cube,)),
    Sample("logsumexp: 0-d", lambda torch, a: a.logsumexp(0), (normal(),)),
    Sample("logsumexp: large", lambda torch, a: a.logsumexp(-1), (x * 1000,)),
    Sample("logsumexp: -inf", lambda torch, a: a.logsumexp(0), (np.array([-inf, 1.0]),), smooth=False),
    Sample("logsumexp: inf", lambda torch, a: a.logsumexp(0), (np.array([inf, 1.0]),), smooth=False),
    Sample("logsumexp: of no elements", lambda torch, a: a.logsumexp(0), (normal(0, 3),), smooth=False),
    # truth
    Sample("all", lambda torch, a: (torch.all(a > 0), a.all(), a.all(1), a.all((0, 1), True)), (x,), order=0),
    Sample("any", lambda torch, a: (torch.any(a > 1), a.any(), a.any(1), a.any((0, 1), True)), (x,), order=0),
    Sample("all: no dimension", lambda torch, a: (a.all(()), a.any(())), (ties,), order=0),
    Sample("all: empty", lambda torch, a: (a.all(), a.any(), a.all(0), a.any(1)), (normal(0, 3),), order=0),
    Sample("count_nonzero", lambda torch, a: (torch.count_nonzero(a), a.count_nonzero((0, 1))), (ties,), order=0),
    Sample("count_nonzero: a dimension", lambda torch, a: a.count_nonzero(dim=0), (ties,), order=0),
    # var, std
    Sample("var", lambda torch, a: torch.var(a), (x,)),
    Sample("var: over one dimension", lambda torch, a: a.var(1), (cube,)),
    Sample("var: over two dimensions", lambda torch, a: a.var((0, 2), keepdim=True), (cube,)),
    Sample("var: unbiased", lambda torch, a: (a.var(False), a.var(0, True), a.var(0, False, True)), (x,)),
    Sample("var: correction", lambda torch, a: (a.var(correction=0), torch.var(a, 1, correction=0.5)), (x,)),
    Sample("std", lambda torch, a: torch.std(a), (x,)),
    Sample("std: over dimensions", lambda torch, a: (a.std(1), a.std((0, -1), correction=0, keepdim=True)), (cube,)),
    Sample("std: at 0", lambda torch, a: (a.std(), a.std(0)), (zeros,), smooth=False),
    Sample("var_mean", lambda torch, a: torch.var_mean(a), (x,)),
    Sample("var_mean: over a dimension", lambda torch, a: torch.var_mean(a, 1, keepdim=True), (x,)),
    Sample("var_mean: only the mean used", lambda torch, a: torch.var_mean(a, 1)[1], (x,)),
    Sample("std_mean", lambda torch, a: torch.std_mean(a), (x,)),
    Sample("std_mean: over a dimension", lambda torch, a: torch.std_mean(a, 0, correction=0), (x,)),
    Sample("std_mean: only the deviation used", lambda torch, a: torch.std_mean(a, 1)[0], (x,)),
    Sample("std_mean: at 0", lambda torch, a: torch.std_mean(a, 1), (zeros,), smooth=False),
    # covariances
    Sample("cov", lambda torch, a: (torch.cov(a), a.cov(correction=0)), (x,)),
    Sample("cov: vector", lambda torch, a: torch.cov(a), (normal(4),)),
    Sample("cov: weights", lambda torch, a, b: torch.cov(a, aweights=b), (x, normal(3, low=0.5, high=2))),
    Sample("cov: frequencies", lambda torch, a, b: torch.cov(a, fweights=b), (x, np.array([1, 2, 3]))),
    Sample("corrcoef", lambda torch, a: (torch.corrcoef(a), a.corrcoef()), (normal(3, 5),)),
    # quantiles
    Sample("quantile", lambda torch, a: (torch.quantile(a, 0.4), a.quantile(0.5)), (x,)),
    Sample("quantile: over a dimension", lambda torch, a: (a.quantile(0.3, 0), a.quantile(0.7, -1, True)), (cube,)),
    Sample("quantile: several", lambda torch, a, q: (torch.quantile(a, q), a.quantile(q, 1, True)),
           (cube, np.array([0.15, 0.4, 0.88]))),
    Sample("quantile: midpoint", lambda torch, a: a.quantile(0.4, 1, interpolation="midpoint"), (x,)),
    Sample("quantile: neighbours", lambda torch, a: [a.quantile(0.4, 1, interpolation=name) for name in
           ("lower", "higher", "nearest")], (x,)),
    Sample("quantile: 0-d", lambda torch, a: (a.quantile(0.4), a.quantile(0.4, 0)), (normal(),)),
    Sample("quantile: NaN", lambda torch, a: (a.quantile(0.4), a.quantile(0.4, 1)), (holes,), order=1, smooth=False),
    Sample("nanquantile", lambda torch, a: (torch.nanquantile(a, 0.4), a.nanquantile(0.4, 1)), (holes,), smooth=False),
    # norms
    Sample("norm", lambda torch, a: torch.norm(a), (x,)),
    Sample("norm: method", lambda torch, a: (a.norm(), a.norm(2), a.norm("fro", (0, 1))), (x,)),
    Sample("norm: over a dimension", lambda torch, a: (a.norm(dim=1), a.norm(2, 0, True)), (cube,)),
    Sample("norm: 0-d", lambda torch, a: (a.norm(), a.norm(1) ** 2, a.norm(3, 0)), (normal(),)),
    Sample("norm: 1", lambda torch, a: (a.norm(1) ** 2, a.norm(1, dim=0) ** 2), (x,)),
    Sample("norm: 3", lambda torch, a: (a.norm(3), a.norm(3, dim=(0, 2))), (cube,)),
    Sample("norm: 1.5", lambda torch, a: (a.norm(1.5), a.norm(1.5, dim=1, keepdim=True)), (x,)),
    Sample("norm: 0.5", lambda torch, a: a.norm(0.5, dim=-1), (x,)),
    Sample("norm: -1", lambda torch, a: a.norm(-1, dim=0), (x,)),
    Sample("norm: inf", lambda torch, a: (a.norm(inf) ** 2, a.norm(inf, 0) ** 2, a.norm(-inf) ** 2), (x,)),
    Sample("norm: inf at ties", lambda torch, a: (a.norm(inf), a.norm(inf, 1), a.norm(-inf, 0)), (ties,), order=1,
           smooth=False),
    Sample("norm: counting", lambda torch, a: (a.norm(0), a.norm(0, 0)), (ties,), smooth=False),
    Sample("norm: 2 at 0", lambda torch, a: (a.norm(), a.norm(2, 0)), (zeros,), smooth=False, order=1),
    Sample("norm: others at 0", lambda torch, a: (a.norm(1), a.norm(3), a.norm(1.5), a.norm(inf)), (zeros,),
           smooth=False, order=1),
    Sample("norm: some zeros", lambda torch, a: (a.norm(0.5), a.norm(3), a.norm(1)), (ties,), smooth=False, order=1),
    Sample("norm: dtype", lambda torch, a: a.norm(2, 0, dtype=torch.float64), (x,), dtypes=("float32",)),
    Sample("norm: of no elements", lambda torch, a: (a.norm(), a.norm(1, 0) ** 2), (normal(0, 3),), smooth=False),
    Sample("dist", lambda torch, a, b: (torch.dist(a, b), a.dist(b, 3), a.dist(b, 1) ** 2), (x, normal(3, seed=1))),
    Sample("dist: inf", lambda torch, a, b: torch.dist(a, b, inf) ** 2, (x, normal(2, 3, seed=1))),
    Sample("dist: at 0", lambda torch, a: a.dist(a), (x,), smooth=False, order=1),
    Sample("cdist", lambda torch, a, b: torch.cdist(a, b), (normal(4, 3), normal(5, 3, seed=1)), order=1),
    Sample("cdist: others", lambda torch, a, b: (torch.cdist(a, b, 1), torch.cdist(a, b, 3), torch.cdist(a, b, inf)),
           (normal(2, 4, 3), normal(5, 3, seed=1)), order=1),
    Sample("cdist: at 0", lambda torch, a: torch.cdist(a, a), (x,), smooth=False, order=1),
    Sample("pdist", lambda torch, a: (torch.pdist(a), torch.pdist(a, 1), torch.pdist(a, 3)), (normal(4, 3),), order=1),
    Sample("renorm", lambda torch, a: (torch.renorm(a, 2, 0, 1.0), a.renorm(1, 1, 0.5)), (cube,)),
    Sample("renorm: in place", lambda torch, a: (a * 1).renorm_(2, 0, 1.0), (cube,)),
    Sample("vector_norm", lambda torch, a: (torch.linalg.vector_norm(a), torch.linalg.vector_norm(a, 3, 1)), (x,)),
]  # fmt: skip
