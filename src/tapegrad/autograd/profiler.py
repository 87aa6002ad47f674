"""`torch.autograd.profiler`: how long each operator takes.

`torch.profiler.profile` is the newer form, with steps and traces; both record in the same way.
"""

from __future__ import annotations

import contextlib
from time import perf_counter_ns
from typing import Any

from ..profiler.recorder import Recorder, block, recorders
from ..profiler.trace import write_trace
from .profiler_util import (
    EventList,
    FunctionEvent,
    FunctionEventAvg,
    Interval,
    Kernel,
    MemRecordsAcc,
)

__all__ = [
    "EnforceUnique",
    "EventList",
    "FunctionEvent",
    "FunctionEventAvg",
    "Interval",
    "Kernel",
    "MemRecordsAcc",
    "emit_itt",
    "emit_nvtx",
    "kineto_available",
    "load_nvprof",
    "parse_nvprof_trace",
    "profile",
    "record_function",
]


class profile:
    """Record the operators that run in a `with` block.

    Args:
        enabled: False to record nothing.
        record_shapes: keep the shapes of the arguments.
        with_flops: count floating-point operations, of products, convolutions, sums and multiplications.
        profile_memory: keep the sizes of the arrays that operators make.
        with_stack: keep the lines of the program that called them.
        use_cuda, use_device, use_kineto, use_cpu, with_modules, experimental_config, acc_events,
            custom_trace_id_callback, post_processing_timeout_s, activity_filters: taken for torch's sake.

    >>> import tapegrad as torch
    >>> with torch.autograd.profiler.profile() as found:
    ...     y = torch.ones(3, requires_grad=True).exp().sum()
    >>> [event.name for event in found.function_events]
    ['aten::ones', 'aten::exp', 'aten::sum']
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        experimental_config: Any = None,
        acc_events: bool = False,
        custom_trace_id_callback: Any = None,
        post_processing_timeout_s: float | None = None,
        activity_filters: Any = None,
    ) -> None:
        self.enabled = enabled
        self.entered = False
        self.use_device, self.use_cpu = use_device, use_cpu
        self.record_shapes = record_shapes or with_flops
        self.with_flops, self.profile_memory = with_flops, profile_memory
        self.with_stack, self.with_modules = with_stack, with_modules
        self.earlier: EventList | None = None  # events of another profile, to be kept with those of this one
        self._found: EventList | None = None
        self._recorder = Recorder(shapes=self.record_shapes, memory=profile_memory, stack=with_stack, flops=with_flops)

    def __enter__(self) -> profile | None:
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError("Profiler context manager is not reentrant")
        self.entered = True
        from ..profiler import switch

        switch.on()
        self._recorder.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self.enabled:
            from ..profiler import switch

            self._found = self._recorder.stop()
            if self.earlier is not None:
                self._found[:0] = self.earlier
            switch.off()

    @property
    def function_events(self) -> EventList:
        """The events; none before the block has ended."""
        return EventList([]) if self._found is None else self._found

    def __repr__(self) -> str:
        return "<unfinished torch.autograd.profile>" if self._found is None else repr(self._found)

    def __str__(self) -> str:
        return "<unfinished torch.autograd.profile>" if self._found is None else str(self._found)

    def table(self, *args: Any, **kwargs: Any) -> str:
        """The events as a table: see `EventList.table`."""
        return self.function_events.table(*args, **kwargs)

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """Sums over the events of each operator: see `EventList.key_averages`."""
        if self._found is None:
            return EventList([])
        return self._found.key_averages(group_by_input_shape, group_by_stack_n, group_by_overload_name)

    def total_average(self) -> FunctionEventAvg:
        """The sums over all events."""
        return self.function_events.total_average()

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all events, each counted once, in microseconds."""
        return self.function_events.self_cpu_time_total

    def export_chrome_trace(self, path: str, metadata: dict[str, Any] | None = None) -> None:
        """Write the events as a trace that chrome://tracing and Perfetto show.

        Raises:
            RuntimeError: the block has not ended.
        """
        if self._found is None:
            raise RuntimeError("the profile has not ended: export the trace after the `with` block")
        write_trace(self._found, path, metadata or {})

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write the events with their stacks: see `EventList.export_stacks`."""
        assert self.with_stack, "export_stacks() requires with_stack=True"
        self.function_events.export_stacks(path, metric)


class record_function(contextlib.ContextDecorator):
    """Give a block, or a function, a name in the profiles that are running.

    Args:
        name: the name.
        args: a note, which is not shown.

    >>> import tapegrad as torch
    >>> @torch.autograd.profiler.record_function("doubling")
    ... def double(x):
    ...     return x * 2
    >>> with torch.autograd.profiler.profile() as found:
    ...     y = double(torch.ones(2))
    >>> [event.name for event in found.function_events]
    ['aten::ones', 'doubling', 'aten::mul']
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args
        self._begun: list[int | None] = []

    def __enter__(self) -> record_function:
        self._begun.append(perf_counter_ns() if recorders else None)
        return self

    def __exit__(self, *exc: object) -> None:
        begun = self._begun.pop()
        if begun is not None and recorders:
            block(self.name, begun)


class _Emit:
    """Marks for the profiler of another device, of which there is none: does nothing."""

    _of = ""

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled, self.record_shapes = enabled, record_shapes
        self.entered = False

    def __enter__(self) -> _Emit | None:
        if self.entered:
            raise RuntimeError(f"{self._of} annotation context manager is not reentrant")
        self.entered = True
        return self if self.enabled else None

    def __exit__(self, *exc: object) -> None:
        self.entered = False


class emit_nvtx(_Emit):
    """Marks for NVIDIA's profilers; does nothing."""

    _of = "NVTX"


class emit_itt(_Emit):
    """Marks for Intel's profilers; does nothing."""

    _of = "ITT"


class EnforceUnique:
    """Says when a key comes a second time."""

    def __init__(self) -> None:
        self.seen: set[Any] = set()

    def see(self, *key: Any) -> None:
        """Take note of a key.

        Raises:
            RuntimeError: it is known.
        """
        if key in self.seen:
            raise RuntimeError("duplicate key: " + str(key))
        self.seen.add(key)


def kineto_available() -> bool:
    """Whether torch's own tracing library is there: it is not."""
    return False


def load_nvprof(path: str) -> EventList:
    """The events of a file of NVIDIA's profiler, which is not supported."""
    return parse_nvprof_trace(path)


def parse_nvprof_trace(path: str) -> EventList:
    """The events of a file of NVIDIA's profiler, which is not supported.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("tapegrad does not read the files of NVIDIA's profiler")
