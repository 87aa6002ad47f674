"""Distributions beside torch's: samples of a seed, densities and their gradients, moments, divergences, transforms."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tapegrad

LIBRARIES = (torch, tapegrad)

# Name, keywords; values are lists of numbers, made float64 tensors that require gradients, or what `plain` says.
_PD = [[2.0, 0.5], [0.5, 1.0]]
_TRIL = [[1.5, 0.0], [0.3, 0.7]]
CASES: list[tuple[str, dict[str, Any]]] = [
    ("Bernoulli", {"probs": [0.1, 0.5, 0.9]}),
    ("Bernoulli", {"logits": [-2.0, 0.0, 3.0]}),
    ("Beta", {"concentration1": [0.3, 1.0, 4.0], "concentration0": [2.0, 0.7, 30.0]}),
    ("Binomial", {"total_count": 5, "probs": [0.1, 0.5, 0.9]}),
    ("Binomial", {"total_count": 40, "logits": [-1.0, 0.5]}),
    ("Categorical", {"probs": [[0.1, 0.5, 0.4], [1.0, 2.0, 3.0]]}),
    ("Categorical", {"logits": [0.1, -0.5, 0.4]}),
    ("Cauchy", {"loc": [0.0, 1.0], "scale": [1.0, 3.0]}),
    ("Chi2", {"df": [1.0, 3.0, 10.0]}),
    ("ContinuousBernoulli", {"probs": [0.1, 0.4995, 0.9]}),
    ("ContinuousBernoulli", {"logits": [-1.0, 0.0001, 2.0]}),
    ("Dirichlet", {"concentration": [[0.3, 1.0, 4.0], [2.0, 5.0, 10.0]]}),
    ("Exponential", {"rate": [0.5, 2.0]}),
    ("FisherSnedecor", {"df1": [1.0, 3.0, 6.0], "df2": [1.0, 4.5, 9.0]}),
    ("Gamma", {"concentration": [0.2, 1.0, 7.0], "rate": [1.0, 2.0, 0.5]}),
    ("GeneralizedPareto", {"loc": [0.0, 1.0, 0.5], "scale": [1.0, 2.0, 0.3], "concentration": [0.0, 0.3, -0.4]}),
    ("Geometric", {"probs": [0.1, 0.5, 0.9]}),
    ("Geometric", {"logits": [-1.0, 1.0]}),
    ("Gumbel", {"loc": [0.0, 1.0], "scale": [1.0, 3.0]}),
    ("HalfCauchy", {"scale": [1.0, 3.0]}),
    ("HalfNormal", {"scale": [1.0, 3.0]}),
    ("InverseGamma", {"concentration": [0.5, 1.5, 4.0], "rate": [1.0, 2.0, 0.5]}),
    ("Kumaraswamy", {"concentration1": [0.5, 2.0], "concentration0": [0.7, 3.0]}),
    ("LKJCholesky", {"dim": 3, "concentration": [0.5, 2.0]}),
    ("Laplace", {"loc": [0.0, 1.0], "scale": [1.0, 3.0]}),
    ("LogNormal", {"loc": [0.0, 1.0], "scale": [1.0, 0.3]}),
    ("LogisticNormal", {"loc": [0.0, 1.0, -1.0], "scale": [1.0, 0.3, 0.5]}),
    ("LowRankMultivariateNormal", {"loc": [0.0, 1.0], "cov_factor": [[1.0], [0.5]], "cov_diag": [1.0, 0.5]}),
    ("Multinomial", {"total_count": 4, "probs": [0.1, 0.5, 0.4]}),
    ("Multinomial", {"total_count": 7, "logits": [[0.1, 0.5, 0.4], [0.0, 1.0, 2.0]]}),
    ("MultivariateNormal", {"loc": [0.0, 1.0], "covariance_matrix": _PD}),
    ("MultivariateNormal", {"loc": [[0.0, 1.0], [2.0, 3.0], [0.5, 0.0]], "precision_matrix": _PD}),
    ("MultivariateNormal", {"loc": [0.0, 1.0], "scale_tril": _TRIL}),
    ("NegativeBinomial", {"total_count": [1.0, 3.0], "probs": [0.2, 0.7]}),
    ("NegativeBinomial", {"total_count": 3, "logits": [0.2, -0.7]}),
    ("Normal", {"loc": [0.0, 1.0], "scale": [1.0, 3.0]}),
    ("OneHotCategorical", {"probs": [[0.1, 0.5, 0.4], [1.0, 2.0, 3.0]]}),
    ("OneHotCategoricalStraightThrough", {"logits": [0.1, 0.5, 0.4]}),
    ("Pareto", {"scale": [1.0, 2.0], "alpha": [1.5, 4.0]}),
    ("Poisson", {"rate": [0.3, 4.0, 50.0]}),
    ("RelaxedBernoulli", {"temperature": [0.7, 0.7], "probs": [0.1, 0.8]}),
    ("RelaxedBernoulli", {"temperature": [0.7], "logits": [0.1, -0.8]}),
    ("RelaxedOneHotCategorical", {"temperature": [0.7], "probs": [0.1, 0.5, 0.4]}),
    ("StudentT", {"df": [0.8, 1.5, 5.0], "loc": [0.0, 1.0, 2.0], "scale": [1.0, 2.0, 0.5]}),
    ("Uniform", {"low": [0.0, -1.0], "high": [1.0, 3.0]}),
    ("VonMises", {"loc": [0.0, 1.0], "concentration": [0.5, 8.0]}),
    ("Weibull", {"scale": [1.0, 2.0], "concentration": [0.7, 3.0]}),
    ("Wishart", {"df": [4.0], "covariance_matrix": _PD}),
    ("Wishart", {"df": [4.5], "scale_tril": _TRIL}),
]
IDS = [f"{name}-{'-'.join(keywords)}-{i}" for i, (name, keywords) in enumerate(CASES)]
every_case = pytest.mark.parametrize(("name", "keywords"), CASES, ids=IDS)

# torch's derivatives of the incomplete gamma and beta functions are approximations, good to about 3 digits at worst.
_IMPLICIT = {
    "Beta", "Chi2", "Dirichlet", "FisherSnedecor", "Gamma", "InverseGamma", "StudentT", "Wishart",
}  # fmt: skip


def made(lib: Any, name: str, keywords: dict[str, Any], dtype: str = "float64") -> tuple[Any, list[Any]]:
    """The distribution, and its parameters that require gradients."""
    kind = getattr(lib, dtype)
    arguments = {
        key: lib.tensor(value, dtype=kind, requires_grad=True) if isinstance(value, list) else value
        for key, value in keywords.items()
    }
    return getattr(lib.distributions, name)(**arguments), [a for a in arguments.values() if isinstance(a, lib.Tensor)]


def array(x: Any) -> np.ndarray[Any, Any]:
    return np.asarray(x.detach().numpy())


def outcome(function: Callable[[], Any]) -> Any:
    """An array, or the type and first line of what is raised."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = function()
    except Exception as error:
        return type(error).__name__, str(error).splitlines()[:1]
    return array(result) if hasattr(result, "detach") else result


def same(results: list[Any], rtol: float = 1e-6, atol: float = 1e-8) -> None:
    theirs, ours = results
    if not isinstance(theirs, np.ndarray):
        assert str(ours).replace("tapegrad.", "torch.") == str(theirs)
        return
    assert isinstance(ours, np.ndarray), ours
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol)


@every_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_samples_of_a_seed_are_torch_s(name: str, keywords: dict[str, Any], dtype: str) -> None:
    results = []
    for lib in LIBRARIES:
        distribution, _ = made(lib, name, keywords, dtype)
        lib.manual_seed(7)
        results.append([outcome(lambda d=distribution: d.sample((5, 4))), outcome(lambda d=distribution: d.sample())])
    for pair in zip(*results, strict=True):
        same(list(pair), rtol=2e-5 if dtype == "float32" else 1e-9, atol=1e-6 if dtype == "float32" else 1e-12)


@every_case
def test_log_prob_and_its_gradients_are_torch_s(name: str, keywords: dict[str, Any]) -> None:
    # torch's GeneralizedPareto.log_prob compares with a float32 zero and refuses float64.
    dtype = "float32" if name == "GeneralizedPareto" else "float64"
    theirs, _ = made(torch, name, keywords, dtype)
    torch.manual_seed(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = theirs.sample((4,)).numpy()
    results = []
    for lib in LIBRARIES:
        distribution, params = made(lib, name, keywords, dtype)
        log_prob = distribution.log_prob(lib.from_numpy(value.copy()))
        gradients = lib.autograd.grad(log_prob.sum(), params, allow_unused=True)
        results.append([array(log_prob)] + [None if g is None else array(g) for g in gradients])
    for pair in zip(*results, strict=True):
        same(list(pair), rtol=2e-6 if dtype == "float64" else 2e-5, atol=2e-7 if dtype == "float64" else 2e-6)


@every_case
@pytest.mark.parametrize("what", ["mean", "mode", "variance", "stddev", "entropy", "perplexity", "enumerate_support"])
def test_moments_are_torch_s(name: str, keywords: dict[str, Any], what: str) -> None:
    results = []
    for lib in LIBRARIES:
        distribution, _ = made(lib, name, keywords)

        def ask(d: Any = distribution) -> Any:
            found = getattr(d, what)
            return found() if callable(found) else found

        results.append(outcome(ask))
    same(results, rtol=1e-6, atol=1e-7)


@every_case
@pytest.mark.parametrize("what", ["cdf", "icdf"])
def test_cdf_and_its_inverse_are_torch_s(name: str, keywords: dict[str, Any], what: str) -> None:
    results = []
    dtype = "float32" if name == "GeneralizedPareto" else "float64"
    for lib in LIBRARIES:
        distribution, _ = made(lib, name, keywords, dtype)
        if what == "icdf":
            value = lib.tensor([[0.1], [0.5], [0.9]], dtype=getattr(lib, dtype))
        else:
            torch.manual_seed(3)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = lib.from_numpy(made(torch, name, keywords, dtype)[0].sample((3,)).numpy())
        results.append(outcome(lambda d=distribution, v=value: getattr(d, what)(v)))
    same(results, rtol=1e-6 if dtype == "float64" else 1e-5, atol=1e-8 if dtype == "float64" else 1e-6)


@every_case
def test_rsample_and_its_gradients_are_torch_s(name: str, keywords: dict[str, Any]) -> None:
    results: list[Any] = []
    for lib in LIBRARIES:
        distribution, params = made(lib, name, keywords)
        assert distribution.has_rsample == made(torch, name, keywords)[0].has_rsample
        lib.manual_seed(5)
        x = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                x = distribution.rsample((6,))
        except NotImplementedError:
            results.append(None)
            continue
        if name == "Wishart":
            # torch writes into a mask that its backward pass needs, and has no gradient.
            results.append([array(x)])
            continue
        weights = lib.linspace(0.5, 2, x.numel(), dtype=lib.float64).reshape(x.shape)
        gradients = lib.autograd.grad((x * weights).sum(), params, allow_unused=True)
        results.append([array(x)] + [None if g is None else array(g) for g in gradients])
    if results[0] is None:
        assert results[1] is None
        return
    same([r[0] for r in results], rtol=1e-9, atol=1e-12)
    for pair in zip(*(r[1:] for r in results), strict=True):
        same(list(pair), rtol=2e-3 if name in _IMPLICIT else 1e-6, atol=1e-4 if name in _IMPLICIT else 1e-8)


@every_case
def test_expanding_keeps_the_distribution(name: str, keywords: dict[str, Any]) -> None:
    results = []
    for lib in LIBRARIES:
        distribution, _ = made(lib, name, keywords)
        expanded = distribution.expand((3, *distribution.batch_shape))
        lib.manual_seed(1)
        sample = outcome(lambda d=expanded: d.sample((2,)))
        results.append((sample, tuple(expanded.batch_shape), tuple(expanded.event_shape), repr(expanded)))
    same([r[0] for r in results], rtol=1e-9, atol=1e-12)
    assert results[0][1:] == results[1][1:]


@every_case
def test_text_and_attributes_are_torch_s(name: str, keywords: dict[str, Any]) -> None:
    texts = []
    for lib in LIBRARIES:
        d, _ = made(lib, name, keywords)
        facts = [repr(d), repr(d.has_rsample), repr(d.has_enumerate_support), repr(outcome(lambda d=d: d.support))]
        facts += [repr(d.arg_constraints), sorted(set(vars(d)) - {"_param"})]
        texts.append(str(facts).replace("tapegrad.", "torch."))
    assert texts[0] == texts[1]


PAIRS = sorted(
    ((p.__name__, q.__name__) for p, q in torch.distributions.kl._KL_REGISTRY),
)
_FOR_PAIRS = dict(reversed(CASES)) | {
    "Gumbel": {"loc": [0.0, 1.0, 0.2], "scale": [1.0, 3.0, 2.5]},
    "Beta": {"concentration1": [0.3, 1.0, 4.0], "concentration0": [2.0, 0.7, 3.0]},
    "Normal": {"loc": [0.0, 1.0, 0.3], "scale": [1.0, 3.0, 0.2]},
    "Laplace": {"loc": [0.0, 1.0, 0.3], "scale": [1.0, 3.0, 0.2]},
    "Exponential": {"rate": [0.5, 2.0, 1.0]},
    "Pareto": {"scale": [1.0, 2.0, 0.1], "alpha": [0.5, 1.5, 4.0]},
    "Uniform": {"low": [0.0, -1.0, 0.2], "high": [1.0, 3.0, 0.9]},
}
_SECOND = {
    "Uniform": {"low": [-0.5, -1.0, 0.3], "high": [1.5, 2.0, 0.8]},
    "Pareto": {"scale": [0.5, 2.0, 0.15], "alpha": [0.7, 2.5, 3.0]},
    "Normal": {"loc": [0.5, 1.0, 0.3], "scale": [2.0, 1.0, 0.3]},
    "Categorical": {"probs": [[0.0, 0.5, 0.5], [3.0, 2.0, 3.0]]},
    "OneHotCategorical": {"probs": [[0.3, 0.3, 0.4], [3.0, 2.0, 3.0]]},
    "Bernoulli": {"probs": [0.0, 0.3, 1.0]},
    "MultivariateNormal": {"loc": [0.5, 0.0], "scale_tril": _TRIL},
    "LowRankMultivariateNormal": {"loc": [0.5, 1.0], "cov_factor": [[0.3], [0.9]], "cov_diag": [0.7, 0.6]},
}


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_divergences_are_torch_s(first: str, second: str) -> None:
    results = []
    for lib in LIBRARIES:
        d = lib.distributions
        if first in ("ExponentialFamily", "Independent", "TransformedDistribution"):
            p, q = _pair_of_wrappers(lib, first)
        else:
            p, _ = made(lib, first, _FOR_PAIRS[first])
            q, _ = made(lib, second, _SECOND.get(second, _FOR_PAIRS[second]))
        results.append(outcome(lambda p=p, q=q, d=d: d.kl_divergence(p, q)))
    same(results, rtol=2e-6, atol=1e-7)


def _pair_of_wrappers(lib: Any, name: str) -> tuple[Any, Any]:
    d = lib.distributions
    p, q = d.Normal(lib.zeros(3), 1.0), d.Normal(lib.ones(3), 2.0)
    if name == "Independent":
        return d.Independent(p, 1), d.Independent(q, 1)
    if name == "TransformedDistribution":
        return d.LogNormal(lib.zeros(3), 1.0), d.LogNormal(lib.ones(3), 2.0)
    return d.Bernoulli(lib.tensor([0.3])), d.Exponential(lib.tensor([0.3]))


def test_the_same_pairs_are_registered() -> None:
    ours = sorted((p.__name__, q.__name__) for p, q in tapegrad.distributions.kl._KL_REGISTRY)
    assert ours == PAIRS


TRANSFORMS = {
    "abs": ("AbsTransform()", (3,)),
    "affine": ("AffineTransform(torch.tensor([1.0, 2.0, 3.0]), -2.0)", (4, 3)),
    "affine of vectors": ("AffineTransform(1.0, torch.tensor([1.0, 2.0, -3.0]), event_dim=1)", (4, 3)),
    "cat": ("CatTransform([ExpTransform(), identity_transform], 0, [2, 3])", (5,)),
    "compose": ("ComposeTransform([ExpTransform(), AffineTransform(1.0, 2.0)])", (3,)),
    "correlations": ("CorrCholeskyTransform()", (2, 6)),
    "cdf": ("CumulativeDistributionTransform(torch.distributions.Normal(0.0, 1.0))", (3,)),
    "exp": ("ExpTransform()", (3,)),
    "independent": ("IndependentTransform(TanhTransform(), 1)", (2, 3)),
    "lower cholesky": ("LowerCholeskyTransform()", (2, 3, 3)),
    "positive definite": ("PositiveDefiniteTransform()", (2, 3, 3)),
    "power": ("ComposeTransform([ExpTransform(), PowerTransform(torch.tensor([2.0, 0.5, -1.0]))])", (3,)),
    "reshape": ("ReshapeTransform((2, 3), (6,))", (4, 2, 3)),
    "sigmoid": ("SigmoidTransform()", (3,)),
    "softplus": ("SoftplusTransform()", (3,)),
    "tanh": ("TanhTransform()", (3,)),
    "softmax": ("SoftmaxTransform()", (2, 3)),
    "stack": ("StackTransform([ExpTransform(), SigmoidTransform()], 1)", (3, 2)),
    "stick breaking": ("StickBreakingTransform()", (2, 3)),
}


@pytest.mark.parametrize(("text", "shape"), TRANSFORMS.values(), ids=TRANSFORMS.keys())
def test_transforms_are_torch_s(text: str, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    results = []
    for lib in LIBRARIES:
        names = {
            "torch": lib,
            **{n: getattr(lib.distributions.transforms, n) for n in torch.distributions.transforms.__all__},
        }
        transform = eval(text, names)
        value = lib.tensor(x, requires_grad=True)
        y = transform(value)
        found = [array(y), outcome(lambda t=transform, y=y: t.inv(y))]
        found.append(outcome(lambda t=transform, v=value, y=y: t.log_abs_det_jacobian(v, y)))
        found.append(outcome(lambda t=transform, v=value, y=y: t.inv.log_abs_det_jacobian(y, v)))
        (gradient,) = lib.autograd.grad((y**2).sum(), value)
        found += [array(gradient), tuple(transform.forward_shape(value.shape)), tuple(transform.inverse_shape(y.shape))]
        found += [repr(transform), repr(transform.inv), transform.bijective, repr(transform.domain)]
        found += [repr(transform.codomain), str(outcome(lambda t=transform: t.sign))]
        results.append(found)
    for pair in zip(*results, strict=True):
        same(list(pair), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("registry", ["biject_to", "transform_to"])
@pytest.mark.parametrize("text", [
    "real", "positive", "greater_than(1.0)", "less_than(2.0)", "interval(-1.0, 2.0)", "unit_interval", "simplex",
    "lower_cholesky", "positive_definite", "corr_cholesky", "real_vector", "independent(positive, 1)", "square",
    "cat([positive, real], 0, [2, 1])", "stack([positive, real, unit_interval], 0)", "boolean", "nonnegative",
])  # fmt: skip
def test_registered_transforms_reach_their_constraints(registry: str, text: str) -> None:
    x = np.random.default_rng(0).normal(size=(3, 3))
    results = []
    for lib in LIBRARIES:
        c = lib.distributions.constraints
        constraint = eval(text, {n: getattr(c, n) for n in dir(c)})

        def ask(lib: Any = lib, constraint: Any = constraint) -> Any:
            return getattr(lib.distributions, registry)(constraint)(lib.tensor(x))

        results.append(outcome(ask))
        if isinstance(results[-1], np.ndarray):
            assert bool(constraint.check(lib.from_numpy(results[-1])).all())
    same(results, rtol=1e-8, atol=1e-10)


def test_constraints_check_as_torch_s_do() -> None:
    values = [np.array(v) for v in (0.0, 1.0, -1.0, 0.5, np.nan, np.inf)]
    values += [np.array(v) for v in ([0.5, 0.5], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0])]
    values += [np.array(v) for v in (_PD, _TRIL, np.eye(2), [[1.0, 2.0], [2.0, 1.0]], np.ones((2, 3)))]
    texts = [n for n in torch.distributions.constraints.__all__ if n[0].islower()]
    texts = [
        n
        for n in texts
        if isinstance(getattr(torch.distributions.constraints, n), torch.distributions.constraints.Constraint)
    ]
    texts += ["interval(0.0, 0.7)", "half_open_interval(0.0, 1.0)", "integer_interval(0, 1)", "multinomial(1)"]
    for text in texts:
        for value in values:
            results = []
            for lib in LIBRARIES:
                c = lib.distributions.constraints
                constraint = eval(text, {n: getattr(c, n) for n in dir(c)})
                found = outcome(lambda c=constraint, lib=lib, v=value: c.check(lib.tensor(v)))
                results.append(found[0] if isinstance(found, tuple) else found)
            same(results)


def test_mixtures_are_torch_s() -> None:
    results = []
    for lib in LIBRARIES:
        d = lib.distributions
        vectors = d.Independent(d.Normal(lib.arange(12.0).reshape(2, 3, 2), 1.0), 1)
        mixture = d.MixtureSameFamily(d.Categorical(lib.tensor([[1.0, 2.0, 1.0], [3.0, 1.0, 1.0]])), vectors)
        lib.manual_seed(0)
        x = mixture.sample((4,))
        results.append(
            [array(x), array(mixture.log_prob(x)), array(mixture.mean), array(mixture.variance), repr(mixture)]
        )
        scalars = d.MixtureSameFamily(d.Categorical(lib.ones(2)), d.Normal(lib.tensor([0.0, 3.0]), 1.0))
        results[-1] += [array(scalars.cdf(lib.tensor(1.0))), array(scalars.expand((3,)).sample((2,)))]
    for pair in zip(*results, strict=True):
        same(list(pair), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("a", [0.01, 0.3, 1.0, 2.5, 20.0, 300.0])
def test_gradients_of_gamma_samples_are_those_of_the_cdf(a: float) -> None:
    x = np.array([0.3 * a, 0.9 * a, 1.5 * a])
    ours = tapegrad._standard_gamma_grad(tapegrad.full((3,), a, dtype=tapegrad.float64), tapegrad.tensor(x))
    theirs = torch._standard_gamma_grad(torch.full((3,), a, dtype=torch.float64), torch.tensor(x))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-3)
