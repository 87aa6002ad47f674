"""Facts about distributions that need no other library."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from scipy import stats

import tapegrad as torch
from tapegrad import distributions as d


def test_importing_tapegrad_loads_no_distribution() -> None:
    import subprocess
    import sys

    code = "import sys, tapegrad; print('tapegrad.distributions' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (d.Normal(1.0, 2.0), stats.norm(1, 2)),
        (d.Gamma(2.5, 3.0), stats.gamma(2.5, scale=1 / 3)),
        (d.Beta(2.0, 3.0), stats.beta(2, 3)),
        (d.StudentT(3.0), stats.t(3)),
        (d.FisherSnedecor(3.0, 5.0), stats.f(3, 5)),
        (d.Laplace(0.5, 2.0), stats.laplace(0.5, 2)),
        (d.Gumbel(0.5, 2.0), stats.gumbel_r(0.5, 2)),
        (d.Weibull(2.0, 1.5), stats.weibull_min(1.5, scale=2)),
        (d.VonMises(torch.tensor(0.3), torch.tensor(2.0)), stats.vonmises(2, loc=0.3)),
    ],
)
def test_densities_are_those_of_scipy(ours: Any, theirs: Any) -> None:
    x = np.array([0.2, 0.5, 0.9])
    np.testing.assert_allclose(ours.log_prob(torch.tensor(x)).numpy(), theirs.logpdf(x), rtol=1e-6)


@pytest.mark.parametrize("name", ["gamma", "beta"])
def test_implicit_gradients_keep_the_cdf(name: str) -> None:
    # A sample moves with its parameter along a level of the CDF, so they are the inverse CDF's differences.
    torch.manual_seed(0)
    a = torch.full((50,), 2.3, dtype=torch.float64, requires_grad=True)
    if name == "gamma":
        x = d.Gamma(a, torch.ones_like(a)).rsample()
        frozen = lambda b: stats.gamma(b)
    else:
        x = d.Beta(a, torch.full_like(a, 1.7)).rsample()
        frozen = lambda b: stats.beta(b, 1.7)
    (slope,) = torch.autograd.grad(x.sum(), a)
    level = frozen(2.3).cdf(x.detach().numpy())
    difference = (frozen(2.3 + 1e-4).ppf(level) - frozen(2.3 - 1e-4).ppf(level)) / 2e-4
    np.testing.assert_allclose(slope.numpy(), difference, rtol=1e-5)


def test_gamma_samples_have_the_gamma_distribution() -> None:
    torch.manual_seed(0)
    for a in (0.3, 1.0, 8.0):
        x = d.Gamma(torch.tensor(a, dtype=torch.float64), 1.0).sample((2000,))
        assert stats.kstest(x.numpy(), stats.gamma(a).cdf).pvalue > 1e-3


def test_a_parameter_outside_of_its_constraint_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Expected parameter scale \(Tensor of shape \(2,\)\)"):
        d.Normal(0.0, torch.tensor([1.0, -1.0]))


def test_a_value_outside_of_the_support_is_refused() -> None:
    with pytest.raises(ValueError, match="to be within the support"):
        d.Exponential(1.0).log_prob(torch.tensor(-1.0))


def test_without_validation_nothing_is_refused() -> None:
    assert d.Normal(0.0, -1.0, validate_args=False).scale.item() == -1


def test_distributions_survive_pickling() -> None:
    for distribution in (
        d.Normal(0.0, 1.0),
        d.LogNormal(torch.zeros(2), 1.0),
        d.Independent(d.Beta(1.0, torch.ones(3)), 1),
    ):
        again = pickle.loads(pickle.dumps(distribution))
        assert repr(again) == repr(distribution)
        assert again.batch_shape == distribution.batch_shape


def test_lazy_parameters_carry_gradients_to_what_was_given() -> None:
    probs = torch.tensor([0.2, 0.8], requires_grad=True)
    with torch.no_grad():
        bernoulli = d.Bernoulli(probs)
        assert bernoulli.logits.requires_grad


def test_a_registered_divergence_serves_subclasses() -> None:
    class Mine(d.Normal):
        pass

    value = d.kl_divergence(Mine(0.0, 1.0), d.Normal(1.0, 1.0))
    assert value.item() == 0.5


def test_an_unknown_divergence_names_the_types() -> None:
    with pytest.raises(NotImplementedError, match="p type Cauchy and q type Normal"):
        d.kl_divergence(d.Cauchy(0.0, 1.0), d.Normal(0.0, 1.0))


def test_the_inverse_of_a_cached_transform_is_the_input_itself() -> None:
    exp = d.ExpTransform(cache_size=1)
    x = torch.tensor([0.1, 0.2])
    assert exp.inv(exp(x)) is x


@pytest.mark.parametrize("constraint", [d.constraints.simplex, d.constraints.corr_cholesky])
def test_bijections_come_back(constraint: Any) -> None:
    transform = d.biject_to(constraint)
    x = torch.linspace(-1, 1, 6, dtype=torch.float64)
    y = transform(x)
    assert constraint.check(y)
    assert torch.allclose(transform.inv(y), x)


def test_the_log_jacobian_is_that_of_autograd() -> None:
    transform = d.StickBreakingTransform()
    x = torch.tensor([0.3, -0.2, 1.0], dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda v: transform(v)[:-1], x)
    assert torch.allclose(transform.log_abs_det_jacobian(x, transform(x)), torch.linalg.slogdet(jacobian).logabsdet)
