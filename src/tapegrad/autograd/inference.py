"""`inference_mode`, and the switch for several threads in the backward pass.

In inference mode operations are not recorded, and the tensors made are marked: they cannot become part of a graph
afterwards, and can be written into under the mode only.  `tensor/inference.py` says how they are marked.
"""

from __future__ import annotations

from threading import get_ident
from typing import Any

from ..tensor.inference import begin, settle
from .grad_mode import GradMode, in_inference_mode, inference, is_grad_enabled, switch

__all__ = ["inference_mode", "is_inference_mode_enabled", "set_multithreading_enabled"]

_multithreading = True


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside of `inference_mode`.

    >>> import tapegrad as torch
    >>> with torch.inference_mode():
    ...     torch.is_inference_mode_enabled()
    True
    """
    return in_inference_mode()


class inference_mode(GradMode):
    """Operations inside are not recorded, and tensors made inside are for inference only; also a decorator.

    Args:
        mode: False to leave an `inference_mode` around it: operations are recorded, tensors are ordinary.

    >>> import tapegrad as torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> with torch.inference_mode():
    ...     y = w * 2
    >>> y.requires_grad, y.is_inference()
    (False, True)
    """

    def __new__(cls, mode: Any = True) -> Any:
        if isinstance(mode, bool):
            return super().__new__(cls)
        return cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.mode = mode
        self._states: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        before = in_inference_mode()
        self._states.append((before, is_grad_enabled()))
        _change(before, self.mode)
        switch(not self.mode)

    def __exit__(self, *exc: object) -> None:
        before, recording = self._states.pop()
        _change(in_inference_mode(), before)
        switch(recording)

    def clone(self) -> inference_mode:
        """A fresh context of the same kind."""
        return inference_mode(self.mode)


def _change(old: bool, new: bool) -> None:
    """Have this thread enter inference mode, or leave it."""
    if new and not old:
        switch(False)
        inference[get_ident()] = False
        begin()
    elif old and not new:
        settle()
        del inference[get_ident()]


class set_multithreading_enabled:
    """Whether backward passes may use several threads, from this call on; as a context manager, until its end.

    Taken for torch's sake: the backward pass runs in the thread that started it.
    """

    def __init__(self, mode: bool) -> None:
        global _multithreading
        self.mode, self.prev = mode, _multithreading
        _multithreading = mode

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        global _multithreading
        _multithreading = self.prev

    def clone(self) -> set_multithreading_enabled:
        """A fresh context of the same kind."""
        return set_multithreading_enabled(self.mode)
