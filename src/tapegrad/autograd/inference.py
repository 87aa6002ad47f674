"""`inference_mode`, and the switch for several threads in the backward pass.

Inference mode is `no_grad` under another name: operations inside are not recorded.  torch's also marks the tensors made
inside, which cannot be used for training afterwards; here they are ordinary tensors.
"""

from __future__ import annotations

import threading
from typing import Any

from .grad_mode import GradMode, is_grad_enabled, switch

__all__ = ["inference_mode", "is_inference_mode_enabled", "set_multithreading_enabled"]


class _State(threading.local):
    inference = False


_state = _State()
_multithreading = True


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside of `inference_mode`.

    >>> import tapegrad as torch
    >>> with torch.inference_mode():
    ...     torch.is_inference_mode_enabled()
    True
    """
    return _state.inference


class inference_mode(GradMode):
    """Operations inside are not recorded; as a context manager or a decorator.

    Args:
        mode: False to record inside of another `inference_mode`.

    >>> import tapegrad as torch
    >>> w = torch.ones(2, requires_grad=True)
    >>> with torch.inference_mode():
    ...     (w * 2).requires_grad
    False
    """

    def __new__(cls, mode: Any = True) -> Any:
        if isinstance(mode, bool):
            return super().__new__(cls)
        return cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._inference = mode
        self._states: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._states.append((_state.inference, is_grad_enabled()))
        _state.inference = self._inference
        switch(not self._inference)

    def __exit__(self, *exc: object) -> None:
        _state.inference, recording = self._states.pop()
        switch(recording)

    def clone(self) -> inference_mode:
        """A fresh context of the same kind."""
        return inference_mode(self._inference)


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
