"""`torch.profiler`: how long each operator takes, in programs that run in steps.

`recorder.py` takes down events, `switch.py` turns functions into events while a profile runs, `operators.py` says which
functions and under which names, `session.py` has the class that users see; the tables are in `autograd/`.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]

_IN_SESSION = {*__all__, "_KinetoProfile"} - {"record_function"}


def __getattr__(name: str) -> Any:
    """Loaded when first used: `autograd.profiler`, which is built on this package's recorder, is a part of it."""
    if name in _IN_SESSION:
        from . import session

        return getattr(session, name)
    if name == "record_function":
        from ..autograd.profiler import record_function

        return record_function
    raise AttributeError(f"module 'torch.profiler' has no attribute {name!r}", name=name)
