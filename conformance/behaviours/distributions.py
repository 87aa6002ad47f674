"""Distributions: printed text, errors, warnings, shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def names(lib: Any) -> dict[str, Any]:
    """What the expressions below are about."""
    d = lib.distributions
    return {"torch": lib, "d": d, "c": d.constraints, "T": d.transforms, "t": lib.tensor, "U": d.utils}


EXPRESSIONS = [
    "d.Normal(t([0.0, float('nan')]), 1.0)",
    "d.Normal(t([0.0, 1.0]), -1.0)",
    "d.Normal(0.0, 1.0).log_prob(t([1, float('nan')]))",
    "d.Normal(0.0, 1.0).log_prob(3.0)",
    "d.Normal(torch.zeros(2, 3), 1.0).log_prob(torch.zeros(4))",
    "d.Dirichlet(torch.ones(2, 3)).log_prob(t(1.0))",
    "d.Bernoulli()",
    "d.Bernoulli(0.5, 0.5)",
    "d.Bernoulli(2.0)",
    "repr(d.Bernoulli(0.5))",
    "repr(d.Bernoulli(logits=t([0.5])))",
    "d.Bernoulli(0.5).log_prob(t(0.5))",
    "d.Geometric(0.0)",
    "d.ContinuousBernoulli()",
    "d.Categorical(t(0.5))",
    "d.Categorical(logits=t(0.5))",
    "d.Categorical(t([0.2, -0.9]))",
    "d.Dirichlet(t(1.0))",
    "d.Multinomial(t([2]), t([0.5, 0.5]))",
    "d.MultivariateNormal(t(1.0), torch.eye(2))",
    "d.MultivariateNormal(torch.ones(2))",
    "d.MultivariateNormal(torch.ones(2), torch.ones(2))",
    "d.MultivariateNormal(torch.ones(2), torch.ones(2, 2))",
    "d.MultivariateNormal(torch.ones(2), scale_tril=torch.ones(2))",
    "repr(d.MultivariateNormal(torch.ones(2), torch.eye(2)))",
    "d.LowRankMultivariateNormal(torch.ones(2), torch.ones(3, 1), torch.ones(2))",
    "d.LowRankMultivariateNormal(torch.ones(3, 2), torch.ones(4, 2, 1), torch.ones(2))",
    "d.Wishart(2.0)",
    "d.Wishart(0.5, torch.eye(2))",
    "repr(d.Wishart(1.5, torch.eye(2)))",
    "d.Uniform(1.0, 0.0)",
    "repr(d.Uniform(0.0, 1.0).support)",
    "d.LKJCholesky(1)",
    "d.Independent(d.Normal(0.0, 1.0), 1)",
    "repr(d.Independent(d.Normal(torch.zeros(2), 1.0), 1))",
    "d.Independent(d.Binomial(3, torch.ones(2) * 0.5), 1).enumerate_support()",
    "d.MixtureSameFamily(d.Normal(0.0, 1.0), d.Normal(0.0, 1.0))",
    "d.MixtureSameFamily(d.Categorical(torch.ones(2)), 3)",
    "d.MixtureSameFamily(d.Categorical(torch.ones(2)), d.Normal(torch.zeros(3), 1.0))",
    "repr(d.MixtureSameFamily(d.Categorical(torch.ones(2)), d.Normal(torch.zeros(2), 1.0)))",
    "d.TransformedDistribution(d.Normal(0.0, 1.0), 3)",
    "d.TransformedDistribution(d.Normal(0.0, 1.0), [3])",
    "d.TransformedDistribution(d.Normal(0.0, 1.0), [T.StickBreakingTransform()])",
    "repr(d.TransformedDistribution(d.Normal(torch.zeros(2), 1.0), [T.StickBreakingTransform()]).base_dist)",
    "d.TransformedDistribution(d.Normal(0.0, 1.0), [T.ExpTransform()]).mean",
    "d.Poisson(1.0).entropy()",
    "d.Poisson(1.0).rsample()",
    "d.Poisson(-1.0)",
    "d.Binomial(t([1, 2]), t([0.5, 0.5])).enumerate_support()",
    "d.Binomial(t([1, 2]), t([0.5, 0.5])).entropy()",
    "d.Normal(0.0, 1.0).expand((2,)).sample_n(3).shape",
    "d.kl_divergence(d.Poisson(1.0), d.Normal(0.0, 1.0))",
    "d.kl_divergence(d.Cauchy(1.0, 1.0), d.Normal(0.0, 1.0))",
    "d.biject_to(c.dependent)",
    "d.transform_to(c.square)",
    "d.biject_to.register(3, 3)",
    "U.broadcast_all(1, 'a')",
    "U.broadcast_all(1, 2)",
    "U.broadcast_all(t(1.0, dtype=torch.float64), 2)",
    "U.tril_matrix_to_vec(torch.ones(2, 2), 3)",
    "U.vec_to_tril_matrix(torch.ones(3), -1)",
    "U.vec_to_tril_matrix(torch.ones(2))",
    "repr(d.GeneralizedPareto(0.0, 1.0, t([-0.1, 0.2])).support)",
    "[repr(getattr(c, n)) for n in sorted(c.__all__) if isinstance(getattr(c, n), c.Constraint)]",
    "c.dependent.check(t(1.0))",
    "c.dependent.event_dim",
    "c.independent(c.simplex, 1).check(torch.ones(2))",
    "c.independent(3, 1)",
    "T.ExpTransform(2)",
    "T.ReshapeTransform((2,), (3,))",
    "T.ReshapeTransform((2,), (1, 2)).forward_shape((3,))",
    "T.CorrCholeskyTransform().forward_shape((4,))",
    "T.CatTransform([3])",
    "T.CatTransform([T.ExpTransform()], lengths=[2])(torch.ones(3))",
    "T.StackTransform([T.ExpTransform()])(torch.ones(3))",
    "T.IndependentTransform(T.ExpTransform(), 1)(t(1.0))",
    "T.AffineTransform(0.0, 1.0) == T.AffineTransform(t(0.0), 1.0)",
    "T.AbsTransform().sign",
    "repr(T.ComposeTransform([T.ExpTransform(), T.AffineTransform(0.0, 1.0)]))",
    "torch._standard_gamma(torch.ones(2, requires_grad=True)).grad_fn.name()",
    "d.Dirichlet(torch.ones(2, requires_grad=True)).rsample().grad_fn.name()",
    "d.Beta(torch.ones(2, requires_grad=True), 1.0).rsample().grad_fn.name()",
]


def _evaluated(text: str) -> Callable[[Any], Any]:
    def value(torch: Any) -> Any:
        return eval(text, names(torch))

    return value


for _text in EXPRESSIONS:
    globals()[_text] = _evaluated(_text)
