"""The events of a profile as they happen.

`recorders` holds the profiles that are recording.  It is empty almost always; what asks it besides the functions that
`switch.py` exchanges while a profile runs is `record_function`, which asks once per block.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Final

from ..autograd.profiler_util import EventList, FunctionEvent, _rewrite_name
from ..tensor.arena import Memory
from ..tensor.tensor import Tensor
from .flops import flops_of

OPERATOR: Final = 0
DERIVATIVE: Final = 1
USER: Final = 7

_PACKAGE: Final = str(Path(__file__).parent.parent)
_GENERATED: Final = "<tapegrad "


class Recorder:
    """What one profile records.

    Args:
        shapes, memory, stack, flops: what to keep of an event besides its name and times.
    """

    def __init__(self, *, shapes: bool, memory: bool, stack: bool, flops: bool) -> None:
        self.shapes, self.memory, self.stack, self.flops = shapes, memory, stack, flops
        self.began = perf_counter_ns()
        self.events: list[tuple[int, int, FunctionEvent]] = []

    def start(self) -> None:
        """Record from now on."""
        self.began = perf_counter_ns()
        recorders.append(self)

    def stop(self) -> EventList:
        """Record no more; the events in the order in which they began."""
        recorders.remove(self)
        found = [event for _, _, event in sorted(self.events, key=lambda found: (found[0], -found[1]))]
        for number, event in enumerate(found, 1):
            event.id = number
        listed = EventList(found, profile_memory=self.memory, with_flops=self.flops)
        listed._build_tree()
        return listed


recorders: Final[list[Recorder]] = []


class _Open(threading.local):
    """The events of this thread that have begun and not ended, the innermost last."""

    def __init__(self) -> None:
        self.names: list[str] = []


_open: Final = _Open()


def timed(name: str, call: Callable[..., Any], args: Any, kwargs: Any, scope: int = OPERATOR, seq: int = -1) -> Any:
    """Run a function as an event; within an event of the same name it is no event of its own.

    Args:
        name: the event's name.
        call, args, kwargs: the function and its arguments.
        scope: what kind of event it is.
        seq: the sequence number of the node that is run.
    """
    names = _open.names
    if names and names[-1] == name:
        return call(*args, **kwargs)
    names.append(name)
    result = None
    begun = perf_counter_ns()
    try:
        result = call(*args, **kwargs)
        return result
    finally:
        ended = perf_counter_ns()
        names.pop()
        _finish(name, begun, ended, scope, seq, (*args, *kwargs.values()), result)


def block(name: str, begun: int) -> None:
    """Record a block of the user's that began at a time and ends now."""
    _finish(name, begun, perf_counter_ns(), USER, -1, (), None)


def _finish(name: str, begun: int, ended: int, scope: int, seq: int, inputs: tuple[Any, ...], result: Any) -> None:
    thread = threading.get_ident()
    if seq < 0 and isinstance(result, Tensor) and result._fn is not None:
        seq = result._fn.seq
    for recorder in recorders:
        event = FunctionEvent(
            0,
            _rewrite_name(name, with_wildcard=True),
            thread,
            (begun - recorder.began) / 1000,
            (ended - recorder.began) / 1000,
            overload_name="",
            input_shapes=[_shape(x) for x in inputs] if recorder.shapes else [],
            stack=_lines_of_program() if recorder.stack else [],
            scope=scope,
            cpu_memory_usage=_memory(inputs, result) if recorder.memory else 0,
            sequence_nr=seq,
            flops=flops_of(name, inputs, result) if recorder.flops else None,
            trace_name=name,
            is_user_annotation=scope == USER,
        )
        recorder.events.append((begun, ended, event))


def _shape(x: Any) -> list[Any]:
    if isinstance(x, Tensor):
        return list(x._data.shape)
    if isinstance(x, (list, tuple)) and x and all(isinstance(item, Tensor) for item in x):
        return [list(item._data.shape) for item in x]
    return []


def _lines_of_program() -> list[str]:
    """The lines outside of tapegrad that led here, innermost first."""
    lines = []
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith((_PACKAGE, _GENERATED)):
            lines.append(f"{code.co_filename}({frame.f_lineno}): {code.co_name}")
        frame = frame.f_back  # type: ignore[assignment]
    return lines


def _memory(inputs: Iterable[Any], result: Any) -> int:
    """The bytes of the arrays in a result that were made for it."""
    found = 0
    given = {id(x._data) for x in inputs if isinstance(x, Tensor)}
    for x in result if isinstance(result, (list, tuple)) else (result,):
        array = x._data if isinstance(x, Tensor) else x
        flags = getattr(array, "flags", None)
        if flags is None or id(array) in given:
            continue
        if getattr(flags, "owndata", False) or isinstance(getattr(array, "base", None), Memory):
            given.add(id(array))
            found += array.nbytes
    return found
