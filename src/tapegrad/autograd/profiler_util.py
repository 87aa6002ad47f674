"""What a profile has found: events, lists of them, sums over those of one name (`torch.autograd.profiler_util`).

Times are in microseconds, memory is in bytes.
"""

from __future__ import annotations

import enum
import json
from collections import defaultdict
from typing import Any, Final, NamedTuple

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "Interval", "Kernel", "MemRecordsAcc"]

MEMORY_EVENT_NAME: Final = "[memory]"
OUT_OF_MEMORY_EVENT_NAME: Final = "[OutOfMemory]"


class DeviceType(enum.Enum):
    """Where an event took place: always on the CPU."""

    CPU = 0

    def __repr__(self) -> str:
        return f"<{self}: {self.value}>"


def _format_time(time_us: float) -> str:
    """A time in the unit that suits it.

    >>> _format_time(1500), _format_time(2e6)
    ('1.500ms', '2.000s')
    """
    if time_us >= 1e6:
        return f"{time_us / 1e6:.3f}s"
    if time_us >= 1e3:
        return f"{time_us / 1e3:.3f}ms"
    return f"{time_us:.3f}us"


def _format_memory(nbytes: float) -> str:
    """A number of bytes in the unit that suits it.

    >>> _format_memory(1536)
    '1.50 KB'
    """
    for power, unit in ((30, "GB"), (20, "MB"), (10, "KB")):
        if abs(nbytes) >= 1 << power:
            return f"{nbytes / (1 << power):.2f} {unit}"
    return f"{nbytes} B"


def _format_time_share(time_us: float, total_time_us: float) -> str:
    """A time as percent of another."""
    if total_time_us == 0:
        assert time_us == 0, f"Expected time_us == 0 but got {time_us}"
        return "NaN"
    return f"{time_us * 100.0 / total_time_us:.2f}%"


def _rewrite_name(name: str, with_wildcard: bool = False) -> str:
    """The name that events are summed under: all steps of a schedule are one."""
    return "ProfilerStep*" if with_wildcard and name.startswith("ProfilerStep#") else name


class Interval:
    """From a time to a later one."""

    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = start, end

    def elapsed_us(self) -> float:
        """How long it is."""
        return self.end - self.start


class Kernel(NamedTuple):
    """Work that an event started on another device; there is none."""

    name: str
    device: int
    duration: float


class MemRecordsAcc:
    """Memory records by time; there are none besides those in the events."""

    def __init__(self, mem_records: list[Any]) -> None:
        self._records = sorted(mem_records, key=lambda record: record[0].start_ns())

    def in_interval(self, start_us: float, end_us: float) -> Any:
        """The records from one time to another."""
        return (r for r in self._records if start_us * 1000 <= r[0].start_ns() <= end_us * 1000)


class _Times:
    """What events and sums of events have in common: their times as text, and those on devices, which are 0."""

    count: int
    cpu_time_total: float
    self_cpu_time_total: float
    device_time = device_time_total = self_device_time_total = 0
    cuda_time = cuda_time_total = self_cuda_time_total = 0
    self_device_memory_usage = self_cuda_memory_usage = device_memory_usage = 0
    device_time_str = device_time_total_str = self_device_time_total_str = "0.000us"

    @property
    def cpu_time(self) -> float:
        """The time per call."""
        return 0.0 if self.count == 0 else self.cpu_time_total / self.count

    @property
    def cpu_time_str(self) -> str:
        return _format_time(self.cpu_time)

    @property
    def cpu_time_total_str(self) -> str:
        return _format_time(self.cpu_time_total)

    @property
    def self_cpu_time_total_str(self) -> str:
        return _format_time(self.self_cpu_time_total)


class FunctionEvent(_Times):
    """One call of an operator, or one block of the user's.

    Attributes:
        name: such as "aten::mul".
        time_range: from when to when it ran.
        thread: in which thread.
        input_shapes: of its arguments, [] for those that are no tensors.
        stack: the lines of the program that led to it, innermost first.
        sequence_nr: that of the node it recorded, or ran.
        cpu_parent, cpu_children: the events around it and in it.
        cpu_memory_usage: the bytes of the arrays that it made.
        scope: 0 for an operator, 1 for a derivative, 7 for a block of the user's.
    """

    def __init__(
        self,
        id: int,
        name: str,
        thread: int,
        start_us: float,
        end_us: float,
        overload_name: str | None = None,
        fwd_thread: int | None = None,
        input_shapes: list[Any] | None = None,
        stack: list[str] | None = None,
        scope: int = 0,
        use_device: str | None = None,
        cpu_memory_usage: int = 0,
        is_async: bool = False,
        is_remote: bool = False,
        sequence_nr: int = -1,
        node_id: int = -1,
        device_type: DeviceType = DeviceType.CPU,
        device_index: int = 0,
        is_legacy: bool = False,
        flops: int | None = None,
        trace_name: str | None = None,
        is_user_annotation: bool = False,
        is_python_function: bool = False,
    ) -> None:
        self.id, self.name, self.trace_name, self.overload_name = id, name, trace_name, overload_name
        self.node_id, self.thread, self.fwd_thread = node_id, thread, fwd_thread
        self.time_range = Interval(start_us, end_us)
        self.count = 1
        self.input_shapes, self.stack, self.scope = input_shapes, stack, scope
        self.cpu_memory_usage, self.flops = cpu_memory_usage, flops
        self.is_async, self.is_remote, self.is_legacy = is_async, is_remote, is_legacy
        self.is_user_annotation, self.is_python_function = is_user_annotation, is_python_function
        self.sequence_nr, self.use_device = sequence_nr, use_device
        self.device_type, self.device_index = device_type, device_index
        self.cpu_parent: FunctionEvent | None = None
        self.cpu_children: list[FunctionEvent] = []
        self.kernels: list[Kernel] = []
        self.concrete_inputs: list[Any] | None = None
        self.kwinputs: dict[str, Any] | None = None

    def append_cpu_child(self, child: FunctionEvent) -> None:
        """Add an event that took place in this one."""
        self.cpu_children.append(child)

    def set_cpu_parent(self, parent: FunctionEvent | None) -> None:
        """Say in which event this one took place."""
        self.cpu_parent = parent

    def append_kernel(self, name: str, device: int, duration: float) -> None:
        """Add work on another device."""
        self.kernels.append(Kernel(name, device, duration))

    @property
    def key(self) -> str:
        """The name."""
        return self.name

    @property
    def cpu_time_total(self) -> float:  # type: ignore[override]
        """How long it took."""
        return self.time_range.elapsed_us()

    @property
    def self_cpu_time_total(self) -> float:  # type: ignore[override]
        """How long it took without the events in it."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children)

    @property
    def self_cpu_memory_usage(self) -> int:
        """The bytes of the arrays that it made itself."""
        return self.cpu_memory_usage - sum(child.cpu_memory_usage for child in self.cpu_children)

    def __repr__(self) -> str:
        device = self.use_device
        return (
            f"<FunctionEvent id={self.id} name={self.name} overload_name={self.overload_name}"
            f" device_type={self.device_type} node_id={self.node_id} cpu_time={self.cpu_time_str}"
            f" start_us={self.time_range.start} end_us={self.time_range.end}"
            f" cpu_children={[child.id for child in self.cpu_children]} {device}_time={self.device_time_str}"
            f" name={self.name} thread={self.thread} input_shapes={self.input_shapes}"
            f" cpu_memory_usage={self.cpu_memory_usage} {device}_memory_usage={self.device_memory_usage}"
            f" is_async={self.is_async} is_remote={self.is_remote} seq_nr={self.sequence_nr}"
            f" is_legacy={self.is_legacy}>"
        )


class FunctionEventAvg(_Times):
    """The sums over events of one name.

    Attributes:
        key: the name; None before the first event.
        count: how many there were.
    """

    def __init__(self) -> None:
        self.key: str | None = None
        self.count = 0
        self.node_id = 0
        self.is_async = self.is_remote = self.is_legacy = self.is_user_annotation = False
        self.use_device: str | None = None
        self.cpu_time_total = self.self_cpu_time_total = 0
        self.input_shapes: Any = None
        self.overload_name: str | None = None
        self.stack: Any = None
        self.scope: int | None = None
        self.cpu_memory_usage = self.self_cpu_memory_usage = self.flops = 0
        self.cpu_children: list[FunctionEvent] | None = None
        self.cpu_parent: FunctionEvent | None = None
        self.device_type = DeviceType.CPU

    def add(self, other: Any) -> FunctionEventAvg:
        """Add an event, or other sums, of the same name.

        Raises:
            AssertionError: the names differ.
        """
        if self.key is None:
            for name in (
                "key", "node_id", "is_async", "is_remote", "is_legacy", "is_user_annotation", "use_device",
                "input_shapes", "overload_name", "stack", "scope", "cpu_parent", "cpu_children", "device_type",
            ):  # fmt: skip
                setattr(self, name, getattr(other, name))
        assert other.key == self.key, f"Expected keys to match, but got {other.key} vs {self.key}"
        self.cpu_time_total += other.cpu_time_total
        self.self_cpu_time_total += other.self_cpu_time_total
        self.cpu_memory_usage += other.cpu_memory_usage
        self.self_cpu_memory_usage += other.self_cpu_memory_usage
        self.count += other.count
        self.flops += other.flops or 0
        return self

    __iadd__ = add

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={self.self_cpu_time_total_str}"
            f" cpu_time={self.cpu_time_str}  self_cuda_time={self.self_device_time_total_str}"
            f" cuda_time={self.device_time_str} input_shapes={self.input_shapes}"
            f" cpu_memory_usage={self.cpu_memory_usage} cuda_memory_usage={self.device_memory_usage}>"
        )


class EventList(list[Any]):
    """Events, or sums of events, in the order in which they began.

    Args:
        profile_memory, with_flops: whether a table has columns for these.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._use_device = kwargs.pop("use_device", None)
        self._profile_memory: bool = kwargs.pop("profile_memory", False)
        self._with_flops: bool = kwargs.pop("with_flops", False)
        super().__init__(*args, **kwargs)
        self._tree_built = False

    def _build_tree(self) -> None:
        """Find the events around each and in it: in one thread they are nested."""
        around: list[Any] = []
        for event in sorted(self, key=lambda e: (e.thread, e.time_range.start, -e.time_range.end)):
            while around and (around[-1].thread != event.thread or event.time_range.start >= around[-1].time_range.end):
                around.pop()
            while around and event.time_range.end > around[-1].time_range.end:
                around.pop()
            if around:
                around[-1].append_cpu_child(event)
                event.set_cpu_parent(around[-1])
            around.append(event)
        self._remove_dup_nodes()
        self._tree_built = True

    def _remove_dup_nodes(self) -> None:
        """Leave out an event that is all there is in an event of the same name."""
        while True:
            twice = {
                id(event)
                for event in self
                if event.cpu_parent is not None
                and event.cpu_parent.name == event.name
                and len(event.cpu_parent.cpu_children) == 1
            }
            if not twice:
                return
            for event in self:
                if id(event) in twice:
                    event.cpu_parent.cpu_children = event.cpu_children
                    for child in event.cpu_children:
                        child.set_cpu_parent(event.cpu_parent)
            self[:] = [event for event in self if id(event) not in twice]

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all events, each counted once."""
        return sum(event.self_cpu_time_total for event in self)

    def __str__(self) -> str:
        return self.table()

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int | None = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """The events as a table.

        Args:
            sort_by: the attribute whose greatest values come first, such as "cpu_time_total".
            row_limit: how many rows at most; -1 for all.
            max_src_column_width, max_name_column_width, max_shapes_column_width: longer texts are cut.
            header: a line above the table.
            top_level_events_only: leave out events within others.
            time_unit: "us", "ms" or "s", instead of the one that suits each time.
        """
        from .profiler_table import build_table

        return build_table(
            self,
            sort_by=sort_by,
            row_limit=row_limit,
            max_src_column_width=max_src_column_width,
            max_name_column_width=max_name_column_width,
            max_shapes_column_width=max_shapes_column_width,
            header=header,
            profile_memory=self._profile_memory,
            with_flops=self._with_flops,
            top_level_events_only=top_level_events_only,
            time_unit=time_unit,
        )

    def key_averages(
        self, group_by_input_shapes: bool = False, group_by_stack_n: int = 0, group_by_overload_name: bool = False
    ) -> EventList:
        """Sums over the events of one name, of one name and the same input shapes, or called from the same lines.

        Args:
            group_by_input_shapes: keep calls with other shapes apart.
            group_by_stack_n: keep calls apart that differ in this many innermost lines of the program.
            group_by_overload_name: taken for torch's sake: no operator has overloads here.
        """
        assert self._tree_built, "Expected tree to be built before calling key_averages"
        sums: dict[tuple[Any, ...], FunctionEventAvg] = defaultdict(FunctionEventAvg)
        for event in self:
            key: list[Any] = [event.key, event.node_id, event.is_legacy, event.is_user_annotation]
            if group_by_input_shapes:
                key.append(str(event.input_shapes))
            if group_by_stack_n > 0:
                key += event.stack[:group_by_stack_n]
            sums[tuple(key)].add(event)
        found = EventList(sums.values(), profile_memory=self._profile_memory, with_flops=self._with_flops)
        for one in found:
            one.stack = one.stack[:group_by_stack_n]
            if not group_by_input_shapes:
                one.input_shapes = ""
            one.overload_name = ""
        return found

    def total_average(self) -> FunctionEventAvg:
        """The sums over all events."""
        total = FunctionEventAvg()
        for event in self:
            total += event
            total.key = None
        total.key = "Total"
        return total

    def export_chrome_trace(self, path: str) -> None:
        """Write the events as a trace that chrome://tracing and Perfetto show."""
        with open(path, "w") as file:
            json.dump(
                [
                    {
                        "name": event.trace_name or event.name,
                        "ph": "X",
                        "ts": event.time_range.start,
                        "dur": event.time_range.elapsed_us(),
                        "tid": event.thread,
                        "pid": "CPU functions",
                        "args": {},
                    }
                    for event in self
                ],
                file,
            )

    def supported_export_stacks_metrics(self) -> list[str]:
        """What `export_stacks` can write."""
        return [
            "self_cpu_time_total", "self_cuda_time_total", "self_xpu_time_total", "self_privateuse1_time_total",
        ]  # fmt: skip

    def export_stacks(self, path: str, metric: str) -> None:
        """Write, for each event with a stack, its lines, outermost first, and a number: what flame graphs are made of.

        Raises:
            ValueError: `metric` is not one of those that can be written.
        """
        if metric not in self.supported_export_stacks_metrics():
            raise ValueError(f"metric should be one of: {self.supported_export_stacks_metrics()}")
        blanks = str.maketrans(" ;\t\n", "____")
        with open(path, "w") as file:
            for event in self:
                number = int(getattr(event, metric, 0))
                if event.stack and number > 0:
                    lines = ";".join(line.translate(blanks) for line in reversed(event.stack))
                    file.write(f"{lines} {number}\n")
