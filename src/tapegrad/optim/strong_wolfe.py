"""The line search of L-BFGS: a step length that meets the strong Wolfe conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..tensor.tensor import Tensor


class _Point(NamedTuple):
    """A place on the line: its distance t, the loss there, the gradient, and the slope along the line."""

    t: Any
    loss: float
    gradient: Any
    slope: Any


def _cubic_interpolate(x1: Any, f1: Any, g1: Any, x2: Any, f2: Any, g2: Any, bounds: Any = None) -> Any:
    """Where the cubic polynomial through two points with given values and slopes is smallest, within bounds.

    The bounds are the points themselves unless others are given; where the cubic has no minimum, it is their middle.
    """
    low, high = bounds if bounds is not None else (x1, x2) if x1 <= x2 else (x2, x1)
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1**2 - g1 * g2
    if not square >= 0:
        return (low + high) / 2.0
    d2 = square.sqrt() if isinstance(square, Tensor) else square**0.5
    if x1 <= x2:
        best = x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
    else:
        best = x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(best, low), high)


def _between(a: _Point, b: _Point, bounds: Any = None) -> Any:
    return _cubic_interpolate(a.t, a.loss, a.slope, b.t, b.loss, b.slope, bounds)


def _strong_wolfe(
    obj_func: Callable[[Any, Any, Any], tuple[float, Any]],
    x: Any,
    t: Any,
    d: Any,
    f: float,
    g: Any,
    gtd: Any,
    c1: float = 1e-4,
    c2: float = 0.9,
    tolerance_change: float = 1e-9,
    max_ls: int = 25,
) -> tuple[float, Any, Any, int]:
    """Find a step length along a line at which loss and slope have fallen enough.

    Args:
        obj_func: (x, t, d) ↦ loss and gradient at x + td.
        x: where the line starts.
        t: the step length to try first.
        d: the direction of the line.
        f, g, gtd: loss, gradient and slope at its start.
        c1: the loss has to fall by c1 times what the slope promises.
        c2: the slope has to fall below c2 times what it was.
        tolerance_change: stop when the interval moves the parameters by less.
        max_ls: evaluations at most.

    Returns:
        Loss, gradient, step length, number of evaluations.

    Reference: Nocedal and Wright, "Numerical optimization", 2006, algorithms 3.5 and 3.6.
    """

    def at(t: Any) -> _Point:
        loss, gradient = obj_func(x, t, d)
        return _Point(t, loss, gradient, gradient.dot(d))

    def too_high(point: _Point) -> bool:
        return bool(point.loss > (f + c1 * point.t * gtd))

    def flat(point: _Point) -> bool:
        return bool(abs(point.slope) <= -c2 * gtd)

    reach = d.abs().max()
    start = before = _Point(0, f, g.clone(), gtd)
    here, rounds, done = at(t), 0, False
    bracket: list[_Point] = [start, here]
    # First go on until an interval is found in which there must be such a step.
    while rounds < max_ls:
        if too_high(here) or (rounds > 1 and here.loss >= before.loss):
            bracket = [before, here]
            break
        if flat(here):
            bracket, done = [here], True
            break
        if here.slope >= 0:
            bracket = [before, here]
            break
        bounds = (here.t + 0.01 * (here.t - before.t), here.t * 10)
        t = _between(before, here, bounds)
        before, here = here, at(t)
        rounds += 1
    if rounds == max_ls:
        bracket = [start, here]
    # Then close in on it: `low` is the end of the interval with the smaller loss.
    low, high = (0, 1) if bracket[0].loss <= bracket[-1].loss else (1, 0)
    stalled = False
    while not done and rounds < max_ls:
        if abs(bracket[1].t - bracket[0].t) * reach < tolerance_change:
            break
        t = _between(*bracket)
        left, right = min(p.t for p in bracket), max(p.t for p in bracket)
        margin = 0.1 * (right - left)
        # A second time near an end, or beyond it: step away from that end.
        if min(right - t, t - left) < margin:
            if stalled or t >= right or t <= left:
                t = right - margin if abs(t - right) < abs(t - left) else left + margin
                stalled = False
            else:
                stalled = True
        else:
            stalled = False
        here = at(t)
        rounds += 1
        if too_high(here) or here.loss >= bracket[low].loss:
            bracket[high] = here
            low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
        else:
            if flat(here):
                done = True
            elif here.slope * (bracket[high].t - bracket[low].t) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = here
    found = bracket[low]
    return found.loss, found.gradient, found.t, rounds + 1


__all__: list[str] = []
