"""`torch.profiler.profile`: profiles of programs that run in steps."""

from __future__ import annotations

import enum
import functools
import json
import os
import socket
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from ..autograd import profiler as plain
from ..autograd.profiler_util import EventList


class ProfilerActivity(enum.Enum):
    """What a profile can record: what happens on the CPU."""

    CPU = 0
    XPU = 1
    CUDA = 2
    MTIA = 3
    HPU = 4
    PrivateUse1 = 5

    def __repr__(self) -> str:
        return f"<{self}: {self.value}>"


class ProfilerAction(enum.Enum):
    """What a profile does during a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


Schedule = Callable[[int], ProfilerAction]

_RECORDING = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)


def supported_activities() -> set[ProfilerActivity]:
    """What can be recorded here.

    >>> supported_activities()
    {<ProfilerActivity.CPU: 0>}
    """
    return {ProfilerActivity.CPU}


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Schedule:
    """A function that says what to do in each step: wait, warm up, record, and that again.

    Args:
        wait, warmup, active: how many steps of each make a cycle; the last active one ends with a trace.
        repeat: how many cycles; 0 for as many as there are.
        skip_first: steps before the first cycle.
        skip_first_wait: not 0 to leave out the waiting in the first cycle.

    >>> plan = schedule(wait=1, warmup=1, active=2)
    >>> [plan(step).name for step in range(5)]
    ['NONE', 'WARMUP', 'RECORD', 'RECORD_AND_SAVE', 'NONE']
    """
    assert wait >= 0 and warmup >= 0 and active > 0 and repeat >= 0 and skip_first >= 0, (
        f"Invalid profiler schedule arguments. Got {wait=} (need >= 0), {warmup=} (need >= 0), {active=} (need > 0),"
        f" {repeat=} (need >= 0), {skip_first=} (need >= 0)."
    )
    if warmup == 0:
        warnings.warn("Profiler won't be using warmup, this can skew profiler results", stacklevel=2)
    length = wait + warmup + active
    offset = wait if skip_first_wait else 0

    def schedule_fn(step: int) -> ProfilerAction:
        assert step >= 0, f"Step must be non-negative. Got {step}."
        if step < skip_first:
            return ProfilerAction.NONE
        step += offset - skip_first
        if repeat and step >= repeat * length:
            return ProfilerAction.NONE
        place = step % length
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if place < length - 1 else ProfilerAction.RECORD_AND_SAVE

    return schedule_fn


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False, use_python_export: bool = False
) -> Callable[[Any], None]:
    """What to give as `on_trace_ready` to have each trace written into a folder, where TensorBoard finds it.

    Args:
        dir_name: the folder, which is made if need be.
        worker_name: what the files' names begin with; by default the names of machine and process.
        use_gzip: whether to compress them.
        use_python_export: taken for torch's sake: traces are always written in Python.

    Raises:
        RuntimeError: from the handler, if the folder cannot be made.
    """

    def handler_fn(prof: Any) -> None:
        try:
            os.makedirs(dir_name, exist_ok=True)
        except OSError as error:
            raise RuntimeError("Can't create directory: " + dir_name) from error
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        suffix = "pt.trace.json.gz" if use_gzip else "pt.trace.json"
        prof.export_chrome_trace(os.path.join(dir_name, f"{worker}.{time.time_ns()}.{suffix}"))

    return handler_fn


@functools.cache
def _warn_of_lost_events() -> None:
    """Once in a process, as torch does."""
    warnings.warn(
        "Warning: Profiler clears events at the end of each cycle. Only events from the current cycle will be reported."
        " To keep events across cycles, set acc_events=True.",
        stacklevel=5,
    )


class _KinetoProfile:
    """A profile that is started and stopped by hand.

    Args:
        activities: what to record: of any use is `ProfilerActivity.CPU`.
        record_shapes, profile_memory, with_stack, with_flops: what to keep of each event, besides its name and times.
        acc_events: keep the events of earlier recordings.
        with_modules, experimental_config, execution_trace_observer, custom_trace_id_callback,
            post_processing_timeout_s: taken for torch's sake.
    """

    def __init__(
        self,
        *,
        activities: Iterable[Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        experimental_config: Any = None,
        execution_trace_observer: Any = None,
        acc_events: bool = False,
        custom_trace_id_callback: Any = None,
        post_processing_timeout_s: float | None = None,
    ) -> None:
        chosen = supported_activities() if activities is None else set(activities)
        self.activities = {one for one in chosen if isinstance(one, ProfilerActivity)}
        assert self.activities, "No valid profiler activities found"
        self.record_shapes, self.with_flops = record_shapes, with_flops
        self.profile_memory, self.with_stack, self.with_modules = profile_memory, with_stack, with_modules
        self.acc_events = acc_events
        self.profiler: plain.profile | None = None
        self.preset_metadata: dict[str, Any] = {}
        self._trace_metadata: dict[str, Any] = {}

    def start(self) -> None:
        """Begin to record."""
        self.prepare_trace()
        self.start_trace()

    def stop(self) -> None:
        """Record no more."""
        self.stop_trace()

    def prepare_trace(self) -> None:
        """Forget what was recorded before, unless `acc_events` was given."""
        earlier = None
        if self.profiler is not None:
            if self.acc_events:
                earlier = self.profiler.function_events
            else:
                _warn_of_lost_events()
        self.profiler = plain.profile(
            record_shapes=self.record_shapes,
            with_flops=self.with_flops,
            profile_memory=self.profile_memory,
            with_stack=self.with_stack,
        )
        self.profiler.earlier = earlier

    def start_trace(self) -> None:
        """Begin to record, after `prepare_trace`."""
        assert self.profiler is not None, "Profiler must be initialized before starting trace"
        self._trace_metadata = dict(self.preset_metadata)
        self.profiler.__enter__()

    def stop_trace(self) -> None:
        """Record no more."""
        assert self.profiler is not None, "Profiler must be initialized before stopping trace"
        self.profiler.__exit__(None, None, None)

    def export_chrome_trace(self, path: str) -> None:
        """Write a trace that chrome://tracing, Perfetto and TensorBoard show; compressed if the name ends in ".gz"."""
        assert self.profiler is not None, "Profiler must be initialized before exporting chrome trace"
        self.profiler.export_chrome_trace(path, self._trace_metadata)

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Write the events with their stacks; needs `with_stack=True`."""
        assert self.profiler is not None, "Profiler must be initialized before exporting stacks"
        self.profiler.export_stacks(path, metric)

    def export_memory_timeline(self, path: str, device: str | None = None) -> None:
        """Memory over time, which is not recorded; torch is about to give this up.

        Raises:
            ValueError: as in torch, unless shapes, memory and stacks are recorded.
            NotImplementedError: always otherwise.
        """
        warnings.warn(
            "`export_memory_timeline` is deprecated and will be removed in a future version.",
            FutureWarning,
            stacklevel=2,
        )
        if not (self.record_shapes and self.profile_memory and self.with_stack):
            raise ValueError("record_shapes=True, profile_memory=True, with_stack=True required for memory profiling.")
        raise NotImplementedError("tapegrad keeps the sizes of what operators make, but not when it is given back")

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """Sums over the events of each operator."""
        assert self.profiler is not None, "Profiler must be initialized before getting key averages"
        return self.profiler.key_averages(group_by_input_shape, group_by_stack_n, group_by_overload_name)

    def events(self) -> EventList:
        """The events of the last recording."""
        assert self.profiler is not None, "Profiler must be initialized before accessing events"
        return self.profiler.function_events

    def add_metadata(self, key: str, value: str) -> None:
        """Have a text in the trace."""
        self._trace_metadata[key] = value

    def add_metadata_json(self, key: str, value: str) -> None:
        """Have a value, given as JSON, in the trace."""
        self._trace_metadata[key] = json.loads(value)

    def preset_metadata_json(self, key: str, value: str) -> None:
        """Have a value, given as JSON, in all traces from now on."""
        self.preset_metadata[key] = json.loads(value)

    def toggle_collection_dynamic(self, enable: bool, activities: Iterable[ProfilerActivity]) -> None:
        """Taken for torch's sake: an activity cannot be switched off while it is recorded."""


class profile(_KinetoProfile):
    """Record the operators that run in a `with` block, step by step if a schedule is given.

    Args:
        activities: what to record: of any use is `ProfilerActivity.CPU`.
        schedule: says for each step what to do; by default all is recorded.
        on_trace_ready: called with the profile whenever a recording has ended.
        record_shapes: keep the shapes of the arguments.
        profile_memory: keep the sizes of the arrays that operators make.
        with_stack: keep the lines of the program that called them.
        with_flops: count floating-point operations, of products, convolutions, sums and multiplications.
        acc_events: keep the events of earlier recordings.

    The other arguments are taken for torch's sake. Operators of all threads are recorded. Their names are torch's; what
    torch does inside of an operator is not there.

    >>> import tapegrad as torch
    >>> with torch.profiler.profile() as found:
    ...     loss = (torch.ones(3, requires_grad=True) * 2).sum()
    ...     loss.backward()
    >>> [(one.key, one.count) for one in found.key_averages()][:3]
    [('aten::ones', 1), ('aten::mul', 1), ('aten::sum', 1)]
    >>> print(found.key_averages().table(sort_by="cpu_time_total", row_limit=5))  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        activities: Iterable[Any] | None = None,
        schedule: Schedule | None = None,
        on_trace_ready: Callable[..., Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        experimental_config: Any = None,
        execution_trace_observer: Any = None,
        acc_events: bool = False,
        use_cuda: bool | None = None,
        custom_trace_id_callback: Any = None,
        post_processing_timeout_s: float | None = None,
    ) -> None:
        super().__init__(
            activities=activities,
            record_shapes=record_shapes,
            profile_memory=profile_memory,
            with_stack=with_stack,
            with_flops=with_flops,
            acc_events=acc_events,
        )
        self.record_steps = schedule is not None
        self.schedule: Schedule = schedule or (lambda step: ProfilerAction.RECORD)
        self.on_trace_ready = on_trace_ready
        self.step_num = 0
        self.current_action = self.schedule(0)
        self.step_rec_fn: Any = None

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin with the first step."""
        self._turn(ProfilerAction.NONE, self.current_action)
        self._begin_step()

    def stop(self) -> None:
        """End the last step."""
        self._end_step()
        if self.current_action in _RECORDING or self.profiler is None:
            self.stop_trace()
            self._hand_over()

    def step(self) -> None:
        """End a step of the program, and begin the next."""
        self._end_step()
        before = self.current_action
        self.step_num += 1
        self.current_action = self.schedule(self.step_num)
        self._turn(before, self.current_action)
        self._begin_step()

    def set_custom_trace_id_callback(self, callback: Any) -> None:
        """Taken for torch's sake."""

    def get_trace_id(self) -> str | None:
        """None: traces are numbered when they are written."""
        return None

    def _turn(self, before: ProfilerAction, now: ProfilerAction) -> None:
        recording = before in _RECORDING
        if recording and (before is ProfilerAction.RECORD_AND_SAVE or now not in _RECORDING):
            if before is ProfilerAction.RECORD:
                warnings.warn("Incorrect schedule: RECORD followed by NONE", stacklevel=3)
            self.stop_trace()
            if before is ProfilerAction.RECORD_AND_SAVE:
                self._hand_over()
            recording = False
        if now in _RECORDING and not recording:
            self.prepare_trace()
            self.start_trace()

    def _hand_over(self) -> None:
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def _begin_step(self) -> None:
        if self.record_steps:
            self.step_rec_fn = plain.record_function(f"ProfilerStep#{self.step_num}")
            self.step_rec_fn.__enter__()

    def _end_step(self) -> None:
        if self.step_rec_fn is not None:
            self.step_rec_fn.__exit__(None, None, None)
            self.step_rec_fn = None
