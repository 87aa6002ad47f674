"""Sums, truth, variances, norms and extrema in both libraries: values, types, ties, empties, `out=`, errors.

The names in the expressions are those of `operands` in expressions.py.
"""

from __future__ import annotations

import pytest

from .expressions import check, lines

SUMS = lines("""
x.sum(())
u8.sum()
b.sum()
b.sum(0)
i.int().sum()
x.sum(dtype=torch.int64)
i.mean()
i.mean(dtype=torch.long)
i.mean(dtype=torch.float32)
x.mean(dtype=torch.long)
b.mean()
empty.mean()
empty.sum()
empty.prod()
empty.logsumexp(0)
torch.sum([1, 2])
torch.sum(x, 2)
torch.sum(x, (0, 0))
torch.sum(x, axis=0, keepdims=True)
torch.sum(x, "a")
torch.sum(x, 1.5)
x.sum(dim=None, keepdim=True)
x.sum(0, dtype=int)
x.prod((0, 1))
i.prod()
u8.prod()
b.prod()
i.prod(dtype=torch.float32)
x.prod(0, True)
x.prod(dim=0, keepdim=True)
i.nansum()
c.nansum()
holes.nansum()
holes.nanmean()
i.nanmean()
c.nanmean()
grad(lambda t: t.prod(), torch.tensor([0., 3, 0]))
grad(lambda t: t.prod(), torch.tensor([2., 3, 0]))
grad(lambda t: t.nansum(), torch.tensor([2., nan, 0]))
grad(lambda t: t.logsumexp(0), torch.tensor([-inf]*2))
grad(lambda t: t.logsumexp(0), torch.tensor([inf, 1.]))
torch.sum(x, 0, out=torch.empty(3, dtype=torch.long))
torch.sum(x, 0, out=torch.empty(3, dtype=torch.float64))
torch.sum(i, 0, out=torch.empty(3, dtype=torch.int32))
torch.mean(x, 0, out=torch.empty(3, dtype=torch.float64))
torch.sum(x, 0, dtype=torch.float32, out=torch.empty(3, dtype=torch.float64))
torch.prod(x, 0, out=torch.empty(3, dtype=torch.float64))
torch.sum(x.requires_grad_(False), 0, out=torch.empty(7))
torch.mean(x, 0, out=torch.empty(0, dtype=torch.long))
torch.prod(x, 0, out=torch.empty(0, dtype=torch.long))
torch.logsumexp(x, 0, out=torch.empty(0, dtype=torch.long))
torch.nanmean(x, out=torch.empty(0, dtype=torch.float64))
torch.sum(x, 0, out=torch.empty(0, dtype=torch.complex64))
""")

TRUTH = lines("""
x.all(())
x.all(dim=())
x.any(dim=(0, 1))
x.any(dim=[])
u8.all()
u8.any(0)
empty.all()
empty.any(0)
torch.all(x, 0, out=torch.empty(3))
torch.all(x, 0, out=torch.empty(3, dtype=torch.uint8))
torch.any(x, out=torch.empty(0))
""")

VARIANCES = lines("""
empty.var()
empty.std(0)
x.var()
x.var(0, unbiased=False)
x.var(0, False)
x.var(False)
x.var(True)
x.var(0, True, True)
x.var(dim=0, unbiased=True, keepdim=True)
x.var(correction=0)
x.var(0, correction=2)
x.var(0, correction=3)
x.var(correction=None)
x.var(0, correction=0.5)
x[0, :1].var()
x[0, :1].std()
x[:, :1].std(1)
torch.var_mean(x[0, :1])
i.var()
i.std()
c.var()
c.std()
torch.var(x, unbiased=False)
torch.var(x, (0, 1), keepdim=True)
torch.std_mean(x, 0, False)
torch.var(x, axis=0)
grad(lambda t: t.std(), torch.ones(3))
grad(lambda t: t.var(), torch.ones(1))
grad(lambda t: t.var(correction=3), torch.ones(3))
grad(lambda t: t.var(correction=3), torch.arange(3.))
grad(lambda t: t.var(0, correction=5), torch.arange(3.))
grad(lambda t: t.std(0, correction=5), torch.arange(3.))
torch.var(x, 0, out=torch.empty(3, dtype=torch.float64))
torch.var(x, 0, out=torch.empty(0, dtype=torch.long))
""")

NORMS = lines("""
empty.norm()
empty.norm(inf)
empty.norm(inf, 0)
grad(lambda t: t.norm(), torch.zeros(3))
grad(lambda t: t.norm(1), torch.zeros(3))
grad(lambda t: t.norm(3), torch.zeros(3))
grad(lambda t: t.norm(0.5), torch.zeros(3))
grad(lambda t: t.norm(0.5), torch.tensor([0., 1]))
grad(lambda t: t.norm(0), torch.ones(3))
grad(lambda t: t.norm(inf), torch.tensor([1., -1]))
grad(lambda t: t.norm(inf), torch.tensor([0., 0]))
grad(lambda t: t.norm(-inf), torch.tensor([1., -1]))
grad(lambda t: t.norm(-1), torch.tensor([1., -2]))
grad(lambda t: t.norm(1.5), torch.tensor([0., -2]))
grad(lambda t: t.norm(), torch.tensor(0.))
grad(lambda t: t.norm(2.5), torch.tensor([0., 0]))
torch.norm(x, out=torch.empty(0, dtype=torch.float64))
""")

EXTREMA = lines("""
empty.max()
empty.amax()
empty.argmax()
empty.max(0)
empty.amax(0)
empty.argmax(0)
empty.max(1)
empty.amin(1)
empty.aminmax()
empty.aminmax(dim=0)
holes.max()
holes.max(0)
holes.amax()
holes.argmax()
holes.aminmax()
holes.argmin()
b.max()
b.max(0)
b.amax()
b.argmax()
b.aminmax()
c.max()
c.amax()
c.argmax()
i.amax((0, 1))
x.amax(())
x.max(())
x.max((0, 1))
x.max(dim=0, keepdim=1)
x.max(axis=0)
x.max(5)
x.argmax(5)
x.argmax(dim=None, keepdim=True)
torch.argmax(x, keepdim=True)
grad(lambda t: t.max(), torch.tensor([1., 3, 3]))
grad(lambda t: t.max(), torch.tensor([1., nan, nan]))
grad(lambda t: t.amax(), torch.tensor([1., 3, 3]))
grad(lambda t: t.amax(), torch.tensor([1., nan, nan]))
grad(lambda t: t.max(0), torch.tensor([1., 3, 3]))
grad(lambda t: t.aminmax()[1], torch.tensor([1., 3, 3]))
grad(lambda t: t.aminmax()[1], torch.tensor([1., nan, 3]))
torch.return_types.max.__module__
type(x.max(0)).__name__
torch.return_types.max((x, ))
torch.return_types.max(x)
torch.return_types.max.n_unnamed_fields
x.max(0)[0]
x.max(0)[:1]
x.max(0)==x.max(0)
x.max("a")
torch.max(x, x.long())
torch.max(x, 0, out=(torch.empty(0), torch.empty(0, dtype=torch.long)))
torch.max(x, 0, out=torch.empty(0))
torch.max(x, out=torch.empty(()))
torch.max(x, x, out=torch.empty(0))
torch.max(input=x, dim=0)
torch.max(x, dim=0, keepdim=True)
torch.max(x, other=x)
torch.max(x, 1.0)
torch.max([1, 2])
torch.amax(x, 0, out=torch.empty(0))
torch.aminmax(x, dim=0, out=(torch.empty(0), torch.empty(0)))
torch.argmax(x, 0, out=torch.empty(0))
torch.argmax(x, 0, out=torch.empty(0, dtype=torch.int32))
torch.argmax(torch.tensor(3.), 0)
torch.argmax(torch.tensor([1., 3, 3]))
x.argmax((0, 1))
x.aminmax(dim=(0, 1))
x.aminmax(keepdim=True)
x.amax(keepdim=True)
x.amax(0, dtype=torch.float32)
torch.amax(x, 0, out=torch.empty(3, dtype=torch.float64))
torch.max(x, 0, out=(torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.long)))
torch.max(x, 1, out=(torch.empty(0, dtype=torch.float64), torch.empty(0, dtype=torch.int32)))
torch.max(x, out=torch.empty(0, dtype=torch.float64))
torch.aminmax(x, out=(torch.empty(0, dtype=torch.float64), torch.empty(0)))
""")

QUANT = lines("""
torch.quantile(torch.tensor([1., 2, 3, 4]), 0.4)
torch.quantile(torch.tensor([1., 2, 3, 4]), torch.tensor([0.4, 0.5]))
torch.quantile(torch.tensor([1., 2, 3, 4]), 0.4, interpolation="lower")
torch.quantile(torch.tensor([1., 2, 3, 4]), 0.4, interpolation="higher")
torch.quantile(torch.tensor([1., 2, 3, 4]), 0.5, interpolation="midpoint")
torch.quantile(torch.tensor([1., 2, 3, 4]), 0.5, interpolation="nearest")
torch.quantile(torch.tensor([1., 2, 3, 4]), 0.5, interpolation="x")
torch.quantile(torch.tensor([1., 2, 3, 4]), 1.5)
torch.quantile(torch.tensor([1., 2, 3, 4]), torch.tensor([1.5]))
torch.quantile(torch.tensor([1., 2, 3, 4]), torch.tensor([[.5]]))
torch.quantile(torch.tensor([1., 2, 3, 4]), torch.tensor([.5], dtype=torch.float64))
torch.quantile(i, 0.5)
torch.quantile(torch.tensor([]), 0.5)
torch.quantile(torch.tensor([1., nan, 2]), 0.5)
torch.nanquantile(torch.tensor([1., nan, 2]), 0.5)
torch.nanquantile(torch.tensor([nan, nan]), 0.5)
torch.quantile(x, 0.5, 1, True)
torch.quantile(x, 0.5, keepdim=True)
torch.cov(x)
torch.cov(i)
torch.cov(x, correction=0, fweights=torch.tensor([1, 2, 1]), aweights=torch.tensor([1., 2, 1]))
torch.cov(torch.tensor(3.))
torch.cov(x[None])
torch.corrcoef(x)
torch.dist(x, x+1, 3)
torch.dist(x, x.double())
torch.renorm(x, 2, 0, 1.)
torch.renorm(x, -1, 0, 1.)
torch.renorm(x, 2, 5, 1.)
torch.renorm(x[0], 2, 0, 1.)
torch.cdist(x, x, p=1)
torch.cdist(x, x[:, :2])
torch.cdist(x, x, p=-1)
torch.cdist(x[None], x)
torch.quantile(x, .5, out=torch.empty(0, dtype=torch.float64))
torch.renorm(x, 2, 0, 1, out=torch.empty(0, dtype=torch.float64))
""")

TYPES = "float16 bfloat16 float64 int8 uint8 int16 int32 int64 bool complex64".split()

WHOLE = """
sum mean prod max min amax amin argmax argmin aminmax median nanmedian std var var_mean std_mean norm nansum nanmean all
any count_nonzero unique unique_consecutive msort corrcoef cov
""".split()

ALONG = """
sum mean prod max min amax amin argmax argmin median nanmedian mode std var logsumexp nansum nanmean all any
count_nonzero cumsum cumprod cummax cummin logcumsumexp sort argsort topk kthvalue
""".split()

TYPE_GRADIENTS = lines("""
grad(lambda t: t.half().sum(), x)
grad(lambda t: t.bfloat16().mean(0), x)
grad(lambda t: t.half() @ t.half().T, x)
grad(lambda t: t.half().norm(), x)
grad(lambda t: t.bfloat16().max(1), x)
grad(lambda t: t.bfloat16().cumsum(1), x)
grad(lambda t: t.bfloat16().prod(1), x + 1)
grad(lambda t: t.half().std(), x)
grad(lambda t: torch.logsumexp(t.half(), 1), x)
grad(lambda t: t.half().sort(1)[0] * x, x)
""")

LARGE = lines("""
[torch.full((4000,), 0.1).to(t).sum() for t in (torch.float16, torch.bfloat16)]
[torch.full((4000,), 10.0).to(t).mean() for t in (torch.float16, torch.bfloat16)]
(torch.arange(10000.0) / 3).sum()
(torch.arange(10000.0).reshape(2500, 4) / 3).sum(0)
(torch.arange(100000.0).reshape(50000, 2) / 3).sum(0)
(torch.arange(100000.0).reshape(50000, 2) / 3).mean(0)
(torch.arange(100000.0) / 3).var()
(torch.arange(100000.0) / 3).norm()
(torch.arange(100000.0) / 300).cumsum(0)
(torch.arange(10000.0).reshape(100, 100) / 3) @ torch.arange(100.)
""")


@pytest.mark.parametrize("expression", SUMS)
def test_sums_agree_with_torch(expression: str) -> None:
    check(expression)


@pytest.mark.parametrize("expression", TRUTH)
def test_truths_agree_with_torch(expression: str) -> None:
    check(expression)


@pytest.mark.parametrize("expression", VARIANCES)
def test_variances_agree_with_torch(expression: str) -> None:
    check(expression)


@pytest.mark.parametrize("expression", NORMS)
def test_norms_agree_with_torch(expression: str) -> None:
    check(expression)


@pytest.mark.parametrize("expression", EXTREMA)
def test_extrema_agree_with_torch(expression: str) -> None:
    check(expression)


@pytest.mark.parametrize("expression", QUANT)
def test_quantiles_and_distances_agree_with_torch(expression: str) -> None:
    check(expression)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", WHOLE)
def test_reductions_of_every_type_agree_with_torch(name: str, dtype: str) -> None:
    check(f"torch.{name}(i.to(torch.{dtype}))")


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ALONG)
def test_reductions_along_a_dimension_of_every_type_agree_with_torch(name: str, dtype: str) -> None:
    check(f"torch.{name}(i.to(torch.{dtype}), 1)")


@pytest.mark.parametrize("expression", TYPE_GRADIENTS)
def test_gradients_through_halves_agree_with_torch(expression: str) -> None:
    check(expression)


@pytest.mark.parametrize("expression", LARGE)
def test_large_sums_agree_with_torch(expression: str) -> None:
    check(expression)
