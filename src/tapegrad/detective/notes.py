"""What is known about a tensor's `.grad`: kept with the tensor while the journal is, by `passing.py`."""

from __future__ import annotations

from typing import Final

from ..source_lines import Origin
from ..tensor.tensor import Tensor
from .answers import Cause
from .arrays import arrays_of, zero

_NOTES: Final = "grad_notes"  # among what is rare of a tensor


class Deposit:
    """One addition to a `.grad`.

    Attributes:
        origin: the line of the backward call.
        version: how often the leaf had been written into.
        causes: why what was added is all zeros, or not finite, if it is; a hook that changed it.
    """

    __slots__ = ("causes", "origin", "version")

    def __init__(self, origin: Origin, version: int, causes: list[Cause]) -> None:
        self.origin, self.version, self.causes = origin, version, causes


class Notes:
    """What is known about a tensor's `.grad`.

    Attributes:
        deposits: the additions that `.grad` is the sum of, the last hundred.
        count: how many there were.
        cleared: who made it None or zeros since: the function and its line.
        assigned: the line that set it to a tensor.
        required: the line on which `requires_grad_` was called.
        returned: the line of an `autograd.grad` that returned the gradient.
        before: whether the tensor was finite before the optimizer step that is being made.
        diverged: the line of the optimizer step that made it not finite.
        mixed: the line of an update that used a sum of gradients at different values of the tensor.
    """

    __slots__ = (
        "_zeros",
        "assigned",
        "before",
        "cleared",
        "count",
        "deposits",
        "diverged",
        "mixed",
        "required",
        "returned",
    )

    def __init__(self) -> None:
        self.deposits: list[Deposit] = []
        self.count = 0
        self.cleared: tuple[str, Origin] | None = None
        self.assigned: Origin | None = None
        self.required: Origin | None = None
        self.returned: Origin | None = None
        self.before = False
        self.diverged: Origin | None = None
        self.mixed: Origin | None = None
        self._zeros = False

    def begin(self) -> None:
        """Forget the additions: the gradient starts anew."""
        self.deposits, self.count, self.assigned, self.mixed = [], 0, None, None

    def updated(self, line: Origin) -> None:
        """The tensor was updated, as far as one can see by its gradient."""
        if len({deposit.version for deposit in self.deposits}) > 1:
            self.mixed = line

    def before_deposit(self, grad: Tensor | None) -> None:
        """A gradient is about to be added to `grad`."""
        if grad is None or (_is_zero(grad) and not self._zeros):
            self.begin()

    def after_deposit(self, grad: Tensor, deposit: Deposit) -> None:
        """It was added."""
        self.deposits = [*self.deposits[-99:], deposit]
        self.count += 1
        self.cleared = None
        self._zeros = _is_zero(grad)


def _is_zero(grad: Tensor) -> bool:
    return all(map(zero, arrays_of(grad)))


def notes_of(t: Tensor) -> Notes:
    """What is known about a tensor's `.grad`, to be added to."""
    found: Notes = t._extras().setdefault(_NOTES, Notes())
    return found


def known_of(t: Tensor) -> Notes | None:
    """What is known about a tensor's `.grad`; None if nothing was noted."""
    return None if t._x is None else t._x.get(_NOTES)
