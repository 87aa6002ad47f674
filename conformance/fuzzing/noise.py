"""Noise: how much do the results of a program move if its numbers are slightly different?

Two libraries round differently, and some programs make much of it: they subtract numbers that are nearly equal, divide
by what is left, or ask which is larger.  Such a program is run again with noise, and what noise changes cannot be
compared.  Noise is put where rounding is, and nowhere else: so that ties stay ties, and zeros zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
After = Callable[[int, str, dict[str, Any]], None]

_TIMES = 64  # how much more than one rounding


def array_of(t: Any) -> Array:
    """The values of a tensor, whatever it is part of."""
    array: Array = np.array(t.detach().numpy(force=True))
    return array


def made_as_leaf(line: str) -> str | None:
    """The floating-point variable that a statement writes out."""
    found = re.match(r"(t\d+) = torch\.tensor\(.*dtype=torch\.float", line)
    return found[1] if found else None


def touched(line: str, space: dict[str, Any]) -> dict[str, Any]:
    """The floating-point and complex variables that a statement made or wrote into."""
    found = re.match(r"(?:with torch\.no_grad\(\): )?(t\d+(?:, t\d+)*)", line)
    tensors = {name: space.get(name) for name in found[1].split(", ")} if found else {}
    return {n: t for n, t in tensors.items() if t is not None and (t.is_floating_point() or t.is_complex())}


class Trace:
    """What each statement of a program made: its values by (number of the statement, variable)."""

    def __init__(self) -> None:
        self.values: dict[tuple[int, str], Array] = {}

    def __call__(self, i: int, line: str, space: dict[str, Any]) -> None:
        for name, t in touched(line, space).items():
            self.values[i, name] = array_of(t)


class Noise:
    """Changes the leaves of a program, equal elements equally, and those results in which two libraries differ.

    Args:
        theirs, mine: what the statements made in either library.
        kind: the floating-point type whose rounding is meant.
        seed: of the random numbers.
    """

    def __init__(self, theirs: Trace, mine: Trace, kind: Any, seed: int) -> None:
        self.theirs, self.mine = theirs.values, mine.values
        self.size = _TIMES * float(np.finfo(kind).eps)
        self.rng = np.random.default_rng(seed)
        self.largest = 0.0

    def __call__(self, i: int, line: str, space: dict[str, Any]) -> None:
        for name, t in touched(line, space).items():
            expected, got = self.theirs.get((i, name)), self.mine.get((i, name))
            if made_as_leaf(line) == name:
                self.put(t, self.leaf(array_of(t)))
            elif expected is not None and got is not None and expected.shape == got.shape == tuple(t.shape):
                with np.errstate(invalid="ignore", over="ignore"):
                    self.put(t, self.result(expected, got))

    def leaf(self, x: Array) -> Array:
        """The noise of a leaf."""
        self.see(x)
        values, place = np.unique(x, return_inverse=True)
        noise: Array = values[place].reshape(x.shape) * self.rng.uniform(-self.size, self.size, values.size)[
            place
        ].reshape(x.shape)
        return noise

    def result(self, expected: Array, got: Array) -> Array:
        """The noise of a result: as large as the difference, as far as that can be rounding."""
        self.see(expected)
        off = np.abs(expected - got)
        most = np.maximum(self.size * np.abs(expected), np.minimum(4 * off, self.size * self.largest))
        most = np.where((off > 0) & np.isfinite(most), most, 0)
        noise: Array = self.rng.uniform(-1, 1, most.shape) * most
        return noise + 1j * self.rng.uniform(-1, 1, most.shape) * most if expected.dtype.kind == "c" else noise

    def see(self, x: Array) -> None:
        """Remember the size of the numbers."""
        self.largest = max(self.largest, float(np.max(np.abs(x[np.isfinite(x)]), initial=0.0)))

    @staticmethod
    def put(t: Any, noise: Array) -> None:
        """Add noise to a tensor of torch, behind the back of autograd."""
        if np.any(noise) and not any(n > 1 and s == 0 for n, s in zip(t.shape, t.stride(), strict=True)):
            import torch

            t.data.add_(torch.from_numpy(np.asarray(noise)).to(t.dtype))
