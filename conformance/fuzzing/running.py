"""Running a program with a library, and comparing what two libraries made of it."""

from __future__ import annotations

import dataclasses
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .noise import After, Noise, Trace, array_of, made_as_leaf
from .writer import run_statement

TERMS = 64  # of which a derivative is taken to be the sum
SINGLE = 3e4  # how many times coarser the comparison of programs in single precision is


@dataclasses.dataclass
class Outcome:
    """What a program did: the type of the error of each statement, the variables, the derivatives."""

    errors: list[str | None]
    values: dict[str, Any]
    facts: dict[str, Any]
    gradients: dict[str, Any]
    failure: str | None


def kind_of(error: BaseException | None) -> str | None:
    """The built-in type of an error."""
    if error is None:
        return None
    return next(k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins")


def run(lib: Any, program: list[str], after: After = lambda i, line, space: None) -> Outcome:
    """Run a program.

    Args:
        after: called after each statement with its number, its text and the variables.
    """
    space: dict[str, Any] = {"torch": lib}
    errors = []
    leaves: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lib.manual_seed(0)
        for i, line in enumerate(program):
            errors.append(kind_of(run_statement(line, space)))
            name = made_as_leaf(line)
            if name in space and space[name].requires_grad:
                leaves[name] = space[name]
            after(i, line, space)
        tensors = {n: v for n, v in space.items() if n.startswith("t") and isinstance(v, lib.Tensor)}
        values = {n: array_of(t) for n, t in tensors.items()}
        facts = {n: facts_of(t) for n, t in tensors.items()}
        for name, t in tensors.items():  # views made under no_grad are leaves, too, and so is what was detached
            if t.is_floating_point() and t.requires_grad and answer(lambda t=t: t.is_leaf) is True:
                leaves[name] = t
        gradients, failure = derivatives(lib, tensors, leaves)
    return Outcome(errors, values, facts, gradients, failure)


def facts_of(t: Any) -> Any:
    """What must be equal to the letter."""
    return (
        str(t.dtype),
        tuple(t.shape),
        [s for s, n in zip(t.stride(), t.shape, strict=True) if n > 1] if t.numel() else None,  # the rest move nowhere
        t.requires_grad,
        answer(lambda: t.is_leaf),
        answer(lambda: t.grad_fn.name() if t.grad_fn is not None else None),
        t._version,
    )


def answer(ask: Callable[[], Any]) -> Any:
    """What a question gives, an error perhaps."""
    try:
        return ask()
    except RuntimeError as error:
        return kind_of(error)


def derivatives(lib: Any, tensors: dict[str, Any], leaves: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The gradients, and the gradients of their squares, of a weighted sum of all variables, by the leaves."""
    found: dict[str, Any] = {}
    try:
        total = None
        for name in sorted(tensors):
            t = tensors[name]
            if not t.requires_grad or not t.numel() or answer(lambda t=t: t.is_leaf) not in (True, False):
                continue
            if t.is_complex():
                t = lib.view_as_real(t)
            if t.is_floating_point():
                weights = lib.from_numpy(np.cos(np.arange(t.numel()) + 1.0).reshape(tuple(t.shape)))
                term = (t.double() * weights).sum()
                total = term if total is None else total + term
        if total is None or not leaves:
            return found, None
        first = lib.autograd.grad(total, list(leaves.values()), create_graph=True, allow_unused=True)
        squares = None
        for name, g in zip(leaves, first, strict=True):
            found["d" + name] = None if g is None else array_of(g)
            if g is not None and g.requires_grad:
                term = (g.double() ** 2).sum()
                squares = term if squares is None else squares + term
        if squares is not None and squares.requires_grad:
            second = lib.autograd.grad(squares, list(leaves.values()), allow_unused=True)
            for name, g in zip(leaves, second, strict=True):
                found["dd" + name] = np.zeros(tuple(leaves[name].shape)) if g is None else array_of(g)
    except Exception as error:
        return found, f"{kind_of(error)}: {first_words(error)}"
    return found, None


def first_words(error: Exception) -> str:
    """How a message begins; where several tensors are out of date, which of them is named first is no matter."""
    text = str(error).split(":")[0].split(".")[0]
    return re.sub(r"^(Output \d+ of|one of the variables needed for gradient computation) .*", "out of date", text)[:60]


def in_single(outcome: Outcome) -> bool:
    """Whether something was computed in single precision, which is then that of what followed."""
    return any("float32" in fact[0] or "complex64" in fact[0] for fact in outcome.facts.values())


def difference(expected: Outcome, got: Outcome, moved: list[Outcome]) -> str | None:
    """The first thing that is not the same, or None.

    Args:
        moved: outcomes expected under noise.  Where values move as much as they are off, rounding decides; where an
            error, a shape or another fact is another one under noise, it does so, too.
    """
    for i, (e, g) in enumerate(zip(expected.errors, got.errors, strict=True)):
        if e != g:
            undecided = any(m.errors[i] != e for m in moved)
            return None if undecided else f"statement {i}: {e} expected, got {g}"
    if expected.values.keys() != got.values.keys():
        return f"variables: {sorted(expected.values.keys() ^ got.values.keys())}"
    for name, fact in expected.facts.items():
        if fact != got.facts[name]:
            undecided = any(m.facts.get(name) != fact for m in moved)
            return None if undecided else f"{name}: {fact} expected, got {got.facts[name]}"
    slack = SINGLE if in_single(expected) else 1
    what = compare(expected.values, got.values, [m.values for m in moved], slack, terms=2)
    if what is not None:
        return what
    if expected.failure != got.failure:
        return f"derivatives: {expected.failure} expected, got {got.failure}"
    gradients = expected.gradients
    if largest(expected.values) > 1 / np.finfo(np.float64).eps:
        # Products of several such numbers cancel in second derivatives, and what they leave is rounding of terms larger
        # than anything that can be seen.
        gradients = {name: g for name, g in gradients.items() if not name.startswith("dd")}
    return compare(gradients, got.gradients, [m.gradients for m in moved], 100 * slack, terms=TERMS)


def largest(arrays: dict[str, Any]) -> float:
    """The largest absolute value that is a number."""
    numbers = [np.abs(e[np.isfinite(e)]) for e in arrays.values() if e is not None and e.dtype.kind in "fc"]
    return max((float(np.max(n, initial=0.0)) for n in numbers), default=0.0)


def compare(
    expected: dict[str, Any], got: dict[str, Any], moved: list[dict[str, Any]], slack: float, terms: int
) -> str | None:
    """The first array that differs by more than rounding explains.

    Args:
        terms: sums of so many terms may cancel; they keep the rounding errors of the terms, which no noise shows where
            both libraries start from the same numbers, as where x / x is differentiated.
    """
    cancelled = terms * float(np.finfo(np.float32 if slack >= SINGLE else np.float64).eps) * largest(expected)
    for name, e in expected.items():
        g = got.get(name)
        if e is None or g is None:
            if (e is None) != (g is None) and np.any(e if g is None else g):
                return f"{name}: {e} expected, got {g}"
            continue
        if e.shape != g.shape:
            return f"{name}: shape {e.shape} expected, got {g.shape}"
        if e.dtype.kind not in "fc":
            bad = e != g
        else:
            rtol = slack * 1e-9
            scale = float(np.max(np.abs(e[np.isfinite(e)]), initial=0.0))
            with np.errstate(over="ignore"):
                bad = ~np.isclose(g, e, rtol=rtol, atol=max(rtol * max(scale, 1e-3), cancelled), equal_nan=True)
        if np.any(bad):
            if not rounded(e, g, [m[name] for m in moved if m.get(name) is not None], bad):
                return f"{name}: {e[bad][:3]} expected, got {g[bad][:3]}"
            if e.dtype.kind not in "fc":
                return None  # which element is the largest, and so on: what was made of it cannot be compared
    return None


def rounded(e: Any, g: Any, moved: list[Any], bad: Any) -> bool:
    """Whether values are off by no more than noise moves them."""
    steps = [
        np.abs(np.subtract(m, e, dtype=e.dtype if e.dtype.kind in "fc" else float))[bad]
        for m in moved
        if m.shape == e.shape
    ]
    if not steps:
        return False
    reach = np.max(steps, axis=0)  # NaN where a value is no number any more
    if e.dtype.kind not in "fc":
        return bool(np.all(reach != 0))
    return bool(np.all((np.abs(g - e)[bad] <= 4 * reach) | np.isnan(reach)))


def check(real: Any, ours: Any, program: list[str]) -> str | None:
    """What differs between two libraries on a program, or None."""
    expected, got = run(real, program), run(ours, program)
    if difference(expected, got, []) is None:
        return None
    theirs, mine = Trace(), Trace()
    run(real, program, theirs)
    run(ours, program, mine)
    kind = np.float32 if in_single(expected) else np.float64
    return difference(expected, got, [run(real, program, Noise(theirs, mine, kind, seed)) for seed in range(20)])
