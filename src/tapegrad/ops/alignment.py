"""The connectionist temporal classification loss: the probability of a text, summed over all its alignments.

Graves et al., Connectionist Temporal Classification, 2006. A text of S labels has 2·S + 1 states, with a blank before,
between and after the labels. All sums over paths are done in logarithms, for all samples and states at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from .op import operator
from .refusal import no_formula


def _states(labels: Array, blank: int) -> tuple[Array, Array]:
    """The label of each state (N, 2·S + 1), and whether it may follow the one before the last."""
    n, s = labels.shape
    states = np.full((n, 2 * s + 1), blank)
    states[:, 1::2] = labels
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    return states, skips


def _moved(a: Array, by: int) -> Array:
    """The states moved up, with -inf below."""
    moved = np.full_like(a, -np.inf)
    moved[:, by:] = a[:, : a.shape[1] - by] if by < a.shape[1] else 0
    return moved


def _onward(a: Array, skips: Array) -> Array:
    """Paths that stay, go on by one state, or skip a blank."""
    total = np.logaddexp(a, _moved(a, 1))
    return np.where(skips, np.logaddexp(total, _moved(a, 2)), total)


def _emitted(log_probs: Array, states: Array) -> Array:
    """The logarithms of the probabilities of the states' labels: (T, N, states)."""
    return np.take_along_axis(log_probs, np.broadcast_to(states, (len(log_probs), *states.shape)), 2)


def _forward(log_probs: Array, labels: Array, lengths: Array, sizes: Array, blank: int) -> tuple[Array, Array]:
    """The logarithms of the paths' probabilities up to each state (T, N, states), and the losses (N,)."""
    states, skips = _states(labels, blank)
    emitted = _emitted(log_probs, states)
    alpha = np.full(emitted.shape, -np.inf, log_probs.dtype)
    if len(alpha):
        alpha[0, :, :2] = emitted[0, :, :2]
    for t in range(1, len(alpha)):
        alpha[t] = _onward(alpha[t - 1], skips) + emitted[t]
    n = np.arange(len(lengths))
    last = np.maximum(lengths - 1, 0)
    if not len(alpha):
        return alpha, np.where(sizes == 0, 0, np.inf).astype(log_probs.dtype)
    end = alpha[last, n, 2 * sizes]
    before = np.where(sizes > 0, alpha[last, n, np.maximum(2 * sizes - 1, 0)], -np.inf)
    total = np.where(lengths > 0, np.logaddexp(end, before), np.where(sizes == 0, 0, -np.inf))
    return alpha, -total.astype(log_probs.dtype)


@operator(name="ctc_loss_", node="CtcLossBackward0")
def ctc_loss_(
    log_probs: Array, /, labels: Array, lengths: Array, sizes: Array, blank: int, zero_infinity: bool
) -> Array:
    """Minus the logarithm of each text's probability (N,).

    Args:
        log_probs: of the classes at each time, (T, N, C).
        labels: the texts, padded, (N, S); `sizes` are their lengths.
        lengths: how many times count for each sample.
    """
    return _forward(log_probs, labels, lengths, sizes, blank)[1]


@operator(name="ctc_loss_backward", node="CtcLossBackwardBackward0")
def ctc_loss_backward(
    g: Array, log_probs: Array, /, labels: Array, lengths: Array, sizes: Array, blank: int, zero_infinity: bool
) -> Array:
    """The gradient, as torch gives it: that by the scores before log_softmax, which it takes to be normalised."""
    alpha, loss = _forward(log_probs, labels, lengths, sizes, blank)
    states, skips = _states(labels, blank)
    emitted = _emitted(log_probs, states)
    index = np.arange(states.shape[1])
    ends = (index == 2 * sizes[:, None]) | ((index == 2 * sizes[:, None] - 1) & (sizes[:, None] > 0))
    # Backwards, states are counted from the end: those beyond a text are never reached.
    ahead = np.zeros(skips.shape, bool)
    ahead[:, : skips.shape[1] - 2] = skips[:, 2:]
    beta = np.full((len(states), states.shape[1]), -np.inf, log_probs.dtype)
    visits = np.zeros_like(log_probs)
    classes = (states[:, :, None] == np.arange(log_probs.shape[2])).astype(log_probs.dtype)
    for t in range(len(log_probs) - 1, -1, -1):
        going = _onward(beta[:, ::-1], ahead[:, ::-1])[:, ::-1] + emitted[t]
        starting = np.where(ends, emitted[t], -np.inf)
        beta = np.where((lengths == t + 1)[:, None], starting, np.where((lengths > t + 1)[:, None], going, -np.inf))
        path = np.exp(alpha[t] + beta + loss[:, None] - emitted[t])
        visits[t] = np.matmul(path[:, None, :], classes)[:, 0]
    gradient = (np.exp(log_probs) - visits) * g[:, None]
    gradient = np.where((np.arange(len(log_probs))[:, None] < lengths)[:, :, None], gradient, 0)
    if zero_infinity:
        gradient = np.where((loss == np.inf)[:, None], 0, gradient)
    return gradient.astype(log_probs.dtype, copy=False)


def _refused(g: Any) -> Any:
    return no_formula("_ctc_loss_backward")


ctc_loss_backward.rule("g")(_refused)
ctc_loss_backward.rule("log_probs")(_refused)


@ctc_loss_.rule("log_probs")
def _(g: Any, log_probs: Any, labels: Any, lengths: Any, sizes: Any, blank: Any, zero_infinity: Any) -> Any:
    return ctc_loss_backward(g, log_probs, labels, lengths, sizes, blank, zero_infinity)


METHODS: dict[str, Any] = {}

__all__: list[str] = []
