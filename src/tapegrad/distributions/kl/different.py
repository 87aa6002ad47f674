"""Divergences between distributions of different families: −entropy(p) − E_p[log q(x)]."""

from __future__ import annotations

import math
from typing import Any

import tapegrad as torch

from ..bernoulli import Bernoulli
from ..beta import Beta
from ..binomial import Binomial
from ..continuous_bernoulli import ContinuousBernoulli
from ..exponential import Exponential
from ..gamma import Gamma
from ..gumbel import Gumbel
from ..laplace import Laplace
from ..normal import Normal
from ..pareto import Pareto
from ..poisson import Poisson
from ..uniform import Uniform
from ..utils import euler_constant
from .dispatch import register_kl


def _infinite_like(tensor: Any) -> Any:
    return torch.full_like(tensor, torch.inf)


def _x_log_x(x: Any) -> Any:
    return torch.special.xlogy(x, x)


# p may give what q cannot: the divergence is infinite.  By p: the attribute of the batch's shape, and the q.
_INFINITE: dict[type, tuple[str, tuple[type, ...]]] = {
    Beta: ("concentration1", (Pareto,)),
    ContinuousBernoulli: ("probs", (Pareto,)),
    Exponential: ("rate", (Beta, ContinuousBernoulli, Pareto, Uniform)),
    Gamma: ("concentration", (Beta, ContinuousBernoulli, Pareto, Uniform)),
    Gumbel: ("loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    Laplace: ("loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    Normal: ("loc", (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform)),
    Pareto: ("scale", (Beta, ContinuousBernoulli, Uniform)),
    Poisson: ("rate", (Bernoulli, Binomial)),
}


def _register_infinite(p_type: type, attribute: str, q_type: type) -> None:
    register_kl(p_type, q_type)(lambda p, q: _infinite_like(getattr(p, attribute)))


for _p_type, (_attribute, _q_types) in _INFINITE.items():
    for _q_type in _q_types:
        _register_infinite(_p_type, _attribute, _q_type)


def _normal_cross_entropy(mean: Any, variance: Any, q: Any) -> Any:
    """−E_p[log q(x)] of a normal q, for the mean and variance of p."""
    spread = q.scale.pow(2)
    return 0.5 * (spread * 2 * math.pi).log() + (variance + (mean - q.loc).pow(2)) / (2 * spread)


@register_kl(Bernoulli, Poisson)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Beta, ContinuousBernoulli)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() - p.mean * q.logits - torch.log1p(-q.probs) - q._cont_bern_log_norm()


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


@register_kl(Beta, Gamma)
def _(p: Any, q: Any) -> Any:
    mean_log = p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    powers = (q.concentration - 1) * mean_log
    return -p.entropy() + q.concentration.lgamma() - q.concentration * q.rate.log() - powers + q.rate * p.mean


@register_kl(Beta, Normal)
@register_kl(ContinuousBernoulli, Normal)
@register_kl(Uniform, Normal)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() + _normal_cross_entropy(p.mean, p.variance, q)


def _within(result: Any, p: Any, low: Any, high: Any) -> Any:
    """`result`, infinite where p's interval is not within that from `low` to `high`."""
    support = p.support
    return torch.where((low > support.lower_bound) | (high < support.upper_bound), torch.inf, result)


@register_kl(Beta, Uniform)
def _(p: Any, q: Any) -> Any:
    return _within(-p.entropy() + (q.high - q.low).log(), p, q.low, q.high)


@register_kl(ContinuousBernoulli, Uniform)
def _(p: Any, q: Any) -> Any:
    result = -p.entropy() + (q.high - q.low).log()
    outside = torch.max(torch.ge(q.low, p.support.lower_bound), torch.le(q.high, p.support.upper_bound))
    return torch.where(outside, torch.ones_like(result) * torch.inf, result)


@register_kl(Exponential, Gamma)
def _(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    return (
        -q.concentration * torch.log(ratio)
        + ratio
        + q.concentration.lgamma()
        + q.concentration * euler_constant
        - (1 + euler_constant)
    )


@register_kl(Exponential, Gumbel)
def _(p: Any, q: Any) -> Any:
    product = p.rate * q.scale
    shift = q.loc / q.scale
    tail = torch.exp(shift) * product / (product + 1)
    return product.log() - 1 + (1 / product - shift) + tail


@register_kl(Exponential, Normal)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() + _normal_cross_entropy(p.mean, p.variance, q)


@register_kl(Gamma, Exponential)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() - q.rate.log() + q.rate * p.concentration / p.rate


@register_kl(Gamma, Gumbel)
def _(p: Any, q: Any) -> Any:
    product = p.rate * q.scale
    shift = q.loc / q.scale
    of_p = (p.concentration - 1) * p.concentration.digamma() - p.concentration.lgamma() - p.concentration
    tail = torch.exp(shift) * (1 + product.reciprocal()).pow(-p.concentration)
    return of_p + product.log() + p.concentration / product - shift + tail


@register_kl(Gamma, Normal)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() + _normal_cross_entropy(p.mean, p.variance, q)


@register_kl(Gumbel, Normal)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() + _normal_cross_entropy(p.mean, p.variance, q)


@register_kl(Laplace, Normal)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() + _normal_cross_entropy(p.loc, p.variance, q)


@register_kl(Normal, Gumbel)
def _(p: Any, q: Any) -> Any:
    mean = p.loc / q.scale
    half_square = (p.scale / q.scale).pow(2) * 0.5
    shift = q.loc / q.scale
    cross_entropy = mean - shift + torch.exp(-mean + half_square + shift) + q.scale.log()
    return -p.entropy() + cross_entropy


@register_kl(Normal, Laplace)
def _(p: Any, q: Any) -> Any:
    offset = p.loc - q.loc
    z = offset / p.scale
    # The mean of |x − loc_q|.
    near = math.sqrt(2 / math.pi) * p.scale * torch.exp(-0.5 * z.pow(2))
    mean_distance = near + offset * torch.erf(math.sqrt(0.5) * z)
    return -p.entropy() + (2 * q.scale).log() + mean_distance / q.scale


def _pareto_mean(p: Any) -> Any:
    return p.alpha * p.scale / (p.alpha - 1)


@register_kl(Pareto, Exponential)
def _(p: Any, q: Any) -> Any:
    result = -p.entropy() - q.rate.log() + q.rate * _pareto_mean(p)
    return torch.where(p.alpha <= 1, torch.inf, result)


@register_kl(Pareto, Gamma)
def _(p: Any, q: Any) -> Any:
    mean_log = p.scale.log() + p.alpha.reciprocal()
    result = (
        -p.entropy()
        + q.concentration.lgamma()
        - q.concentration * q.rate.log()
        - (q.concentration - 1) * mean_log
        + q.rate * _pareto_mean(p)
    )
    return torch.where(p.alpha <= 1, torch.inf, result)


@register_kl(Pareto, Normal)
def _(p: Any, q: Any) -> Any:
    result = -p.entropy() + _normal_cross_entropy(p.mean, p.variance, q)
    return torch.where(p.alpha <= 2, torch.inf, result)


def _mean_log(p: Any) -> Any:
    """E[log x] of a uniform p."""
    return (_x_log_x(p.high) - _x_log_x(p.low)) / (p.high - p.low) - 1


@register_kl(Uniform, Beta)
def _(p: Any, q: Any) -> Any:
    # E[log(1 − x)]: 1 − x is uniform from 1 − high to 1 − low.
    mean_log_rest = (_x_log_x(1 - p.low) - _x_log_x(1 - p.high)) / (p.high - p.low) - 1
    norm = q.concentration1.lgamma() + q.concentration0.lgamma() - (q.concentration1 + q.concentration0).lgamma()
    powers = (q.concentration1 - 1) * _mean_log(p) + (q.concentration0 - 1) * mean_log_rest
    result = -p.entropy() + norm - powers
    return torch.where((p.high > q.support.upper_bound) | (p.low < q.support.lower_bound), torch.inf, result)


@register_kl(Uniform, ContinuousBernoulli)
def _(p: Any, q: Any) -> Any:
    result = -p.entropy() - p.mean * q.logits - torch.log1p(-q.probs) - q._cont_bern_log_norm()
    outside = torch.max(torch.ge(p.high, q.support.upper_bound), torch.le(p.low, q.support.lower_bound))
    return torch.where(outside, torch.ones_like(result) * torch.inf, result)


@register_kl(Uniform, Exponential)
def _(p: Any, q: Any) -> Any:
    result = q.rate * (p.high + p.low) / 2 - ((p.high - p.low) * q.rate).log()
    return torch.where(p.low < q.support.lower_bound, torch.inf, result)


@register_kl(Uniform, Gamma)
def _(p: Any, q: Any) -> Any:
    norm = q.concentration.lgamma() - q.concentration * q.rate.log()
    result = -p.entropy() + norm - (q.concentration - 1) * _mean_log(p) + q.rate * (p.high + p.low) / 2
    return torch.where(p.low < q.support.lower_bound, torch.inf, result)


@register_kl(Uniform, Gumbel)
def _(p: Any, q: Any) -> Any:
    high = (p.high - q.loc) / q.scale
    low = (p.low - q.loc) / q.scale
    tail = (torch.exp(-high) - torch.exp(-low)) / (high - low)
    return 0.5 * (high + low) - tail - (high - low).log()


@register_kl(Uniform, Pareto)
def _(p: Any, q: Any) -> Any:
    cross_entropy = (q.alpha + 1) * _mean_log(p) - q.alpha.log() - q.alpha * q.scale.log()
    return torch.where(p.low < q.support.lower_bound, torch.inf, -p.entropy() + cross_entropy)
