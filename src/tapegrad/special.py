"""Special functions of mathematics: `torch.special`.

>>> import tapegrad as torch
>>> torch.special.expit(torch.tensor([0.0, 2.0]))
tensor([0.5000, 0.8808])
"""

from __future__ import annotations

from .nn.functional import log_softmax, softmax
from .ops import (
    digamma,
    erf,
    erfc,
    erfinv,
    exp2,
    expm1,
    i0,
    igamma,
    igammac,
    lgamma,
    log1p,
    logit,
    logsumexp,
    mvlgamma,
    polygamma,
    probability,
    round,
    runtime,
    sigmoid,
    sinc,
    special_functions,
    xlogy,
)
from .ops.bessel import i0e, i1, i1e
from .ops.exponential import xlog1py
from .ops.probability import entr, erfcx, log_ndtr, ndtr, ndtri, zeta

for _module in (probability, special_functions):
    runtime.silence(_module)
globals().update(special_functions.FUNCTIONS)

expit, gammainc, gammaincc, gammaln, multigammaln, psi = sigmoid, igamma, igammac, lgamma, mvlgamma, digamma

__all__ = sorted(
    {
        "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammainc", "gammaincc",
        "gammaln", "i0", "i0e", "i1", "i1e", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp", "multigammaln",
        "ndtr", "ndtri", "polygamma", "psi", "round", "sinc", "softmax", "xlog1py", "xlogy", "zeta",
    }
    | set(special_functions.FUNCTIONS)
)  # fmt: skip
